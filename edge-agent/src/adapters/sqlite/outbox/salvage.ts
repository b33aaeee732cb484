import { CLAIM_BYTES, claimedRows, MOST_ROWS } from "../../../core/outbox/batch-codec.ts";
import { type Gap, STREAMS, type Stream } from "../../../core/outbox/outbound.ts";
import type { TimeUs } from "../../../core/time.ts";
import { type Aside, moveAside, readableRows } from "../quarantine.ts";

export interface OutboxSalvage extends Aside {
  /** What was in the file, a gap for each stream, as far as that can be read. */
  readonly lost: readonly Gap[];
}

/** Renames a damaged outbox, and says what is lost with it. Its batches stay in it: `stethos outbox export` reads what can
 *  be read. */
export function setOutboxAside(file: string, nowUs: TimeUs): OutboxSalvage {
  const rows = readableRows(file, "SELECT id, stream, rows, from_us, to_us FROM batch");
  const [counted] = readableRows(file, "SELECT count(*) AS n FROM batch");
  const claims = claimsIn(file);
  const lost = new Map<Stream, Gap>();
  let lastId = 0;
  // Where the table cannot be read to its end, or an entry of it cannot be believed, nobody can tell how many they were.
  let isWhole = Number(counted?.["n"]) === rows.length;
  for (const row of rows) {
    const entry = believable(row, lastId);
    if (entry === undefined || (claims.get(entry.id) ?? entry.rows) !== entry.rows) {
      isWhole = false;
      continue;
    }
    lastId = entry.id;
    const { stream } = entry;
    const gap = lost.get(stream) ?? emptyGap(stream, nowUs);
    lost.set(stream, {
      ...gap,
      rows: gap.rows + entry.rows,
      fromUs: Math.min(gap.fromUs, entry.fromUs),
      toUs: Math.max(gap.toUs, entry.toUs),
    });
  }
  const aside = moveAside(file, nowUs);
  if (isWhole) return { ...aside, lost: [...lost.values()] };
  if (!lost.has("readings")) lost.set("readings", emptyGap("readings", nowUs));
  return { ...aside, lost: [...lost.values()].map((gap) => ({ ...gap, rows: -1, toUs: nowUs })) };
}

/** What the bodies tell of their rows, by batch, as far as they can be read. */
function claimsIn(file: string): ReadonlyMap<number, number | undefined> {
  const heads = readableRows(file, `SELECT id, substr(bytes, 1, ${CLAIM_BYTES}) AS head FROM body`);
  return new Map(
    heads.map(({ id, head }) => [
      Number(id),
      head instanceof Uint8Array ? (claimedRows(head) ?? -1) : undefined,
    ]),
  );
}

const emptyGap = (stream: Stream, nowUs: TimeUs): Gap => ({
  stream,
  cause: "corrupt",
  rows: 0,
  fromUs: nowUs,
  toUs: 0,
  noticedUs: nowUs,
});

/** Zeros and noise read as entries too. */
function believable(row: Readonly<Record<string, unknown>>, lastId: number) {
  const [id = 0, code = 0, rows = 0, fromUs = 0, toUs = 0] = Object.values(row).map(Number);
  const stream = STREAMS[code];
  const isPlausible = id > lastId && rows >= 1 && rows <= MOST_ROWS && fromUs > 0 && fromUs <= toUs;
  return stream !== undefined && isPlausible ? { id, stream, rows, fromUs, toUs } : undefined;
}
