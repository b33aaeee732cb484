import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import type { OutboxBatch } from "../../core/outbox/outbound.ts";
import type { ReadingBatch } from "../../core/reading.ts";
import { tracingOptions } from "./options.ts";
import { createTracing, type Tracing, type TracingDeps } from "./tracing.ts";

const START_US = 1_700_000_000_000_000;
const TAGS = ["site/pump/temperature", "site/pump/current"];
const TAG = "site/pump/temperature";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A batch of both tags, twice each. */
const readings = (agentTimeUs: number, first: number, sourceTimeUs = agentTimeUs - 5000): ReadingBatch => ({
  count: 4,
  tag: Uint32Array.of(0, 1, 0, 1),
  value: Float64Array.of(1, 2, 3, 4),
  status: new Uint32Array(4),
  sourceTimeUs: new Float64Array(4).fill(sourceTimeUs),
  agentTimeUs,
  sequence: Float64Array.of(first, first, first + 1, first + 1),
  other: new Map(),
});

/** As the outbox packs it: its own tag table. */
const packed = ({ tag, ...batch }: ReadingBatch, committedUs: number): OutboxBatch => ({
  node: "edge-1",
  epoch: "0123456789abcdef",
  number: 7,
  committedUs,
  isBacklog: false,
  content: {
    stream: "readings",
    ...batch,
    tags: TAGS.toReversed().map((id) => ({ id, unit: "1", device: "plc1", protocol: "s7", address: "DB1" })),
    tag: tag.map((index) => 1 - index),
    agentTimeUs: new Float64Array(batch.count).fill(batch.agentTimeUs),
  },
});

async function setUp(more: Partial<TracingDeps> = {}, settings: object = {}) {
  const clock = createManualClock(START_US);
  const nothing = (): void => {};
  const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => logger };
  const flushed = Promise.withResolvers<void>();
  const tracing: Tracing = await createTracing(tracingOptions.parse(settings), {
    clock,
    logger,
    history: { flush: () => flushed.promise },
    node: "edge-1",
    version: "0.1.0",
    indexOf: (tag) => TAGS.indexOf(tag),
    sinks: () => ["db"],
    ...more,
  });
  closers.push(tracing.close);
  const ending = new AbortController();
  return { clock, tracing, flushed, ending };
}

describe("the way of one reading", () => {
  it("is off until somebody asks, and off again afterwards", async () => {
    const { tracing, ending } = await setUp();
    expect(tracing.isOn).toBe(false);
    const asked = tracing.traceOne(TAG, ending.signal);
    expect(tracing.isOn).toBe(true);
    ending.abort();
    expect(await asked).toBeUndefined();
    expect(tracing.isOn).toBe(false);
  });

  it("leads from the device to the confirmation, with the times of each step", async () => {
    const { clock, tracing, flushed, ending } = await setUp();
    const asked = tracing.traceOne(TAG, ending.signal);
    const other = readings(START_US, 1);
    const batch = { ...readings(START_US, 41) };
    await clock.advance(2);
    tracing.onReadings(batch);
    // Only the first one that comes is followed.
    tracing.onReadings(readings(START_US, 90));
    await clock.advance(8);
    flushed.resolve();
    await clock.advance(240);
    const batches = [packed(other, START_US + 1), packed(batch, START_US + 100_000)];
    tracing.onDelivery("db", batches, "begin");
    await clock.advance(30);
    tracing.onDelivery("db", batches, "failed");
    await clock.advance(1000);
    tracing.onDelivery("db", batches, "begin");
    await clock.advance(20);
    tracing.onDelivery("db", batches, "delivered");
    await clock.advance(5);
    tracing.onDelivery("db", batches, "confirmed");
    const trace = await asked;
    expect(trace).toMatchObject({ tag: TAG, sequence: 42, statusCode: 0, missing: [] });
    expect(trace?.traceId).toMatch(/^[0-9a-f]{32}$/);
    const ms = (us: number) => (us - START_US) / 1000;
    expect(
      trace?.steps.map(({ name, sink = "", startUs, endUs, isFailed }) =>
        [name, sink, ms(startUs), ms(endUs), isFailed ? "failed" : ""].join(" ").trim(),
      ),
    ).toEqual([
      "acquire  -5 0",
      "normalise  0 2",
      "history  2 10",
      "outbox  2 100",
      "wait db 100 250",
      "deliver db 250 280 failed",
      "deliver db 1280 1300",
      "confirm db 1300 1305",
    ]);
  });

  it("names what has not happened when the time is over", async () => {
    const { tracing, ending } = await setUp();
    const asked = tracing.traceOne(TAG, ending.signal);
    tracing.onReadings(readings(START_US, 1));
    ending.abort();
    const trace = await asked;
    expect(trace?.missing).toEqual(["history", "db"]);
    expect(trace?.steps.map(({ name }) => name)).toEqual(["acquire", "normalise"]);
  });

  it("says nothing of how long it was under way where the device's clock is wrong", async () => {
    const { tracing, ending } = await setUp();
    const asked = tracing.traceOne(TAG, ending.signal);
    tracing.onReadings(readings(START_US, 1, START_US + 60e6));
    ending.abort();
    expect((await asked)?.steps.map(({ name }) => name)).toEqual(["normalise"]);
  });

  it("is not asked for of a tag that is not there, nor nine times at once", async () => {
    const { tracing, ending } = await setUp();
    expect(await tracing.traceOne("nothing", ending.signal)).toBeUndefined();
    const asked = Array.from({ length: 9 }, () => tracing.traceOne(TAG, ending.signal));
    expect(await asked[8]).toBeUndefined();
    ending.abort();
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 9 }, () => undefined));
  });

  it("goes to a collector by OTLP over HTTP too", async () => {
    interface Export {
      readonly resourceSpans: readonly {
        readonly resource: { readonly attributes: readonly { readonly key: string }[] };
        readonly scopeSpans: readonly {
          readonly spans: readonly {
            readonly name: string;
            readonly traceId: string;
            readonly parentSpanId?: string;
            readonly startTimeUnixNano: string;
          }[];
        }[];
      }[];
    }
    const bodies: Export[] = [];
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => void parts.push(part));
      request.on("end", () => {
        bodies.push(JSON.parse(Buffer.concat(parts).toString()) as Export);
        response.setHeader("content-type", "application/json");
        response.end("{}");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
    const { tracing, ending } = await setUp({ sinks: () => [] }, { otlp: { url } });
    const asked = tracing.traceOne(TAG, ending.signal);
    tracing.onReadings(readings(START_US, 1));
    ending.abort();
    const trace = await asked;
    await tracing.close();
    const [sent] = bodies[0]?.resourceSpans ?? [];
    expect(sent?.resource.attributes.map(({ key }) => key)).toContain("service.instance.id");
    const spans = sent?.scopeSpans.flatMap((scope) => scope.spans) ?? [];
    expect(spans.map(({ name }) => name).toSorted()).toEqual(["acquire", "normalise", "reading"]);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([trace?.traceId]));
    const acquire = spans.find(({ name }) => name === "acquire");
    expect(acquire?.startTimeUnixNano).toBe(String(BigInt(START_US - 5000) * 1000n));
    expect(acquire?.parentSpanId).toMatch(/^[0-9a-f]{16}$/);
  });
});
