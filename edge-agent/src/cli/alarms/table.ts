import type { z } from "zod";
import type { AlarmRow } from "../../adapters/http-api/alarm-csv.ts";
import type { inhibit } from "../../adapters/http-api/schemas.ts";
import { columns } from "../columns.ts";

export function renderAlarms(alarms: readonly AlarmRow[]): string {
  if (alarms.length === 0) return "no alarms\n";
  const rows = alarms.map((alarm) => [
    alarm.id,
    alarm.priority ?? alarm.severity,
    alarm.inhibit?.kind ?? alarm.state,
    alarm.raisedTime,
    alarm.sensor,
    alarm.reason,
  ]);
  return columns([["ID", "PRIORITY", "STATE", "RAISED", "SOURCE", "REASON"], ...rows]);
}

export function renderInhibits(inhibits: readonly z.infer<typeof inhibit>[]): string {
  if (inhibits.length === 0) return "nothing is shelved or out of service\n";
  const rows = inhibits.map(({ kind, source, by, untilTime, reason }) => [
    kind,
    source,
    by,
    untilTime ?? "-",
    reason,
  ]);
  return columns([["KIND", "SOURCE", "BY", "UNTIL", "REASON"], ...rows]);
}
