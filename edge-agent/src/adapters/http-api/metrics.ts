import { FLOOD_FROM } from "../../core/alarm-rate.ts";
import { type Alarm, PRIORITIES } from "../../core/alarm-types.ts";
import { isOpen } from "../../core/feed-map.ts";
import type { RolloutReport } from "../../core/rollout/rollout-report.ts";
import type { HistoryStatistics } from "../../ports/history.ts";
import type { AgentStatus } from "../../ports/plant.ts";
import { gauge, metric } from "./metric-text.ts";
import { modelMetrics } from "./model-metrics.ts";

interface Own {
  readonly feedClients: number;
  readonly history: HistoryStatistics | undefined;
  readonly models: RolloutReport;
  readonly alarms: readonly Alarm[];
}

/** The text format of Prometheus, 0.0.4. Tags and machines are no labels: there may be ten thousand. */
export function metricsText(status: AgentStatus, own: Own): string {
  const { name, version } = own.models.champion;
  const metrics = [
    gauge("info", "What runs here", 1, {
      version: status.version,
      model: name,
      model_version: version,
    }),
    gauge("start_time_seconds", "When the agent started, since 1970", status.startedUs / 1e6),
    ...deviceMetrics(status.devices),
    gauge("feed_clients", "Screens that listen to the feed", own.feedClients),
    ...historyMetrics(own.history),
    ...alarmMetrics(status.alarms, own.alarms),
    ...modelMetrics(own.models),
    ...[...byMetricName(status.counters)].map(([name, value]) =>
      metric(name, "counter", "Counted since the agent started", [[{}, value]]),
    ),
  ];
  return metrics.join("");
}

function deviceMetrics(devices: AgentStatus["devices"]): string[] {
  if (devices.length === 0) return [];
  const samples = devices.map(({ name, up }) => [{ device: name }, up ? 1 : 0] as const);
  const wrong = devices.flatMap(({ name, diagnosis }) =>
    diagnosis === undefined ? [] : [[{ device: name, code: diagnosis.code }, 1] as const],
  );
  return [
    metric("stethos_device_up", "gauge", "1 while the device answers", samples),
    ...(wrong.length === 0
      ? []
      : [metric("stethos_device_diagnosis", "gauge", "What is wrong with a device", wrong)]),
  ];
}

function historyMetrics(history: HistoryStatistics | undefined): string[] {
  if (history === undefined) return [];
  return [
    gauge("history_bytes", "Size of the history on disk", history.bytes),
    gauge("history_readings", "Readings kept", history.readings),
    gauge("history_uncommitted", "Handed over and not yet on disk", history.uncommitted),
  ];
}

/** As an alarm system is judged by: ISA-18.2, EEMUA 191. */
function alarmMetrics({ inTenMinutes, dropped }: AgentStatus["alarms"], alarms: readonly Alarm[]): string[] {
  const open = alarms.filter(isOpen);
  const byPriority = PRIORITIES.map(
    (priority) => [{ priority }, open.filter((alarm) => alarm.priority === priority).length] as const,
  );
  const inhibited = alarms.filter(({ state, inhibit }) => state !== "normal" && inhibit !== undefined);
  return [
    metric("stethos_alarms_open", "gauge", "Alarms that ask for the operators", byPriority),
    gauge("alarms_inhibited", "Alarms that are kept from the operators", inhibited.length),
    gauge("alarms_in_ten_minutes", "Alarms announced in the last ten minutes", inTenMinutes),
    gauge("alarm_flood", "1 while more come than an operator can follow", inTenMinutes >= FLOOD_FROM ? 1 : 0),
    metric("stethos_alarms_dropped_total", "counter", "Open alarms that screens had no room for", [
      [{}, dropped],
    ]),
  ];
}

/** Two names of a counter may be one as a metric: the sum of both is true, a double line is refused. */
function byMetricName(counters: Readonly<Record<string, number>>): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [counter, value] of Object.entries(counters)) {
    const words = counter.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
    const name = `stethos_${words.replace(/[^a-z0-9]+/g, "_").replace(/_total$/, "")}_total`;
    sums.set(name, (sums.get(name) ?? 0) + value);
  }
  return sums;
}
