import type { Alarm } from "../core/alarm-types.ts";

/** The open occurrence of each source, and whose each is. */
export interface OpenAlarms {
  /** Takes the newest state of an occurrence; one that is over is forgotten. */
  keep(alarm: Alarm): void;
  of(source: string): Alarm | undefined;
  sourceOf(alarm: string): string | undefined;
  all(): readonly (readonly [source: string, alarm: Alarm])[];
}

export function createOpenAlarms(left: readonly Alarm[]): OpenAlarms {
  const open = new Map<string, Alarm>();
  const sources = new Map<string, string>();

  function keep(alarm: Alarm): void {
    if (alarm.state === "normal") {
      open.delete(alarm.sensor);
      sources.delete(alarm.id);
    } else {
      open.set(alarm.sensor, alarm);
      sources.set(alarm.id, alarm.sensor);
    }
  }

  for (const alarm of left) keep(alarm);
  return {
    keep,
    of: (source) => open.get(source),
    sourceOf: (alarm) => sources.get(alarm),
    all: () => [...open],
  };
}
