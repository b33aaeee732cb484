import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError, unreachable } from "../core/errors.ts";
import type { OutboxBatch, Stream } from "../core/outbox/outbound.ts";
import type { TimeUs } from "../core/time.ts";
import { backoffMs, createBackoff } from "../lib/backoff.ts";
import type { SinkState } from "../ports/data-plane.ts";
import type { Logger } from "../ports/logger.ts";
import type { Outbox, OutboxReader } from "../ports/outbox.ts";
import type { Random } from "../ports/random.ts";
import { type Delivery, type Refusal, type Sink, SinkError } from "../ports/sink.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { DeliveryStep, ReadingTracer } from "../ports/tracer.ts";

export interface ForwardPolicy {
  /** A delivery that takes longer is given up and made again. */
  readonly deliverMs: number;
  readonly retryFirstMs: number;
  readonly retryMostMs: number;
  /** How often a sink is asked again that needs an operator. */
  readonly retryDeniedMs: number;
}

export const defaultForwardPolicy: ForwardPolicy = {
  deliverMs: 60_000,
  retryFirstMs: 1_000,
  retryMostMs: 60_000,
  retryDeniedMs: 60_000,
};

export interface ForwardDeps {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Told of deliveries while somebody follows a reading. */
  readonly tracer?: ReadingTracer;
}

export interface Forward {
  /** Drains the outbox into every sink, each at its own pace, until the signal aborts; then lets go of the sinks. */
  run(signal: AbortSignal): Promise<void>;
  states(): readonly SinkState[];
}

/** One sink's way out: the oldest batches, delivered, then confirmed; what fails is tried again, later and later. */
export function createForward(
  sinks: readonly Sink[],
  deps: ForwardDeps,
  policy: ForwardPolicy = defaultForwardPolicy,
): Forward {
  const lanes = sinks.map((sink) => createLane(sink, deps, policy));
  return {
    async run(signal) {
      await Promise.all(lanes.map((lane) => lane.run(signal)));
    },
    states: () => lanes.map((lane) => lane.state()),
  };
}

