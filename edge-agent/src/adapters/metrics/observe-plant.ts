import { FLOOD_FROM } from "../../core/alarm-rate.ts";
import { type Alarm, type AlarmState, PRIORITIES } from "../../core/alarm-types.ts";
import { isOpen } from "../../core/feed-map.ts";
import type { Health, HealthState } from "../../core/health.ts";
import type { AgentStatus } from "../../ports/plant.ts";
import { countedBy, flag, type Sample, sample } from "./samples.ts";
import type { LogFigures, ProcessFigures } from "./sources.ts";

const HEALTH: readonly HealthState[] = [
  "unknown",
  "learning",
  "healthy",
  "warning",
  "alarm",
  "sensor-fault",
  "offline",
];

const ALARM_STATES: readonly AlarmState[] = [
  "unacknowledged-active",
  "acknowledged-active",
  "unacknowledged-cleared",
  "suppressed",
];

export const deviceSamples = ({ devices }: AgentStatus): readonly Sample[] =>
  devices.flatMap(({ name: device, up, tags, diagnosis }) => [
    sample("device_up", flag(up), { device }),
    sample("device_tags", tags.good, { device, quality: "good" }),
    sample("device_tags", tags.total - tags.good, { device, quality: "bad" }),
    ...(diagnosis === undefined ? [] : [sample("device_diagnosis", 1, { device, code: diagnosis.code })]),
  ]);

export function healthSamples(all: readonly Health[]): readonly Sample[] {
  const indices = all.flatMap(({ index }) => (index === undefined ? [] : [index]));
  return [
    ...countedBy(
      "machines",
      HEALTH,
      all.map(({ state }) => state),
    ),
    ...(indices.length === 0 ? [] : [sample("machine_health_worst", Math.min(...indices))]),
  ];
}

/** As an alarm system is judged by: ISA-18.2, EEMUA 191. */
export function alarmSamples(
  { inTenMinutes, dropped }: AgentStatus["alarms"],
  alarms: readonly Alarm[],
): readonly Sample[] {
  const open = alarms.filter(isOpen);
  const present = alarms.filter(({ state }) => state !== "normal");
  return [
    ...countedBy(
      "alarms",
      ALARM_STATES,
      present.map(({ state }) => state),
    ),
    ...PRIORITIES.map((priority) =>
      sample("alarms_open", open.filter((alarm) => alarm.priority === priority).length, { priority }),
    ),
    sample("alarms_inhibited", present.filter(({ inhibit }) => inhibit !== undefined).length),
    sample("alarms_recent", inTenMinutes),
    sample("alarm_flood", flag(inTenMinutes >= FLOOD_FROM)),
    sample("alarms_dropped_total", dropped),
  ];
}

export function processSamples(figures: ProcessFigures): readonly Sample[] {
  const { residentBytes, heapUsedBytes, cpuSeconds, loopDelay } = figures;
  return [
    sample("process_resident_memory_bytes", residentBytes),
    sample("process_heap_used_bytes", heapUsedBytes),
    sample("process_cpu_seconds_total", cpuSeconds),
    ...(loopDelay === undefined
      ? []
      : [
          sample("event_loop_delay_seconds", loopDelay.p50, { rank: "p50" }),
          sample("event_loop_delay_seconds", loopDelay.p99, { rank: "p99" }),
          sample("event_loop_delay_seconds", loopDelay.max, { rank: "max" }),
        ]),
  ];
}

export const logSamples = (logs: readonly LogFigures[]): readonly Sample[] =>
  logs.flatMap(({ log, lines, dropped, failures }) => [
    sample("logs_lines_total", lines, { log }),
    sample("logs_dropped_total", dropped, { log }),
    sample("logs_failures_total", failures, { log }),
  ]);
