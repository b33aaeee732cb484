import { counter, type MetricTable, seconds } from "./table-row.ts";

// A frame is heard once a second: what takes a tenth of that is fine, what takes all of it is not.
const QUICK = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
// Deliveries cross plants and seas, and wait out cut cables: up to a day.
const LONG = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200, 86_400];

/** Counted where it happens: one for each kind of telemetry, at least. */
export const eventTable = {
  readings_total: counter({ labels: ["device"], help: "Readings that were passed on" }),
  readings_bad_total: counter({ labels: ["device"], help: "Of these, readings whose quality is bad" }),
  readings_suppressed_total: counter({
    labels: ["device"],
    help: "Values that a deadband held back",
  }),
  device_connects_total: counter({ labels: ["device"], help: "How often a device came up" }),
  device_disconnects_total: counter({ labels: ["device"], help: "How often a device was lost" }),
  scan_overruns_total: counter({
    labels: ["device"],
    help: "Scans that were left out because the one before took too long",
  }),
  waveforms_total: counter({ labels: ["device"], help: "Blocks of samples that were read" }),
  waveforms_missed_total: counter({
    labels: ["device"],
    help: "Blocks that the device overwrote before they were read",
  }),
  waveforms_torn_total: counter({
    labels: ["device", "given"],
    help: "Blocks that changed while they were read: read again, or given up",
  }),
  frames_scored_total: counter({ help: "Windows of vibration that were judged" }),
  frame_latency_seconds: seconds({ buckets: QUICK, help: "From a window's last sample to its score" }),
  model_frames_total: counter({ labels: ["role"], help: "Frames that a model was run on" }),
  model_frames_failed_total: counter({ labels: ["role"], help: "Frames on which a model failed" }),
  model_run_seconds: seconds({
    labels: ["role"],
    buckets: QUICK,
    help: "One run of a model over its frames",
  }),
  queue_dropped_total: counter({
    labels: ["queue"],
    help: "Items that had to make room in a full queue",
  }),
  worker_restarts_total: counter({ labels: ["worker"], help: "Threads that broke and were started again" }),
  history_lost_total: counter({ help: "Readings that the history could not keep" }),
  outbox_rows_total: counter({ help: "Rows that the outbox committed" }),
  outbox_written_bytes_total: counter({ unit: "bytes", help: "Bytes of these rows" }),
  outbox_commit_seconds: seconds({ buckets: QUICK, help: "One group commit, flush included" }),
  outbox_dropped_rows_total: counter({
    labels: ["stream", "cause"],
    help: "Rows that were given up before every sink had them",
  }),
  outbox_quarantines_total: counter({
    help: "Outbox files that were corrupt, put aside and begun anew",
  }),
  sink_rows_total: counter({ labels: ["sink", "stream"], help: "Rows that a sink confirmed" }),
  sink_refused_rows_total: counter({
    labels: ["sink", "stream"],
    help: "Rows that a sink will never take",
  }),
  sink_failures_total: counter({ labels: ["sink", "fault"], help: "Deliveries that failed, by the fault" }),
  sink_delivery_seconds: seconds({
    labels: ["sink"],
    buckets: LONG,
    help: "The delivery that a batch was part of",
  }),
  sink_delay_seconds: seconds({
    labels: ["sink"],
    buckets: LONG,
    help: "From a batch's commit in the outbox to the sink's confirmation",
  }),
  rules_evaluated_total: counter({ help: "Evaluations of rules" }),
  rules_fired_total: counter({ help: "Evaluations of rules that came out true" }),
  rules_run_seconds: seconds({ buckets: QUICK, help: "One round of rules over a batch of readings" }),
  rule_failures_total: counter({ help: "Evaluations of rules that failed" }),
  rules_reloads_total: counter({ help: "Files of rules that were saved and taken over" }),
  rules_reloads_refused_total: counter({ help: "Files of rules that were saved and refused" }),
  fleet_reports_total: counter({ help: "Reports of the models that the fleet's store took" }),
  fleet_reports_failed_total: counter({ help: "Attempts to report the models that failed" }),
} as const satisfies MetricTable;
