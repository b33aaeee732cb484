import { unreachable } from "../../core/errors.ts";
import type { Telemetry, TelemetryEvent } from "../../ports/telemetry.ts";

/** Telemetry as plain counters by name: what /metrics and the status page show. */
export interface Counters extends Telemetry {
  read(): Readonly<Record<string, number>>;
}

export function createCounters(): Counters {
  const counts = new Map<string, number>();
  return {
    emit(event) {
      for (const [name, by] of countsOf(event)) counts.set(name, (counts.get(name) ?? 0) + by);
    },
    read: () => Object.fromEntries(counts),
  };
}

function countsOf(event: TelemetryEvent): readonly (readonly [string, number])[] {
  switch (event.kind) {
    case "readings":
      return [
        ["readings", event.count],
        ["readings_bad", event.bad],
      ];
    case "suppressed":
      return [["readings_suppressed", event.count]];
    case "link":
      return [[event.up ? "connects" : "disconnects", 1]];
    case "overrun":
      return [["scan_overruns", event.missed]];
    case "waveform":
      return [
        ["waveforms", 1],
        ["waveforms_missed", event.missed],
      ];
    case "torn-block":
      return [[event.given === "up" ? "waveforms_torn_given_up" : "waveforms_torn_reread", 1]];
    case "scored":
      return [
        ["frames_scored", event.frames],
        ["frame_latency_ms_sum", event.latencyMs * event.frames],
      ];
    case "model-run":
      return [
        [`${event.role}_frames`, event.frames],
        [`${event.role}_run_ms_sum`, event.ms],
      ];
    case "model-failed":
      return [[`${event.role}_frames_failed`, event.frames]];
    case "dropped":
      return [[`dropped_${event.queue.replaceAll("-", "_")}`, event.count]];
    case "worker-restart":
      return [[`${event.worker}_restarts`, 1]];
    case "history-lost":
      return [["history_lost", event.count]];
    case "outbox-committed":
      return [
        ["outbox_rows", event.rows],
        ["outbox_bytes", event.bytes],
        ["outbox_commits", 1],
      ];
    case "outbox-dropped":
      return [[`outbox_dropped_${event.cause.replaceAll("-", "_")}`, event.rows]];
    case "outbox-quarantined":
      return [["outbox_quarantined", 1]];
    case "sink-delivered":
      return [["sink_rows", event.rows]];
    case "sink-failed":
      return [["sink_failures", 1]];
    case "sink-refused":
      return [["sink_rows_refused", event.rows]];
    case "rules-evaluated":
      return [["rules_evaluated", event.count]];
    case "rule-failed":
      return [["rules_failed", 1]];
    case "rules-read":
      return [[event.isTaken ? "rules_reloads" : "rules_reloads_refused", 1]];
    case "fleet-report":
      return [[event.isSent ? "fleet_reports" : "fleet_reports_failed", 1]];
    default:
      return unreachable(event);
  }
}
