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
  const rows = readableRows(file, "SELECT stream, rows, from_us, to_us FROM batch");
  const [counted] = readableRows(file, "SELECT count(*) AS n FROM batch");
  // Where the table cannot be read to its end nobody can tell how many they were.
  const isWhole = counted !== undefined && Number(counted["n"]) === rows.length;
  const lost = new Map<Stream, Gap>();
  for (const row of rows) {
    const stream = STREAMS[Number(row["stream"])];
    if (stream === undefined) continue;
    const { rows: sum, fromUs, toUs } = lost.get(stream) ?? { rows: 0, fromUs: nowUs, toUs: 0 };
    lost.set(stream, {
      stream,
      cause: "corrupt",
      rows: sum + Number(row["rows"]),
      fromUs: Math.min(fromUs, Number(row["from_us"])),
      toUs: Math.max(toUs, Number(row["to_us"])),
      noticedUs: nowUs,
    });
  }
  const gaps = [...lost.values()];
  return { ...moveAside(file, nowUs), lost: isWhole ? gaps : unsure(gaps, nowUs) };
}

function unsure(gaps: readonly Gap[], nowUs: TimeUs): readonly Gap[] {
  if (gaps.length > 0) return gaps.map((gap) => ({ ...gap, rows: -1, toUs: nowUs }));
  return [{ stream: "readings", cause: "corrupt", rows: -1, fromUs: nowUs, toUs: nowUs, noticedUs: nowUs }];
}
