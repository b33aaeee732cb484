import { escapeLiteral } from "pg";
import type { OutboxBatch } from "../../core/outbox/outbound.ts";
import { SinkError } from "../../ports/sink.ts";
import type { Examined } from "./examine.ts";
import type { Link } from "./link.ts";
import { storableJson, storableText } from "./text.ts";

/** What the database has of one stream of one outbox. */
interface Entry {
  readonly node: string;
  readonly epoch: string;
  readonly stream: string;
  /** Decimal text, as is each bigint. */
  readonly last_number: string;
  readonly last_committed_us: string;
  readonly refused: Refused | null;
}

/** Why rows of the last transaction did not go there: by number of the batch, by row. */
type Refused = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A transaction in which the ledger of all nodes of a delivery is held: no other agent of their names gets in between. */
export interface Ledger {
  /** Of the transaction, by the database's clock. */
  readonly nowUs: number;
  has(batch: OutboxBatch): boolean;
  /** Rows of a batch that it has, which were refused then. */
  refusedOf(batch: OutboxBatch): ReadonlyMap<number, string>;
  /** Enters what was written and commits. */
  commit(written: readonly Examined[], signal: AbortSignal): Promise<void>;
}

const keyOf = (node: string, epoch: string, stream: string): string => JSON.stringify([node, epoch, stream]);
const keyOfBatch = ({ node, epoch, content }: OutboxBatch): string =>
  keyOf(storableText(node), epoch, content.stream);
const list = (texts: Iterable<string>): string =>
  [...texts].map((text) => escapeLiteral(storableText(text))).join(", ");

/** Begins it.
 *  @param owner names this sink of this process
 *  @param claimed nodes that it has written for; the others become its own now: whoever comes last, writes
 *  @throws SinkError "misfit" where another one has taken a claimed node, or delivers other batches under the same names */
export async function openLedger(
  link: Pick<Link, "script">,
  batches: readonly OutboxBatch[],
  owner: string,
  claimed: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Ledger> {
  // In one order everywhere: two agents that import for each other would wait for each other.
  const nodes = [...new Set(batches.map(({ node }) => node))].sort();
  const epochs = new Set(batches.map(({ epoch }) => epoch));
  const fresh = nodes.filter((node) => !claimed.has(node));
  const claim = fresh.map(
    (node) => `INSERT INTO agent (node, owner, claimed) VALUES (${list([node])}, ${list([owner])}, now())
ON CONFLICT (node) DO UPDATE SET owner = excluded.owner, claimed = excluded.claimed;\n`,
  );
  const answers = await link.script(
    `BEGIN;
${claim.join("")}SELECT node, owner FROM agent WHERE node IN (${list(nodes)}) ORDER BY node FOR UPDATE;
SELECT node, epoch, stream, last_number, last_committed_us, refused FROM delivery
WHERE node IN (${list(nodes)}) AND epoch IN (${list(epochs)});
SELECT (extract(epoch FROM now()) * 1e6)::float8 AS now_us`,
    signal,
  );
  const [owners = [], entries = [], times = []] = answers.slice(-3).map(({ rows }) => rows);
  checkOwners(owners, nodes, owner);
  const known = new Map<string, Entry>(
    entries.map((entry: Entry) => [keyOf(entry.node, entry.epoch, entry.stream), entry]),
  );
  checkLast(batches, known);
  const entryOf = (batch: OutboxBatch): Entry | undefined => known.get(keyOfBatch(batch));
  return {
    nowUs: times[0]?.now_us,
    has: (batch) => batch.number <= Number(entryOf(batch)?.last_number ?? -1),
    refusedOf: (batch) =>
      new Map(
        Object.entries(entryOf(batch)?.refused?.[batch.number] ?? {}).map(([row, why]) => [Number(row), why]),
      ),
    async commit(written, onSignal) {
      await link.script(`${entering(written)}COMMIT`, onSignal);
    },
  };
}

function checkOwners(
  owners: readonly { readonly node: string; readonly owner: string }[],
  nodes: readonly string[],
  owner: string,
): void {
  const other = owners.find((found) => found.owner !== owner);
  if (other === undefined && owners.length === nodes.length) return;
  throw new SinkError(
    "misfit",
    `another agent writes under the name "${other?.node ?? nodes[0]}" by now: give each agent a name of its own, and start this one again`,
  );
}

/** The same number with another time of commit: somebody else's batch, or our own outbox a second time. */
function checkLast(batches: readonly OutboxBatch[], known: ReadonlyMap<string, Entry>): void {
  for (const batch of batches) {
    const entry = known.get(keyOfBatch(batch));
    if (entry === undefined || Number(entry.last_number) !== batch.number) continue;
    if (Number(entry.last_committed_us) === Math.round(batch.committedUs)) continue;
    throw new SinkError(
      "misfit",
      `batch ${batch.number} of "${batch.node}" was delivered before with another content: two agents use copies of one outbox; give each a name and an outbox of its own`,
    );
  }
}

function entering(written: readonly Examined[]): string {
  const streams = Map.groupBy(written, ({ batch }) => keyOfBatch(batch));
  return [...streams.values()].map((parts) => enteringOne(parts)).join("");
}

function enteringOne(parts: readonly Examined[]): string {
  const last = parts.reduce((most, part) => (part.batch.number > most.batch.number ? part : most));
  const { node, epoch, number, committedUs, content } = last.batch;
  const rows = parts.reduce((sum, { batch, refused }) => sum + batch.content.count - refused.size, 0);
  const refused = parts.filter((part) => part.refused.size > 0);
  const why: Refused = Object.fromEntries(
    refused.map((part) => [part.batch.number, Object.fromEntries(part.refused)]),
  );
  const json = refused.length === 0 ? "NULL" : escapeLiteral(storableJson(why));
  const key = [node, epoch, content.stream].map((text) => list([text])).join(", ");
  return `INSERT INTO delivery AS old VALUES (${key}, ${whole(number)}, ${whole(committedUs)}, ${rows}, ${json}, now())
ON CONFLICT (node, epoch, stream) DO UPDATE SET last_number = excluded.last_number,
last_committed_us = excluded.last_committed_us, rows = old.rows + excluded.rows, refused = excluded.refused,
at = excluded.at WHERE old.last_number < excluded.last_number;\n`;
}

/** Digits for a statement. */
const whole = (value: number): string => BigInt(Math.round(value)).toString();
