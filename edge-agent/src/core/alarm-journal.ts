import type { Alarm, AlarmState, Inhibit } from "./alarm-types.ts";
import { rfc3339, type TimeUs } from "./time.ts";

/** One state of an alarm as it was stored. */
export interface StoredState {
  readonly atUs: TimeUs;
  readonly alarm: Alarm;
}

/** What happened to an alarm. */
export const JOURNAL_EVENTS = [
  "raised",
  "acknowledged",
  "cleared",
  "worsened",
  "explained",
  "suppressed",
  "released",
  "shelved",
  "out-of-service",
  "suppressed-by-design",
  "inhibit-ended",
  "changed",
] as const;
export type JournalEvent = (typeof JOURNAL_EVENTS)[number];

export interface JournalEntryDto {
  readonly time: string;
  readonly state: AlarmState;
  readonly what: JournalEvent;
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}

/** What happened from state to state, oldest first. */
export function journalOf(states: readonly StoredState[]): readonly JournalEntryDto[] {
  return states.map(({ atUs, alarm }, i) => ({
    time: rfc3339(atUs),
    state: alarm.state,
    ...happened(states[i - 1]?.alarm, alarm),
  }));
}

function happened(before: Alarm | undefined, after: Alarm): Pick<JournalEntryDto, "by" | "reason" | "what"> {
  if (!isSameInhibit(before?.inhibit, after.inhibit)) {
    const { inhibit } = after;
    if (inhibit !== undefined && before !== undefined)
      return { what: inhibit.kind, by: inhibit.by, reason: inhibit.reason };
    if (inhibit === undefined) return { what: "inhibit-ended" };
  }
  if (before?.raisedUs !== after.raisedUs) return { what: "raised", reason: after.reason };
  if (before.acknowledgedUs !== after.acknowledgedUs)
    return { what: "acknowledged", ...(after.acknowledgedBy && { by: after.acknowledgedBy }) };
  if (before.clearedUs !== after.clearedUs) return { what: "cleared" };
  if (before.severity !== after.severity) return { what: "worsened", reason: after.reason };
  if (before.reason !== after.reason) return { what: "explained", reason: after.reason };
  if (after.state === "suppressed" && after.suppressedReason !== before.suppressedReason)
    return { what: "suppressed", ...(after.suppressedReason && { reason: after.suppressedReason }) };
  if (before.state === "suppressed" && after.state !== "suppressed") return { what: "released" };
  return { what: "changed" };
}

const isSameInhibit = (a: Inhibit | undefined, b: Inhibit | undefined): boolean =>
  a?.kind === b?.kind && a?.fromUs === b?.fromUs;
