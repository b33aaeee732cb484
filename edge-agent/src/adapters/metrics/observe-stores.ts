import type { HistoryStatistics } from "../../ports/history.ts";
import { flag, type Sample, sample, timeIfKnown } from "./samples.ts";
import type { ObjectiveFigures, OutboxFigures, SinkFigures } from "./sources.ts";

export const historySamples = ({
  bytes,
  readings,
  uncommitted,
  oldestUs,
}: HistoryStatistics): readonly Sample[] => [
  sample("history_bytes", bytes),
  sample("history_readings", readings),
  sample("history_uncommitted", uncommitted),
  ...timeIfKnown("history_oldest_time_seconds", oldestUs),
];

export const outboxSamples = (outbox: OutboxFigures): readonly Sample[] => [
  sample("outbox_bytes", outbox.bytes),
  ...(outbox.limitBytes === undefined ? [] : [sample("outbox_limit_bytes", outbox.limitBytes)]),
  sample("outbox_batches", outbox.batches),
  sample("outbox_rows", outbox.rows),
  sample("outbox_uncommitted", outbox.uncommitted),
  sample("outbox_trouble", flag(outbox.trouble !== undefined)),
  ...timeIfKnown("outbox_oldest_time_seconds", outbox.oldestUs),
  ...outbox.dropped.map(({ stream, cause, rows }) =>
    sample("outbox_lost_rows_total", rows, { stream, cause }),
  ),
  ...outbox.sinks.flatMap(({ sink, waitingBatches, waitingRows, oldestUs }) => [
    sample("sink_waiting_batches", waitingBatches, { sink }),
    sample("sink_waiting_rows", waitingRows, { sink }),
    ...timeIfKnown("sink_oldest_time_seconds", oldestUs, { sink }),
  ]),
];

export const sinkSamples = (sinks: readonly SinkFigures[]): readonly Sample[] =>
  sinks.flatMap(({ sink, state, attempts, lastDeliveredUs }) => [
    sample("sink_up", flag(state !== "trouble"), { sink }),
    sample("sink_attempts", attempts, { sink }),
    ...timeIfKnown("sink_delivered_time_seconds", lastDeliveredUs, { sink }),
  ]);

export const objectiveSamples = (objectives: readonly ObjectiveFigures[]): readonly Sample[] =>
  objectives.flatMap(({ slo, isBurning, windows }) => [
    sample("slo_burning", flag(isBurning), { slo }),
    ...windows.flatMap(({ window, good, bad, burn }) => [
      sample("slo_events", good, { slo, window, outcome: "good" }),
      sample("slo_events", bad, { slo, window, outcome: "bad" }),
      ...(burn === undefined ? [] : [sample("slo_burn_ratio", burn, { slo, window })]),
    ]),
  ]);
