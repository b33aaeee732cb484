import type { Alarm } from "./alarm-types.ts";
import type { AlarmDto } from "./feed.ts";
import type { LabelVerdict } from "./label.ts";

/** An earlier alarm that is like another one. */
export interface SimilarAlarmDto {
  readonly alarm: AlarmDto;
  /** 0..1, see alarmLikeness. */
  readonly likeness: number;
  readonly label?: LabelVerdict | undefined;
}

/** How much an earlier alarm is like this one, 0..1: the same reason counts for 0.4, the same machine for 0.2, the same
 *  source for 0.1 more, and the likeness of the evidence for 0.3. So whatever has the reason in common stands before
 *  whatever only has the machine, and the evidence decides among equals. */
export function alarmLikeness(alarm: Alarm, past: Alarm): number {
  const sum =
    (alarm.reason === past.reason ? 0.4 : 0) +
    (alarm.machine === past.machine ? 0.2 : 0) +
    (alarm.sensor === past.sensor ? 0.1 : 0) +
    0.3 * evidenceLikeness(alarm.evidence, past.evidence);
  return Math.round(sum * 100) / 100;
}

/** Mean over all that either names: 1 for equal words, smaller over larger for numbers of one sign, 0 for what only one
 *  of them has. */
function evidenceLikeness(a: Alarm["evidence"], b: Alarm["evidence"]): number {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  if (names.length === 0) return 1;
  return names.reduce((sum, name) => sum + likeness(a[name], b[name]), 0) / names.length;
}

function likeness(a: number | string | undefined, b: number | string | undefined): number {
  if (a === b) return 1;
  if (typeof a !== "number" || typeof b !== "number" || a * b <= 0) return 0;
  const [small, large] = Math.abs(a) < Math.abs(b) ? [a, b] : [b, a];
  return Math.abs(small / large);
}

/** The past alarms that are most like this one, best and then newest first. */
export const similarAlarms = (
  alarm: Alarm,
  past: readonly Alarm[],
  most: number,
): readonly { readonly alarm: Alarm; readonly likeness: number }[] =>
  past
    .filter(({ id }) => id !== alarm.id)
    .map((one) => ({ alarm: one, likeness: alarmLikeness(alarm, one) }))
    .sort((a, b) => b.likeness - a.likeness || b.alarm.raisedUs - a.alarm.raisedUs)
    .slice(0, most);
