import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { createMetrics } from "../adapters/metrics/metrics.ts";
import { createProcessWatch } from "../adapters/metrics/process-figures.ts";
import type { MetricSources } from "../adapters/metrics/sources.ts";
import type { Counters } from "../adapters/node/counters.ts";
import type { AgentConfig } from "../config.ts";
import { createSlo } from "../flow/slo.ts";
import type { DataPlane } from "../ports/data-plane.ts";
import type { Logger } from "../ports/logger.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { createSloStore } from "./slo-store.ts";

export interface ObservabilityDeps
  extends Pick<MetricSources, "alarms" | "feedClients" | "history" | "models" | "status"> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: Counters;
  readonly logs?: NonNullable<MetricSources["logs"]> | undefined;
  readonly health: MetricSources["health"];
  readonly dataPlane: () => DataPlane | undefined;
  rollBack(reason: string, signal: AbortSignal): Promise<string>;
}

export interface Observability {
  readonly telemetry: Telemetry;
  /** All metrics in the text format of Prometheus. */
  metrics(signal: AbortSignal): Promise<string>;
  /** Judges what was promised until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What the agent counts and promises; the rest is asked when somebody looks. */
export async function createObservability(
  config: AgentConfig,
  deps: ObservabilityDeps,
): Promise<Observability> {
  const { clock, logger, counters, dataPlane } = deps;
  const store = createSloStore(join(config.dataFolder, "slo.json"));
  const slo = await createSlo({ clock, logger, store, rollBack: deps.rollBack });
  const watch = createProcessWatch(clock);
  const { maxBytes } = config.settings.outbox;
  const hasSinks = config.settings.sinks.length > 0;
  const metrics = createMetrics(
    {
      ...deps,
      logs: deps.logs ?? (() => []),
      process: watch.read,
      ...(hasSinks && {
        outbox: async (signal: AbortSignal) => {
          const plane = dataPlane();
          if (plane === undefined) throw new Error("the outbox is not open yet");
          return { ...(await plane.statistics(signal)), limitBytes: maxBytes };
        },
        sinks: () => dataPlane()?.sinks() ?? [],
      }),
      objectives: slo.reports,
      async diskFreeBytes() {
        const { bavail, bsize } = await statfs(config.dataFolder);
        return bavail * bsize;
      },
    },
    { logger },
  );
  return {
    telemetry: {
      emit(event) {
        counters.emit(event);
        metrics.emit(event);
        slo.emit(event);
      },
    },
    metrics: metrics.text,
    run: slo.run,
    async close() {
      watch.close();
      await metrics.close();
    },
  };
}
