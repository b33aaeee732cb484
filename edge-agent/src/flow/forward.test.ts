import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { createLogger } from "../adapters/node/logger.ts";
import { EdgeError } from "../core/errors.ts";
import type { Gap, OutboxBatch } from "../core/outbox/outbound.ts";
import type { Outbox, OutboxReader } from "../ports/outbox.ts";
import { type Delivery, type Sink, SinkError } from "../ports/sink.ts";
import type { TelemetryEvent } from "../ports/telemetry.ts";
import { createForward } from "./forward.ts";

const DONE: Delivery = { refused: [] };

function batchOf(number: number): OutboxBatch {
  const gap: Gap = { stream: "scores", cause: "too-old", rows: number, fromUs: 0, toUs: 1, noticedUs: 2 };
  return {
    node: "press-7",
    epoch: "00112233aabbccdd",
    number,
    committedUs: 0,
    isBacklog: false,
    content: { stream: "alarms", count: 1, rows: [] satisfies [] },
    ...(number < 0 && { content: { stream: "gaps", count: 1, rows: [gap] } }),
  };
}

type Answer = Delivery | Error | "hang";

/** A sink that answers as it is told, one answer a delivery; the last one again and again. */
function bench(answers: readonly Answer[], batches: readonly OutboxBatch[], unconfirmed = 0) {
  const clock = createManualClock(0);
  const delivered: number[] = [];
  const confirmed: number[] = [];
  const gaps: Gap[] = [];
  const events: TelemetryEvent[] = [];
  let attempts = 0;
  let failures = 0;
  let isClosed = false;
  const sink: Sink = {
    name: "historian",
    kind: "file",
    streams: ["alarms", "gaps"],
    lane: "in-order",
    rowsAtOnce: 10,
    async deliver(given, signal) {
      const answer = answers[Math.min(attempts, answers.length - 1)] ?? DONE;
      attempts += 1;
      delivered.push(...given.map(({ number }) => number));
      if (answer === "hang")
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async close() {
      isClosed = true;
    },
  };
  const reader: OutboxReader = {
    async next(_, signal) {
      const waiting = batches.filter(({ number }) => !confirmed.includes(number));
      const [first] = waiting;
      if (first !== undefined) return [first];
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
    async confirm(given) {
      failures += 1;
      if (failures <= unconfirmed) throw new EdgeError("OUTBOX_FAILED", "the file is damaged");
      confirmed.push(...given.map(({ number }) => number));
    },
  };
  const outbox = { reader: () => reader, reportGap: (gap: Gap) => void gaps.push(gap) } as unknown as Outbox;
  const stopping = new AbortController();
  const forward = createForward([sink], {
    outbox,
    clock,
    random: () => 1,
    logger: createLogger("silent", false),
    telemetry: { emit: (event) => void events.push(event) },
  });
  const running = forward.run(stopping.signal);
  return {
    clock,
    delivered,
    confirmed,
    gaps,
    events,
    state: () => forward.states()[0],
    attempts: () => attempts,
    isClosed: () => isClosed,
    async end() {
      stopping.abort(new DOMException("stop", "AbortError"));
      await running;
    },
  };
}

describe("forward", () => {
  it("delivers what waits in its order, and confirms it then", async () => {
    const b = bench([DONE], [1, 2, 3].map(batchOf));
    await b.clock.advance(0);
    await b.end();
    expect(b.delivered).toEqual([1, 2, 3]);
    expect(b.confirmed).toEqual([1, 2, 3]);
    expect(b.state()).toMatchObject({ state: "idle", rows: 3, refused: 0 });
    expect(b.isClosed()).toBe(true);
  });

  it("tries the same batches again, later and later, and confirms nothing before", async () => {
    const b = bench(
      [new SinkError("unreachable", "no route"), new SinkError("busy", "full"), DONE],
      [batchOf(1)],
    );
    await b.clock.advance(0);
    expect(b.confirmed).toEqual([]);
    expect(b.state()).toMatchObject({
      state: "trouble",
      fault: "unreachable",
      message: "no route",
      attempts: 1,
    });
    await b.clock.advance(999);
    expect(b.attempts()).toBe(1);
    await b.clock.advance(1);
    expect(b.attempts()).toBe(2);
    await b.clock.advance(1999);
    expect(b.attempts()).toBe(2);
    await b.clock.advance(1);
    expect(b.confirmed).toEqual([1]);
    expect(b.state()).toMatchObject({ state: "idle", attempts: 0 });
    expect(b.state()).not.toHaveProperty("fault");
    await b.end();
  });

  it("delivers again, soon, what the outbox could not write down as confirmed", async () => {
    const b = bench([DONE], [1, 2].map(batchOf), 2);
    await b.clock.advance(999);
    expect([b.delivered, b.confirmed]).toEqual([[1], []]);
    await b.clock.advance(1);
    await b.clock.advance(2000);
    expect([b.delivered, b.confirmed]).toEqual([
      [1, 1, 1, 2],
      [1, 2],
    ]);
    await b.end();
  });

  it("waits as long as the receiver asked for", async () => {
    const b = bench([new SinkError("busy", "503", { retryAfterMs: 30_000 }), DONE], [batchOf(1)]);
    await b.clock.advance(29_999);
    expect(b.attempts()).toBe(1);
    await b.clock.advance(1);
    expect(b.attempts()).toBe(2);
    await b.end();
  });

  it("asks rarely where an operator has to act", async () => {
    const b = bench([new SinkError("denied", "no such password"), DONE], [batchOf(1)]);
    await b.clock.advance(59_000);
    expect(b.attempts()).toBe(1);
    await b.clock.advance(1_000);
    expect(b.attempts()).toBe(2);
    await b.end();
  });

  it("gives up a delivery that hangs, and makes it again", async () => {
    const b = bench(["hang", DONE], [batchOf(1)]);
    await b.clock.advance(60_000);
    expect(b.state()).toMatchObject({ state: "trouble", fault: "busy" });
    await b.clock.advance(1_000);
    expect(b.confirmed).toEqual([1]);
    await b.end();
  });

  it("tells rows that were refused as a gap of that sink, and goes on", async () => {
    const batch = batchOf(7);
    const b = bench([{ refused: [{ batch, row: 0, reason: "NUL in a text" }] }], [batch]);
    await b.clock.advance(0);
    expect(b.confirmed).toEqual([7]);
    expect(b.gaps).toMatchObject([{ stream: "alarms", cause: "poison", sink: "historian", rows: 1 }]);
    expect(b.events).toContainEqual({ kind: "sink-refused", sink: "historian", stream: "alarms", rows: 1 });
    await b.end();
  });

  it("tells no gap about a gap", async () => {
    const batch = batchOf(-1);
    const b = bench([{ refused: [{ batch, row: 0, reason: "no" }] }], [batch]);
    await b.clock.advance(0);
    expect(b.gaps).toEqual([]);
    expect(b.confirmed).toEqual([-1]);
    await b.end();
  });

  it("takes a thrown surprise for a fault that passes", async () => {
    const b = bench([new TypeError("undefined is not a function"), DONE], [batchOf(1)]);
    await b.clock.advance(1_000);
    expect(b.events).toContainEqual({ kind: "sink-failed", sink: "historian", fault: "failed" });
    expect(b.confirmed).toEqual([1]);
    await b.end();
  });
});
