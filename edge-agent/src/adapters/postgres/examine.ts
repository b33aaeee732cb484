import type { OutboundRows, OutboxBatch, ReadingRows } from "../../core/outbox/outbound.ts";
import { isStorable } from "./text.ts";

const DAY_US = 86_400_000_000;
const DAY_MS = 86_400_000;
/** Clocks differ, and a device may be in another time zone than it thinks. */
const AHEAD_DAYS = 1;

/** Times that are taken: what is older is beyond the retention, what is newer was never. */
export interface TimeWindow {
  readonly fromUs: number;
  readonly toUs: number;
}

/** What a batch needs before it can be written. */
export interface Examined {
  readonly batch: OutboxBatch;
  /** Why rows cannot go there, by row. */
  readonly refused: ReadonlyMap<number, string>;
  /** Of the rows that go there; undefined where there are none with a time of their own. */
  readonly span: TimeWindow | undefined;
  /** Days since 1970 that they fall on. */
  readonly days: ReadonlySet<number>;
}

/** @param nowUs by the database's clock: it is the one that the retention goes by */
export const timeWindow = (nowUs: number, retentionDays: number): TimeWindow => ({
  fromUs: (dayOf(nowUs) - retentionDays) * DAY_US,
  toUs: nowUs + AHEAD_DAYS * DAY_US,
});

export const dayOf = (timeUs: number): number => Math.floor(timeUs / DAY_US);
/** "2026-11-23" */
export const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** @param more rows that the database refused by itself */
export function examine(
  batch: OutboxBatch,
  window: TimeWindow,
  more: ReadonlyMap<number, string> | undefined,
): Examined {
  const refused = new Map(more);
  const days = new Set<number>();
  let fromUs = Number.POSITIVE_INFINITY;
  let toUs = Number.NEGATIVE_INFINITY;
  let lastDay = Number.NaN;
  if (batch.content.stream === "readings") refuseReadings(batch.content, refused);
  const times = timesOf(batch.content);
  for (let i = 0; i < batch.content.count; i += 1) {
    const time = times(i);
    if (time === undefined) continue;
    if (!(time >= window.fromUs && time <= window.toUs)) {
      refused.set(i, timeReason(time, window));
      continue;
    }
    if (time < fromUs) fromUs = time;
    if (time > toUs) toUs = time;
    const day = dayOf(time);
    if (day === lastDay) continue;
    lastDay = day;
    days.add(day);
  }
  return { batch, refused, days, span: fromUs <= toUs ? { fromUs, toUs } : undefined };
}

/** The time that a row is filed under; undefined for what is kept for ever. */
function timesOf(content: OutboundRows): (row: number) => number | undefined {
  switch (content.stream) {
    case "readings": {
      const { sourceTimeUs } = content;
      return (i) => sourceTimeUs[i] ?? Number.NaN;
    }
    case "scores":
    case "health": {
      const { rows } = content;
      return (i) => rows[i]?.timeUs ?? Number.NaN;
    }
    default:
      return () => undefined;
  }
}

function refuseReadings(rows: ReadingRows, refused: Map<number, string>): void {
  for (const [i, value] of rows.other) {
    if (!isStorable(value)) refused.set(i, "PostgreSQL holds no text with NUL or half of a surrogate pair");
  }
  for (let i = 0; i < rows.count; i += 1) {
    const tag = rows.tag[i] ?? -1;
    if (tag >= rows.tags.length) refused.set(i, `it names tag ${tag} of ${rows.tags.length}`);
    if (!isTime(rows.agentTimeUs[i])) refused.set(i, "the agent's time is no time");
    if (!Number.isSafeInteger(rows.sequence[i])) refused.set(i, "its sequence is no whole number");
  }
}

const isTime = (timeUs: number | undefined): boolean =>
  timeUs !== undefined && Math.abs(timeUs) <= Number.MAX_SAFE_INTEGER;

function timeReason(timeUs: number, window: TimeWindow): string {
  if (!isTime(timeUs)) return "its time is no time";
  const day = dayText(dayOf(timeUs));
  return timeUs < window.fromUs
    ? `its time, ${day}, is beyond the retention`
    : `its time, ${day}, is in the future by the database's clock`;
}