function createLane(sink: Sink, deps: ForwardDeps, policy: ForwardPolicy) {
  const { outbox, clock, telemetry } = deps;
  const logger = deps.logger.child({ component: "forward", sink: sink.name });
  /** Of the outbox itself, not of the sink. */
  const outboxBackoff = createBackoff(policy.retryFirstMs, policy.retryMostMs, deps.random);
  let state: SinkState = {
    sink: sink.name,
    kind: sink.kind,
    state: "idle",
    attempts: 0,
    rows: 0,
    refused: 0,
  };

  function trace(batches: readonly OutboxBatch[], step: DeliveryStep): void {
    if (deps.tracer?.isOn === true) deps.tracer.onDelivery(sink.name, batches, step);
  }

  async function deliver(batches: readonly OutboxBatch[], signal: AbortSignal): Promise<Delivery> {
    const deadline = clock.deadline(policy.deliverMs, signal);
    try {
      return await sink.deliver(batches, deadline.signal);
    } catch (thrown) {
      if (deadline.expired)
        throw new SinkError("busy", `${sink.name} did not take a delivery within ${policy.deliverMs} ms`, {
          cause: thrown,
        });
      throw thrown;
    } finally {
      deadline.dispose();
    }
  }

  function succeeded(batches: readonly OutboxBatch[], { refused }: Delivery, startMs: number): void {
    const nowUs = clock.nowUs();
    const ms = clock.monotonicMs() - startMs;
    const rowsOf = refusedRows(refused);
    let delivered = 0;
    for (const { content, committedUs } of batches) {
      delivered += content.count;
      telemetry.emit({
        kind: "sink-delivered",
        sink: sink.name,
        stream: content.stream,
        rows: content.count,
        ms,
        // The wall clock may have been set back in between.
        delayMs: Math.max(0, nowUs - committedUs) / 1000,
      });
    }
    for (const [stream, rows] of rowsOf)
      telemetry.emit({ kind: "sink-refused", sink: sink.name, stream, rows });
    if (state.state === "trouble") {
      const seconds = Math.round((nowUs - (state.sinceUs ?? nowUs)) / 1e6);
      logger.info({ attempts: state.attempts, seconds }, "the sink takes deliveries again");
    }
    const { fault: _, message: __, sinceUs: ___, ...before } = state;
    state = {
      ...before,
      state: "idle",
      attempts: 0,
      rows: before.rows + delivered - refused.length,
      refused: before.refused + refused.length,
      lastDeliveredUs: nowUs,
    };
  }

  /** Told to the operator and, as a gap, to whoever reads on the other side. */
  function tellRefused(refused: readonly Refusal[]): void {
    const [first] = refused;
    if (first === undefined) return;
    const { batch, row, reason } = first;
    logger.warn(
      { rows: refused.length, epoch: batch.epoch, batch: batch.number, row, reason },
      "the sink will never take some rows; they are left out",
    );
    for (const [stream, rows] of refusedRows(refused)) {
      // A gap record that is refused is not worth another one.
      if (stream === "gaps") continue;
      const times = refused.filter((one) => one.batch.content.stream === stream).map(timeOf);
      outbox.reportGap({
        stream,
        cause: "poison",
        sink: sink.name,
        rows,
        fromUs: Math.min(...times),
        toUs: Math.max(...times),
        noticedUs: clock.nowUs(),
      });
    }
  }

  /** @returns how long to wait before the next attempt, ms */
  function failed(thrown: unknown): number {
    const error =
      thrown instanceof SinkError
        ? thrown
        : new SinkError("failed", describeError(thrown), { cause: thrown });
    telemetry.emit({ kind: "sink-failed", sink: sink.name, fault: error.fault });
    const waitMs = waitAfter(error);
    if (state.state !== "trouble" || state.fault !== error.fault)
      logger.warn(
        { fault: error.fault, err: describeError(error), retryInMs: Math.round(waitMs) },
        "the sink does not take deliveries; they wait in the outbox",
      );
    state = {
      ...state,
      state: "trouble",
      fault: error.fault,
      message: error.message,
      sinceUs: state.state === "trouble" ? (state.sinceUs ?? clock.nowUs()) : clock.nowUs(),
      attempts: state.attempts + 1,
    };
    return waitMs;
  }

  function waitAfter({ fault, retryAfterMs }: SinkError): number {
    const usual = backoffMs(state.attempts, policy.retryFirstMs, policy.retryMostMs, deps.random);
    switch (fault) {
      case "unreachable":
      case "busy":
      case "failed":
        return Math.max(usual, Math.min(retryAfterMs ?? 0, policy.retryMostMs));
      case "denied":
      case "misfit":
        return Math.max(usual, policy.retryDeniedMs * (0.5 + 0.5 * deps.random()));
      default:
        return unreachable(fault);
    }
  }

  /** Delivers until it worked. @returns false when the signal ended it */
  async function push(batches: readonly OutboxBatch[], signal: AbortSignal): Promise<Delivery | undefined> {
    while (!signal.aborted) {
      if (state.state === "idle") state = { ...state, state: "delivering" };
      const startMs = clock.monotonicMs();
      trace(batches, "begin");
      try {
        const delivery = await deliver(batches, signal);
        trace(batches, "delivered");
        succeeded(batches, delivery, startMs);
        return delivery;
      } catch (thrown) {
        if (signal.aborted) return undefined;
        trace(batches, "failed");
        if (!(await slept(clock, failed(thrown), signal))) return undefined;
      }
    }
    return undefined;
  }

  async function drain(reader: OutboxReader, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const batches = await reader.next({ rows: sink.rowsAtOnce }, signal);
      const delivery = await push(batches, signal);
      if (delivery === undefined) return;
      // First the gap, then the confirmation: a crash in between tells the gap twice and loses nothing.
      tellRefused(delivery.refused);
      await reader.confirm(batches);
      outboxBackoff.reset();
      trace(batches, "confirmed");
    }
  }

  return {
    state: () => state,
    async run(signal: AbortSignal): Promise<void> {
      const reader = outbox.reader(sink.name, { streams: sink.streams, lane: sink.lane });
      try {
        while (!signal.aborted) {
          try {
            await drain(reader, signal);
          } catch (thrown) {
            if (signal.aborted) return;
            // The outbox itself: it mends its own file, and its reader comes again.
            logger.error({ err: describeError(thrown) }, "the outbox cannot be read; trying again");
            if (!(await slept(clock, outboxBackoff.next(), signal))) return;
          }
        }
      } finally {
        await sink.close();
      }
    },
  };
}

function refusedRows(refused: readonly Refusal[]): ReadonlyMap<Stream, number> {
  const rows = new Map<Stream, number>();
  for (const { batch } of refused) rows.set(batch.content.stream, (rows.get(batch.content.stream) ?? 0) + 1);
  return rows;
}

function timeOf({ batch, row }: Refusal): TimeUs {
  const { content } = batch;
  return content.stream === "readings" ? (content.sourceTimeUs[row] ?? batch.committedUs) : batch.committedUs;
}
