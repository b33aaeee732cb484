import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { EdgeError } from "../../core/errors.ts";
import type { AuditEntry } from "../../core/rollout/rollout-report.ts";
import { createTurns } from "../../lib/in-turn.ts";
import type { AuditLog } from "../../ports/audit-log.ts";
import { readHead, writeHead } from "./head.ts";
import { type ChainedEntry, chain, entryOf, GENESIS, lineOf, readLine } from "./line.ts";
import { linesBackwards, repair } from "./tail.ts";

export interface AuditLogOptions {
  readonly file: string;
}

export interface FileAuditLog extends AuditLog {
  /** What is under way is written first. */
  close(): Promise<void>;
}

/** A log of lines of JSON in which each entry holds the hash of the one before. An entry is on disk, by fsync, before
 *  `append` resolves. A line that a crash tore is taken out, and an entry says so.
 *  @param nowUs for the entry about a torn line
 *  @throws EdgeError DATA_INVALID where the log cannot be opened or its end is no entry */
export async function openAuditLog({ file }: AuditLogOptions, nowUs: () => number): Promise<FileAuditLog> {
  const handle = await opened(file);
  const { torn, newest } = await tailOf(file, handle);
  let last = newest;
  const inTurn = createTurns();

  async function write(entry: Omit<AuditEntry, "sequence">): Promise<AuditEntry> {
    const chained = chain({ sequence: last.sequence + 1, ...entry }, last.hash);
    const { size } = await handle.stat();
    try {
      await handle.appendFile(lineOf(chained));
      await handle.datasync();
    } catch (cause) {
      // Half a line must not be built upon.
      await handle.truncate(size);
      throw new EdgeError("DISK_FULL", `the audit log ${file} cannot be written; free some space`, { cause });
    }
    last = chained;
    await writeHead(file, chained);
    return entryOf(chained);
  }

  const head = await readHead(file);
  const missing = head === undefined ? 0 : head.sequence - last.sequence;
  const note = (what: string, detail: AuditEntry["detail"]) =>
    write({ timeUs: nowUs(), by: "agent", what, detail });
  // A crash leaves the head behind, never ahead: somebody cut lines off, or an old copy was put back.
  if (missing > 0) await note("log-cut", { missing });
  if (torn > 0) await note("log-repaired", { tornBytes: torn });
  // Before the first line, too: a crash right after it must not look like a head that was taken away.
  if (missing <= 0 && torn === 0) await writeHead(file, last);

  return {
    append: (entry) => inTurn(() => write(entry)),
    newest: (most, signal) => inTurn(() => newestOf(file, most, signal)),
    close: () => inTurn(() => handle.close()),
  };
}

async function opened(file: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(file), { recursive: true });
    return await open(file, "a+", 0o600);
  } catch (cause) {
    throw new EdgeError("DATA_INVALID", `the audit log ${file} cannot be opened`, { cause });
  }
}

interface Link {
  readonly sequence: number;
  readonly hash: string;
}

async function tailOf(
  file: string,
  handle: FileHandle,
): Promise<{ readonly torn: number; readonly newest: Link }> {
  try {
    const torn = await repair(handle);
    return { torn, newest: await lastEntry(file) };
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

async function lastEntry(file: string): Promise<Link> {
  for await (const line of linesBackwards(file)) {
    const entry = readLine(line);
    if (entry !== undefined) return entry;
    throw new EdgeError(
      "DATA_INVALID",
      `the last line of the audit log ${file} is no entry; run "stethos audit verify", keep the file and move it away`,
    );
  }
  return { sequence: 0, hash: GENESIS };
}

async function newestOf(file: string, most: number, signal: AbortSignal): Promise<readonly AuditEntry[]> {
  const entries: ChainedEntry[] = [];
  if (most <= 0) return [];
  for await (const line of linesBackwards(file)) {
    signal.throwIfAborted();
    const entry = readLine(line);
    if (entry !== undefined) entries.push(entry);
    if (entries.length >= most) break;
  }
  return entries.map(entryOf);
}
