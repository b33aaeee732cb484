import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type SpanExporter,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Clock } from "@stethos/protocol-finger/clock";
import { describeError } from "../../core/errors.ts";
import type { ReadingBatch } from "../../core/reading.ts";
import type { History } from "../../ports/history.ts";
import type { Logger } from "../../ports/logger.ts";
import type { ReadingTrace, ReadingTracer, TraceDesk } from "../../ports/tracer.ts";
import { rowOf } from "./find-reading.ts";
import type { TracingSettings } from "./options.ts";
import { type RunningTrace, startTrace } from "./trace.ts";

export interface TracingDeps {
  readonly clock: Pick<Clock, "nowUs">;
  readonly logger: Logger;
  readonly history: Pick<History, "flush">;
  /** Name of this agent, and its version. */
  readonly node: string;
  readonly version: string;
  /** The index that readings carry; -1 where there is no such tag. */
  indexOf(tag: string): number;
  /** Names of the sinks that take readings. */
  sinks(): readonly string[];
}

export interface Tracing extends ReadingTracer, TraceDesk {
  close(): Promise<void>;
}

/** Each follows readings through the whole agent: more at once are somebody's mistake. */
const MOST_AT_ONCE = 8;

interface Wanted {
  readonly tag: string;
  readonly index: number;
  readonly signal: AbortSignal;
  trace: RunningTrace | undefined;
  /** Ends the wait. */
  done(): void;
}

/** Follows single readings on request, from the device to the last confirmation. */
export async function createTracing(settings: TracingSettings, deps: TracingDeps): Promise<Tracing> {
  const { clock } = deps;
  const { provider, exporter } = await createProvider(settings, deps);
  const tracer = provider.getTracer("stethos");
  const wanted = new Set<Wanted>();

  function start(one: Wanted, batch: ReadingBatch, row: number): void {
    const handedUs = clock.nowUs();
    const trace = startTrace(
      {
        tag: one.tag,
        sequence: batch.sequence[row] ?? 0,
        statusCode: batch.status[row] ?? 0,
        sourceTimeUs: batch.sourceTimeUs[row] ?? batch.agentTimeUs,
        agentTimeUs: batch.agentTimeUs,
        handedUs,
      },
      deps.sinks(),
      tracer,
    );
    one.trace = trace;
    void followHistory(one, trace);
  }

  async function followHistory(one: Wanted, trace: RunningTrace): Promise<void> {
    try {
      await deps.history.flush(one.signal);
      trace.onHistory(clock.nowUs());
      if (trace.isComplete) one.done();
    } catch (thrown) {
      if (!one.signal.aborted)
        deps.logger.warn({ err: describeError(thrown) }, "the history did not say when it had a reading");
    }
  }

  return {
    get isOn() {
      return wanted.size > 0;
    },
    onReadings(batch) {
      for (const one of wanted) {
        if (one.trace !== undefined) continue;
        const row = rowOf(batch, one.index);
        if (row >= 0) start(one, batch, row);
      }
    },
    onDelivery(sink, batches, step) {
      for (const one of wanted) {
        one.trace?.onDelivery(sink, batches, step, clock.nowUs());
        if (one.trace?.isComplete) one.done();
      }
    },
    async traceOne(tag, signal): Promise<ReadingTrace | undefined> {
      const index = deps.indexOf(tag);
      if (index < 0 || wanted.size >= MOST_AT_ONCE || signal.aborted) return undefined;
      const ended = Promise.withResolvers<void>();
      const one: Wanted = { tag, index, signal, trace: undefined, done: ended.resolve };
      signal.addEventListener("abort", one.done, { once: true });
      wanted.add(one);
      try {
        await ended.promise;
      } finally {
        wanted.delete(one);
        signal.removeEventListener("abort", one.done);
      }
      return one.trace?.finish(clock.nowUs());
    },
    async close() {
      for (const one of wanted) one.done();
      await provider.shutdown();
      await exporter?.shutdown();
    },
  };
}

/** Without an exporter spans still get their ids; they end in the trace that is returned. */
async function createProvider(
  { otlp }: TracingSettings,
  { node, version }: TracingDeps,
): Promise<{ readonly provider: TracerProvider; readonly exporter: SpanExporter | undefined }> {
  const exporter = otlp && (await createExporter(otlp));
  const provider = new TracerProvider({
    sampler: new AlwaysOnSampler(),
    resource: resourceFromAttributes({
      "service.name": "stethos",
      "service.instance.id": node,
      "service.version": version,
    }),
    spanProcessors: exporter === undefined ? [] : [new BatchSpanProcessor({ exporter })],
  });
  return { provider, exporter };
}

/** Loaded only where it is wanted: it costs 5 MiB. */
async function createExporter({
  url,
  timeoutMs,
}: NonNullable<TracingSettings["otlp"]>): Promise<SpanExporter> {
  const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-http");
  return new OTLPTraceExporter({ url, timeoutMillis: timeoutMs });
}
