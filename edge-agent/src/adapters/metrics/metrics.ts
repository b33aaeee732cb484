import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { createEventCounts } from "./count-events.ts";
import { observe } from "./observe.ts";
import type { Sample } from "./samples.ts";
import { createScrapeReader } from "./scrape-reader.ts";
import type { MetricSources } from "./sources.ts";
import { PREFIX } from "./table.ts";

/** What the text is, for the Content-Type of its answer. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export interface Metrics extends Telemetry {
  /** All metrics in the text format of Prometheus, 0.0.4. Parts that have not answered when the signal aborts are left
   *  out. */
  text(signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** Counts through OpenTelemetry's SDK, and looks up the rest at each scrape. It serves nothing by itself. */
export function createMetrics(sources: MetricSources, deps: { readonly logger: Logger }): Metrics {
  const failing = new Set<string>();
  let signal = new AbortController().signal;
  let turn: Promise<unknown> = Promise.resolve();

  /** Told once, not at every scrape. */
  function onFailure(part: string, thrown: unknown): void {
    if (failing.has(part)) return;
    failing.add(part);
    deps.logger.warn({ part, err: describeError(thrown) }, "a part of the metrics is missing");
  }

  async function look(): Promise<readonly Sample[]> {
    const samples = await observe(sources, onFailure, signal);
    for (const { name, labels, value } of samples)
      if (name === "scrape_part_up" && value === 1) failing.delete(labels["part"] ?? "");
    return samples;
  }

  const reader = createScrapeReader(look);
  const provider = new MeterProvider({ readers: [reader] });
  const events = createEventCounts(provider.getMeter(PREFIX));
  // Neither target_info nor otel_scope labels: the agent names itself in stethos_info.
  const serializer = new PrometheusSerializer(PREFIX, false, undefined, true, true);

  async function scrape(asked: AbortSignal): Promise<string> {
    signal = asked;
    events.know(
      sources.status().devices.map(({ name }) => name),
      (sources.sinks?.() ?? []).map(({ sink }) => sink),
    );
    const { resourceMetrics } = await reader.collect();
    return serializer.serialize(resourceMetrics);
  }

  return {
    emit: events.count,
    text(asked) {
      // One after the other: a scrape's parts stop at its own signal.
      const text = turn.then(() => scrape(asked));
      // Whoever asked is told what failed; the next one only waits.
      turn = text.catch(() => undefined);
      return text;
    },
    close: () => provider.shutdown(),
  };
}
