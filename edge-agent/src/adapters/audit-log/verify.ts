import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { headFile, readHead } from "./head.ts";
import { type ChainedEntry, GENESIS, hashOf, readLine } from "./line.ts";

/** What is wrong, and on which line of the file, from 1. */
export interface AuditProblem {
  readonly line: number;
  readonly kind: "changed" | "cut" | "no-entry" | "out-of-order" | "removed";
  readonly message: string;
}

export interface AuditVerdict {
  readonly entries: number;
  readonly problems: readonly AuditProblem[];
  /** Hash of the last entry: noted elsewhere, it proves later that nothing before it was rewritten. */
  readonly head: string;
}

// A file that is no audit log at all has a problem on every line.
const MOST_PROBLEMS = 100;

/** Goes through the whole chain: changed, removed, moved and cut-off lines are named. Whoever can write the log and its
 *  head can forge both; only a head that was noted elsewhere finds that.
 *  @throws the file system's errors */
export async function verifyAuditLog(file: string): Promise<AuditVerdict> {
  const problems: AuditProblem[] = [];
  const found = (line: number, kind: AuditProblem["kind"], message: string): void => {
    if (problems.length < MOST_PROBLEMS) problems.push({ line, kind, message });
  };
  const head = await readHead(file);
  let before: { readonly sequence: number; readonly hash: string } = { sequence: 0, hash: GENESIS };
  let line = 0;
  let isHeadFound = head === undefined || head.sequence === 0;
  for await (const text of createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Infinity })) {
    line += 1;
    const entry = readLine(text);
    if (entry === undefined) {
      found(line, "no-entry", "is no entry of an audit log");
      continue;
    }
    checkEntry(entry, before, (kind, message) => found(line, kind, message));
    if (head !== undefined && entry.sequence === head.sequence) {
      isHeadFound = true;
      if (entry.hash !== head.hash) {
        found(line, "changed", `is not the entry ${head.sequence} that ${headFile(file)} remembers`);
      }
    }
    before = entry;
  }
  if (head !== undefined && !isHeadFound) {
    found(
      line + 1,
      "cut",
      `entries ${before.sequence + 1} to ${head.sequence} are missing: the end was cut off`,
    );
  }
  if (head === undefined && before.sequence > 0) {
    found(line, "cut", `${headFile(file)} is missing: nobody can tell whether lines follow`);
  }
  return { entries: line, problems, head: before.hash };
}

function checkEntry(
  entry: ChainedEntry,
  before: { readonly sequence: number; readonly hash: string },
  found: (kind: AuditProblem["kind"], message: string) => void,
): void {
  const { hash, ...body } = entry;
  if (hashOf(body) !== hash) found("changed", `entry ${entry.sequence} was changed: its hash is not its own`);
  const wanted = before.sequence + 1;
  if (entry.sequence > wanted) {
    const missing = wanted === entry.sequence - 1 ? `${wanted}` : `${wanted} to ${entry.sequence - 1}`;
    found("removed", `entry ${missing} before it is missing`);
  } else if (entry.sequence < wanted) {
    found("out-of-order", `entry ${entry.sequence} stands after entry ${before.sequence}`);
  } else if (entry.prev !== before.hash) {
    found("changed", `entry ${entry.sequence} does not follow the entry before it: one of them was replaced`);
  }
}
