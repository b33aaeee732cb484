import type { AlarmDto, TrendDto } from "@stethos/edge-agent/core";

/** What the agent kept of the replayed hours beside their pictures. */
export interface Recorded {
  /** All that stood at some time of it, as they are today; absent: nobody can tell (yet). */
  readonly alarms?: readonly AlarmDto[];
  /** Health index over time, by machine; of those that were looked at. */
  readonly health: ReadonlyMap<string, Pick<TrendDto, "mean" | "time">>;
}

const isOver = (time: string | undefined, ms: number): boolean =>
  time !== undefined && Date.parse(time) <= ms;

/** An alarm as it was at a moment; undefined before it was raised and after it was over. */
function alarmAt(alarm: AlarmDto, ms: number): AlarmDto | undefined {
  const { clearedTime, acknowledgedTime, acknowledgedBy, inhibit, ...rest } = alarm;
  if (!isOver(alarm.raisedTime, ms)) return undefined;
  const isCleared = isOver(clearedTime, ms);
  const isAcknowledged = isOver(acknowledgedTime, ms);
  // Some end without anybody's word, with their machine for instance.
  const wasEnded = alarm.state === "normal" && acknowledgedTime === undefined;
  if (isCleared && (isAcknowledged || wasEnded)) return undefined;
  const isInhibited = inhibit !== undefined && isOver(inhibit.fromTime, ms) && !isOver(inhibit.untilTime, ms);
  const { state } = alarm;
  return {
    ...rest,
    state: state === "suppressed" ? state : stateOf(isCleared, isAcknowledged),
    ...(isCleared && { clearedTime }),
    ...(isAcknowledged && { acknowledgedTime, acknowledgedBy }),
    ...(isInhibited && { inhibit }),
  };
}

function stateOf(isCleared: boolean, isAcknowledged: boolean): AlarmDto["state"] {
  if (isCleared) return "unacknowledged-cleared";
  return isAcknowledged ? "acknowledged-active" : "unacknowledged-active";
}

/** The alarms that stood at a moment, or waited for somebody's word, by id. */
export function alarmsAt(alarms: readonly AlarmDto[], ms: number): ReadonlyMap<string, AlarmDto> {
  const found = alarms.map((alarm) => alarmAt(alarm, ms)).filter((alarm) => alarm !== undefined);
  return new Map(found.map((alarm) => [alarm.id, alarm]));
}

/** An index is told once a window: one that is older says nothing of this moment. */
const STALE_S = 60;

/** The newest index at a moment. Buckets that are wider than a minute count as a whole. */
export function indexAt({ time, mean }: Pick<TrendDto, "mean" | "time">, ms: number): number | undefined {
  const widthS = (time[1] ?? 0) - (time[0] ?? 0);
  const at = time.findLastIndex((middleS) => middleS - widthS / 2 <= ms / 1000);
  const oldestS = ms / 1000 - Math.max(STALE_S, widthS);
  for (let i = at; i >= 0 && (time[i] ?? 0) + widthS / 2 >= oldestS; i -= 1) {
    const index = mean[i];
    if (typeof index === "number") return index;
  }
  return undefined;
}
