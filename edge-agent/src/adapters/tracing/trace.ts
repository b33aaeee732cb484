import type { Attributes, Span, Tracer } from "@opentelemetry/api";
import { ROOT_CONTEXT, SpanStatusCode, trace } from "@opentelemetry/api";
import type { OutboxBatch } from "../../core/outbox/outbound.ts";
import type { TimeUs } from "../../core/time.ts";
import type { DeliveryStep, ReadingTrace, TraceStep } from "../../ports/tracer.ts";
import { holds, type ReadingKey } from "./find-reading.ts";

/** The reading that is followed, as it was when it came. */
export interface Caught extends ReadingKey {
  readonly statusCode: number;
  readonly sourceTimeUs: TimeUs;
  readonly handedUs: TimeUs;
}

export interface RunningTrace {
  onHistory(endUs: TimeUs): void;
  onDelivery(sink: string, batches: readonly OutboxBatch[], step: DeliveryStep, nowUs: TimeUs): void;
  readonly isComplete: boolean;
  finish(nowUs: TimeUs): ReadingTrace;
}

/** A device whose clock is wrong by more says nothing of how long a reading was under way. */
const MOST_UNDER_WAY_US = 3600e6;

/** @param sinks that take readings */
export function startTrace(caught: Caught, sinks: readonly string[], tracer: Tracer): RunningTrace {
  const { tag, sequence, statusCode, sourceTimeUs, agentTimeUs, handedUs } = caught;
  const underWayUs = agentTimeUs - sourceTimeUs;
  const isPlausible = underWayUs >= 0 && underWayUs < MOST_UNDER_WAY_US;
  const startUs = isPlausible ? sourceTimeUs : agentTimeUs;
  const root = tracer.startSpan("reading", {
    root: true,
    startTime: hrTime(startUs),
    attributes: { "stethos.tag": tag, "stethos.sequence": sequence, "stethos.status_code": statusCode },
  });
  const context = trace.setSpan(ROOT_CONTEXT, root);
  const steps: TraceStep[] = [];
  const begun = new Map<string, TimeUs>();
  const delivered = new Map<string, TimeUs>();
  const missing = new Set(["history", ...sinks]);
  let isCommitted = false;

  function step(one: TraceStep): void {
    steps.push(one);
    const attributes: Attributes = one.sink === undefined ? {} : { "stethos.sink": one.sink };
    const span = tracer.startSpan(one.name, { startTime: hrTime(one.startUs), attributes }, context);
    end(span, one);
  }

  function onCommitted(committedUs: TimeUs): void {
    if (isCommitted) return;
    isCommitted = true;
    step({ name: "outbox", startUs: handedUs, endUs: Math.max(handedUs, committedUs), isFailed: false });
  }

  function onStep(sink: string, kind: DeliveryStep, committedUs: TimeUs, nowUs: TimeUs): void {
    const startUs = begun.get(sink) ?? nowUs;
    switch (kind) {
      case "begin":
        if (!begun.has(sink))
          step({ name: "wait", sink, startUs: Math.min(committedUs, nowUs), endUs: nowUs, isFailed: false });
        begun.set(sink, nowUs);
        return;
      case "failed":
        step({ name: "deliver", sink, startUs, endUs: nowUs, isFailed: true });
        return;
      case "delivered":
        step({ name: "deliver", sink, startUs, endUs: nowUs, isFailed: false });
        delivered.set(sink, nowUs);
        return;
      case "confirmed":
        step({ name: "confirm", sink, startUs: delivered.get(sink) ?? nowUs, endUs: nowUs, isFailed: false });
        missing.delete(sink);
        return;
      default:
        kind satisfies never;
    }
  }

  if (isPlausible) step({ name: "acquire", startUs, endUs: agentTimeUs, isFailed: false });
  step({
    name: "normalise",
    startUs: agentTimeUs,
    endUs: Math.max(agentTimeUs, handedUs),
    isFailed: false,
  });
  return {
    onHistory(endUs) {
      step({ name: "history", startUs: handedUs, endUs: Math.max(handedUs, endUs), isFailed: false });
      missing.delete("history");
    },
    onDelivery(sink, batches, kind, nowUs) {
      const batch = batches.find((one) => holds(one, caught));
      if (batch === undefined) return;
      onCommitted(batch.committedUs);
      onStep(sink, kind, batch.committedUs, nowUs);
    },
    get isComplete() {
      return missing.size === 0;
    },
    finish(nowUs) {
      root.end(hrTime(Math.max(nowUs, startUs)));
      const { traceId } = root.spanContext();
      const inOrder = steps.toSorted((a, b) => a.startUs - b.startUs || a.endUs - b.endUs);
      return { tag, traceId, sequence, statusCode, steps: inOrder, missing: [...missing] };
    },
  };
}

function end(span: Span, { isFailed, endUs }: TraceStep): void {
  if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(hrTime(endUs));
}

/** Seconds and nanoseconds: a number of milliseconds would round microseconds away. */
const hrTime = (us: TimeUs): [number, number] => [Math.floor(us / 1e6), Math.round((us % 1e6) * 1000)];
