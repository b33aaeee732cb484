import { ValueType } from "@opentelemetry/api";
import { emptyResource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
  type MetricProducer,
  MetricReader,
} from "@opentelemetry/sdk-metrics";
import type { Sample } from "./samples.ts";
import { PREFIX, rowsOf, stateTable } from "./table.ts";

/** A reader that collects when it is asked, and only then. */
class ScrapeReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/** Collects what was counted, and beside it what `look` finds at that moment. The SDK's own observable gauges would not
 *  do: at cumulative temporality they go on telling label values that are gone, as the model before or a device that was
 *  removed (sdk-metrics 3.1, TemporalMetricProcessor). */
export const createScrapeReader = (look: () => Promise<readonly Sample[]>): MetricReader =>
  new ScrapeReader({ metricProducers: [producerOf(look)] });

const producerOf = (look: () => Promise<readonly Sample[]>): MetricProducer => ({
  async collect() {
    const metrics = metricsOf(await look());
    const scopeMetrics = [{ scope: { name: PREFIX }, metrics }];
    return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
  },
});

/** In the order of the table; a metric without samples is left out. */
function metricsOf(samples: readonly Sample[]): MetricData[] {
  const byName = Map.groupBy(samples, ({ name }): string => name);
  return rowsOf(stateTable).flatMap(([name, { type, unit, help }]): MetricData[] => {
    const points = byName.get(name)?.map(pointOf);
    if (points === undefined) return [];
    const about = {
      descriptor: { name, description: help, unit, valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPoints: points,
    };
    return type === "counter"
      ? [{ ...about, dataPointType: DataPointType.SUM, isMonotonic: true }]
      : [{ ...about, dataPointType: DataPointType.GAUGE }];
  });
}

// The text carries no times of its own.
const pointOf = ({ labels, value }: Sample): DataPoint<number> => ({
  startTime: [0, 0],
  endTime: [0, 0],
  attributes: labels,
  value,
});
