import type { AlarmDto } from "@stethos/edge-agent/core";
import { isActive, isUnacknowledged } from "./alarm-order.ts";

/** Tells which alarms nobody was told of yet. */
export interface FreshAlarms {
  /** The newly active alarms, newest first. */
  take(alarms: Iterable<AlarmDto>): readonly AlarmDto[];
}

export function createFreshAlarms(): FreshAlarms {
  let told: ReadonlySet<string> = new Set();
  return {
    take(alarms) {
      const calling = [...alarms].filter((alarm) => isActive(alarm) && isUnacknowledged(alarm));
      const fresh = calling.filter((alarm) => !told.has(alarm.id));
      // Only those still calling are remembered, so this cannot grow; one that comes back is told again.
      told = new Set(calling.map((alarm) => alarm.id));
      return fresh.sort((a, b) => Date.parse(b.raisedTime) - Date.parse(a.raisedTime));
    },
  };
}
