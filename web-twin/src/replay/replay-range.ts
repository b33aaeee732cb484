import type { AlarmDto } from "@stethos/edge-agent/core";
import type { ReplaySpan } from "./replay-api.ts";

/** What of the recordings can be shown with the plant's layout of today. */
export interface ReplayRange {
  readonly fromMs: number;
  readonly toMs: number;
  /** Within: nothing was recorded, or of another layout. */
  readonly gaps: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/** Spans that follow each other within this are one. */
const SEAM_MS = 5_000;

export function rangeOf(spans: readonly ReplaySpan[], layoutHash: number): ReplayRange | undefined {
  const own = spans.filter((span) => span.layoutHash === layoutHash && span.toMs > span.fromMs);
  const sorted = [...own].sort((a, b) => a.fromMs - b.fromMs);
  const [first] = sorted;
  if (first === undefined) return undefined;
  const gaps: { fromMs: number; toMs: number }[] = [];
  let end = first.toMs;
  for (const { fromMs, toMs } of sorted) {
    if (fromMs - end > SEAM_MS) gaps.push({ fromMs: end, toMs: fromMs });
    end = Math.max(end, toMs);
  }
  return { fromMs: first.fromMs, toMs: end, gaps };
}

/** Place of a moment on the timeline, 0..1. */
export const shareOf = ({ fromMs, toMs }: ReplayRange, ms: number): number =>
  Math.min(1, Math.max(0, (ms - fromMs) / Math.max(1, toMs - fromMs)));

export interface AlarmMark {
  readonly id: string;
  readonly ms: number;
  readonly severity: AlarmDto["severity"];
}

/** When alarms were raised within the range, oldest first. */
export function marksOf(alarms: Iterable<AlarmDto>, { fromMs, toMs }: ReplayRange): readonly AlarmMark[] {
  const byId = new Map<string, AlarmMark>();
  for (const { id, raisedTime, severity } of alarms) {
    const ms = Date.parse(raisedTime);
    if (ms >= fromMs && ms <= toMs) byId.set(id, { id, ms, severity });
  }
  return [...byId.values()].sort((a, b) => a.ms - b.ms);
}

/** A little before it, so that its coming is seen. */
const LEAD_MS = 2_000;

/** Where to go to see the next or the previous alarm come. */
export function markBeside(marks: readonly AlarmMark[], ms: number, direction: -1 | 1): number | undefined {
  const places = marks.map((mark) => mark.ms - LEAD_MS);
  return direction > 0 ? places.find((place) => place > ms + 1) : places.findLast((place) => place < ms - 1);
}
