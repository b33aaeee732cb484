import type { Alarm, Inhibit, InhibitKind } from "../core/alarm-types.ts";
import { unreachable } from "../core/errors.ts";
import { PointSeverity, PointState, urgencyOf } from "../core/twin/point-state.ts";

/** What the alarms of each source say of its point: the bits of its state. */
export interface SourceAlarms {
  onAlarm(alarm: Alarm): void;
  /** Inhibits lie over a source also while it has no alarm. */
  onInhibit(source: string, inhibit: Inhibit | undefined): void;
  bitsOf(source: string): number;
  /** Those that have any bits. */
  sources(): Iterable<string>;
}

export function createSourceAlarms(): SourceAlarms {
  /** By source: bits of its alarms that are not at rest, by their ids. */
  const alarms = new Map<string, Map<string, number>>();
  const inhibits = new Map<string, number>();
  return {
    onAlarm(alarm) {
      const bits = bitsOfAlarm(alarm);
      const known = alarms.get(alarm.sensor) ?? new Map<string, number>();
      if (bits === 0) known.delete(alarm.id);
      else known.set(alarm.id, bits);
      if (known.size === 0) alarms.delete(alarm.sensor);
      else alarms.set(alarm.sensor, known);
    },
    onInhibit(source, inhibit) {
      if (inhibit === undefined) inhibits.delete(source);
      else inhibits.set(source, bitOfInhibit(inhibit.kind));
    },
    bitsOf(source) {
      let worst = 0;
      for (const bits of alarms.get(source)?.values() ?? []) if (rankOf(bits) > rankOf(worst)) worst = bits;
      return worst | (inhibits.get(source) ?? 0);
    },
    sources: () => new Set([...alarms.keys(), ...inhibits.keys()]),
  };
}

/** An alarm that asks for the operator goes before one that is inhibited, whatever their severities. */
const rankOf = (bits: number): number => 4 * urgencyOf(bits) + (bits & PointState.severity);

function bitsOfAlarm({ state, severity, inhibit }: Alarm): number {
  const level = severity === "alarm" ? PointSeverity.alarm : PointSeverity.warning;
  const over = inhibit === undefined || state === "normal" ? 0 : bitOfInhibit(inhibit.kind);
  switch (state) {
    case "normal":
      return 0;
    case "unacknowledged-active":
      return level | PointState.unacknowledged | over;
    case "acknowledged-active":
      return level | over;
    case "unacknowledged-cleared":
      return PointState.returned | over;
    case "suppressed":
      return level | PointState.silenced | over;
    default:
      return unreachable(state);
  }
}

function bitOfInhibit(kind: InhibitKind): number {
  switch (kind) {
    case "out-of-service":
      return PointState.outOfService;
    case "shelved":
    case "suppressed-by-design":
      return PointState.silenced;
    default:
      return unreachable(kind);
  }
}
