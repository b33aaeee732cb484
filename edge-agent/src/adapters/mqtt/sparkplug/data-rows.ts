import type { OutboxBatch } from "../../../core/outbox/outbound.ts";
import { valueAt } from "../../../core/reading.ts";
import type { DataRow } from "./payload.ts";
import type { Point, Points } from "./points.ts";
import { GOOD, qualityCode } from "./quality-code.ts";

/** Rows of one device that go into one message together. */
export interface DataRun {
  readonly device: string;
  readonly rows: readonly DataRow[];
}

/** As many metrics as a message holds at most: a host reads it in one go. */
const MOST_METRICS = 500;

/** The readings of a batch by device, in messages: the order of each tag is kept, the values of a message are in the order
 *  of their time (data-publish-dbirth-order), and no tag has two of the same time in one message. */
export function* dataRuns(batch: OutboxBatch, points: Points): Generator<DataRun> {
  const { content, isBacklog } = batch;
  if (content.stream !== "readings") return;
  const known = content.tags.map(({ id }) => points.get(id));
  const open = new Map<string, OpenRun>();
  for (let row = 0; row < content.count; row += 1) {
    const point = known[content.tag[row] ?? -1];
    if (point === undefined) continue;
    const status = content.status[row] ?? 0;
    const next: DataRow = {
      point,
      value: valueAt(content, row),
      status,
      timeMs: timeMsOf([content.sourceTimeUs[row], content.agentTimeUs[row]], batch.committedUs),
      sequence: content.sequence[row] ?? 0,
      row,
      tellsQuality: !isBacklog && point.isMarked,
    };
    if (!isBacklog) point.isMarked = qualityCode(status) !== GOOD;
    const run: OpenRun = open.get(point.device) ?? { rows: [], newest: new Map() };
    open.set(point.device, run);
    if (
      run.rows.length === MOST_METRICS ||
      (run.newest.get(point) ?? Number.NEGATIVE_INFINITY) >= next.timeMs
    ) {
      yield sealed(point.device, run);
    }
    run.rows.push(next);
    run.newest.set(point, next.timeMs);
  }
  for (const [device, run] of open) yield sealed(device, run);
}

const MOST_US = 8.64e18;

/** The first that is a time. */
function timeMsOf(times: readonly (number | undefined)[], lastUs: number): number {
  const found = times.find((us) => us !== undefined && us >= 0 && us <= MOST_US) ?? lastUs;
  return Math.round(found / 1000);
}

interface OpenRun {
  rows: DataRow[];
  /** Time of the last value of each, which its next one must be after. */
  readonly newest: Map<Point, number>;
}

/** The run begins anew. */
function sealed(device: string, run: OpenRun): DataRun {
  const rows = run.rows.sort((a, b) => a.timeMs - b.timeMs);
  run.rows = [];
  run.newest.clear();
  return { device, rows };
}
