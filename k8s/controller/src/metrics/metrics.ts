import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { type EventMetric, eventTable, PREFIX, rowsOf, type StateMetric, stateTable } from "./table.ts";

/** What the text is, for the Content-Type of its answer. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly name: StateMetric;
  /** The same sets at every look: a label value that is gone would go on being told. */
  readonly labels: Labels;
  readonly value: number;
}

export interface Metrics {
  /** One more of a counter, or one value of a histogram. */
  add(name: EventMetric, value: number, labels?: Labels): void;
  /** All metrics in the text format of Prometheus, 0.0.4. */
  text(): Promise<string>;
  close(): Promise<void>;
}

/** A reader that collects when it is asked, and only then. */
class ScrapeReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/** Counts through OpenTelemetry's SDK, and looks up the rest at each scrape. It serves nothing by itself. */
export function createMetrics(look: () => readonly Sample[]): Metrics {
  const reader = new ScrapeReader();
  const provider = new MeterProvider({ readers: [reader] });
  const meter = provider.getMeter(PREFIX);
  const puts = new Map<EventMetric, (value: number, labels: Labels | undefined) => void>();
  for (const [name, row] of rowsOf<EventMetric>(eventTable)) {
    const about = { description: row.help };
    if (row.type === "counter") {
      const counter = meter.createCounter(name, about);
      // A counter that is not there yet hides its first step from `increase()`.
      if (row.labels.length === 0) counter.add(0);
      puts.set(name, (value, labels) => counter.add(value, labels));
    } else {
      const advice = { explicitBucketBoundaries: [...(row.buckets ?? [])] };
      const histogram = meter.createHistogram(name, { ...about, advice });
      puts.set(name, (value, labels) => histogram.record(value, labels));
    }
  }
  const gauges = rowsOf<StateMetric>(stateTable).map(
    ([name, { help }]) => [name, meter.createObservableGauge(name, { description: help })] as const,
  );
  meter.addBatchObservableCallback(
    (result) => {
      const byName = Map.groupBy(look(), ({ name }) => name);
      for (const [name, gauge] of gauges)
        for (const { value, labels } of byName.get(name) ?? []) result.observe(gauge, value, labels);
    },
    gauges.map(([, gauge]) => gauge),
  );
  // Neither target_info nor otel_scope labels: the controller names itself in stethos_controller_info.
  const serializer = new PrometheusSerializer(PREFIX, false, undefined, true, true);

  return {
    add: (name, value, labels) => puts.get(name)?.(value, labels),
    async text() {
      const { resourceMetrics } = await reader.collect();
      return serializer.serialize(resourceMetrics);
    },
    close: () => provider.shutdown(),
  };
}
