import type { Counter, Histogram, Meter } from "@opentelemetry/api";
import { unreachable } from "../../core/errors.ts";
import { DROP_CAUSES, STREAMS } from "../../core/outbox/outbound.ts";
import type { TelemetryEvent } from "../../ports/telemetry.ts";
import { type EventMetric, rowsOf } from "./table.ts";
import { eventTable } from "./table-events.ts";

type Labels = Readonly<Record<string, string>>;

/** Counters and histograms of what the flows tell. */
export interface EventCounts {
  count(event: TelemetryEvent): void;
  /** A counter that is not there yet hides its first step from `increase()`: known devices and sinks begin at 0. */
  know(devices: readonly string[], sinks: readonly string[]): void;
}

export function createEventCounts(meter: Meter): EventCounts {
  const { add, record } = createInstruments(meter);
  const known = new Set<string>();

  function zero(key: string, label: "device" | "sink", name: string): void {
    if (known.has(`${key} ${name}`)) return;
    known.add(`${key} ${name}`);
    for (const [metric, { type, labels }] of rowsOf(eventTable))
      if (type === "counter" && labels.length === 1 && labels[0] === label)
        add(metric as EventMetric, 0, { [label]: name });
  }

  for (const [metric, { type, labels }] of rowsOf(eventTable))
    if (type === "counter" && labels.length === 0) add(metric as EventMetric, 0);
  for (const stream of STREAMS)
    for (const cause of DROP_CAUSES) add("outbox_dropped_rows_total", 0, { stream, cause });
  for (const role of ["champion", "challenger"]) add("model_frames_failed_total", 0, { role });

  return {
    count: (event) => countInto(event, add, record),
    know(devices, sinks) {
      for (const device of devices) zero("device", "device", device);
      for (const sink of sinks) {
        if (known.has(`sink ${sink}`)) continue;
        known.add(`sink ${sink}`);
        for (const fault of FAULTS) add("sink_failures_total", 0, { sink, fault });
        for (const stream of STREAMS) add("sink_refused_rows_total", 0, { sink, stream });
      }
    },
  };
}

const FAULTS = ["unreachable", "busy", "failed", "denied", "misfit"] as const;

type Put = (name: EventMetric, value: number, labels?: Labels) => void;

function createInstruments(meter: Meter): { readonly add: Put; readonly record: Put } {
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  for (const [name, { type, unit, help, buckets }] of rowsOf(eventTable)) {
    const about = { description: help, unit };
    if (type === "counter") counters.set(name, meter.createCounter(name, about));
    else
      histograms.set(
        name,
        meter.createHistogram(name, { ...about, advice: { explicitBucketBoundaries: [...(buckets ?? [])] } }),
      );
  }
  return {
    add: (name, value, labels) => counters.get(name)?.add(value, labels),
    record: (name, value, labels) => histograms.get(name)?.record(value, labels),
  };
}

function countInto(event: TelemetryEvent, add: Put, record: Put): void {
  switch (event.kind) {
    case "readings":
    case "suppressed":
    case "link":
    case "overrun":
    case "waveform":
    case "torn-block":
      countDevice(event, add);
      return;
    case "scored":
      add("frames_scored_total", event.frames);
      // Each window waited as long as its batch.
      for (let i = 0; i < event.frames; i += 1) record("frame_latency_seconds", event.latencyMs / 1000);
      return;
    case "model-run":
      add("model_frames_total", event.frames, { role: event.role });
      record("model_run_seconds", event.ms / 1000, { role: event.role });
      return;
    case "model-failed":
      add("model_frames_failed_total", event.frames, { role: event.role });
      return;
    case "dropped":
      add("queue_dropped_total", event.count, { queue: event.queue });
      return;
    case "worker-restart":
      add("worker_restarts_total", 1, { worker: event.worker });
      return;
    case "history-lost":
      add("history_lost_total", event.count);
      return;
    case "outbox-committed":
    case "outbox-dropped":
    case "outbox-quarantined":
    case "sink-delivered":
    case "sink-failed":
    case "sink-refused":
      countDelivery(event, add, record);
      return;
    case "rules-evaluated":
      add("rules_evaluated_total", event.count);
      add("rules_fired_total", event.fired);
      record("rules_run_seconds", event.ms / 1000);
      return;
    case "rule-failed":
      add("rule_failures_total", 1);
      return;
    case "rules-read":
      add(event.isTaken ? "rules_reloads_total" : "rules_reloads_refused_total", 1);
      return;
    case "fleet-report":
      add(event.isSent ? "fleet_reports_total" : "fleet_reports_failed_total", 1);
      return;
    default:
      unreachable(event);
  }
}

type DeviceKind = "link" | "overrun" | "readings" | "suppressed" | "torn-block" | "waveform";

function countDevice(event: Extract<TelemetryEvent, { kind: DeviceKind }>, add: Put): void {
  const labels = { device: event.device };
  switch (event.kind) {
    case "readings":
      add("readings_total", event.count, labels);
      add("readings_bad_total", event.bad, labels);
      return;
    case "suppressed":
      add("readings_suppressed_total", event.count, labels);
      return;
    case "link":
      add(event.up ? "device_connects_total" : "device_disconnects_total", 1, labels);
      return;
    case "overrun":
      add("scan_overruns_total", event.missed, labels);
      return;
    case "waveform":
      add("waveforms_total", 1, labels);
      add("waveforms_missed_total", event.missed, labels);
      return;
    case "torn-block":
      add("waveforms_torn_total", 1, { ...labels, given: event.given });
      return;
    default:
      unreachable(event);
  }
}

type DeliveryKind =
  | `outbox-${"committed" | "dropped" | "quarantined"}`
  | `sink-${"delivered" | "failed" | "refused"}`;

function countDelivery(event: Extract<TelemetryEvent, { kind: DeliveryKind }>, add: Put, record: Put): void {
  switch (event.kind) {
    case "outbox-committed":
      add("outbox_rows_total", event.rows);
      add("outbox_written_bytes_total", event.bytes);
      record("outbox_commit_seconds", event.ms / 1000);
      return;
    case "outbox-dropped":
      add("outbox_dropped_rows_total", event.rows, { stream: event.stream, cause: event.cause });
      return;
    case "outbox-quarantined":
      add("outbox_quarantines_total", 1);
      return;
    case "sink-delivered":
      add("sink_rows_total", event.rows, { sink: event.sink, stream: event.stream });
      record("sink_delivery_seconds", event.ms / 1000, { sink: event.sink });
      record("sink_delay_seconds", event.delayMs / 1000, { sink: event.sink });
      return;
    case "sink-failed":
      add("sink_failures_total", 1, { sink: event.sink, fault: event.fault });
      return;
    case "sink-refused":
      add("sink_refused_rows_total", event.rows, { sink: event.sink, stream: event.stream });
      return;
    default:
      unreachable(event);
  }
}
