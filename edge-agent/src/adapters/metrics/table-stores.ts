import { counter, gauge, type MetricTable } from "./table-row.ts";

/** Looked up when somebody asks: history, outbox, sinks, objectives. */
export const storeTable = {
  history_bytes: gauge({ unit: "bytes", help: "Size of the history on disk" }),
  history_readings: gauge({ help: "Readings kept" }),
  history_uncommitted: gauge({ help: "Handed over and not yet on disk" }),
  history_oldest_time_seconds: gauge({ unit: "seconds", help: "Time of the oldest reading, since 1970" }),
  outbox_bytes: gauge({ unit: "bytes", help: "Size of the outbox on disk" }),
  outbox_limit_bytes: gauge({ unit: "bytes", help: "What the outbox may take" }),
  outbox_batches: gauge({ help: "Batches in the outbox" }),
  outbox_rows: gauge({ help: "Rows in the outbox" }),
  outbox_uncommitted: gauge({ help: "Handed over and not yet committed: what a power cut now would lose" }),
  outbox_oldest_time_seconds: gauge({ unit: "seconds", help: "Commit of the oldest batch, since 1970" }),
  outbox_lost_rows_total: counter({
    labels: ["stream", "cause"],
    help: "Rows given up since the outbox file began, across restarts",
  }),
  outbox_trouble: gauge({ help: "1 while the outbox cannot keep what it is given" }),
  sink_up: gauge({ labels: ["sink"], help: "0 while deliveries to a sink fail" }),
  sink_attempts: gauge({ labels: ["sink"], help: "Failed deliveries in a row" }),
  sink_waiting_batches: gauge({ labels: ["sink"], help: "Batches that a sink does not have yet" }),
  sink_waiting_rows: gauge({ labels: ["sink"], help: "Rows that a sink does not have yet" }),
  sink_oldest_time_seconds: gauge({
    unit: "seconds",
    labels: ["sink"],
    help: "Commit of the oldest batch that waits for a sink, since 1970",
  }),
  sink_delivered_time_seconds: gauge({
    unit: "seconds",
    labels: ["sink"],
    help: "When a sink last confirmed a delivery, since 1970",
  }),
  slo_events: gauge({
    labels: ["slo", "window", "outcome"],
    help: "Events of an objective in a window, good and bad",
  }),
  slo_burn_ratio: gauge({
    unit: "ratio",
    labels: ["slo", "window"],
    help: "How fast the error budget burns: 1 uses it up exactly at the end of its period",
  }),
  slo_burning: gauge({ labels: ["slo"], help: "1 while an objective burns its budget too fast" }),
} as const satisfies MetricTable;
