// What the tests of this folder share.
import { createManualClock } from "@stethos/protocol-finger/clock";
import { type Gap, type OutboxBatch, STREAMS } from "../../../core/outbox/outbound.ts";
import type { Random } from "../../../ports/random.ts";
import type { TelemetryEvent } from "../../../ports/telemetry.ts";
import { batchOf, createTestLogger, type Given, never, START_US, tagsNamed } from "../test-kit.ts";
import { type OutboxOptions, outboxOptions } from "./options.ts";
import { type ConnectOutbox, createOutbox } from "./outbox.ts";
import { createOutboxServer } from "./server.ts";
import type { OutboxSettings } from "./store-types.ts";

export const outboxSettings = (file: string, more: Partial<OutboxSettings> = {}): OutboxSettings => ({
  file,
  node: "press 7",
  isNewRun: true,
  seed: "seed",
  maxBytes: 64 * 2 ** 20,
  pageBytes: 4096,
  maxAgeMs: 7 * 86_400_000,
  minFreeBytes: 0,
  policy: outboxOptions.parse({ file }).policy,
  ...more,
});

export const outboxOptionsFor = (file: string, more: Partial<OutboxOptions> = {}): OutboxOptions => ({
  ...outboxOptions.parse({ file, maxBytes: 64 * 2 ** 20, minFreeBytes: 0 }),
  ...more,
});

/** Chance that is the same in every run. */
export function steadyRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The worker's work done in the test's own thread, so that time stands still meanwhile. */
export const outboxInProcess: ConnectOutbox = (settings) => {
  const server = createOutboxServer(settings);
  return { ask: async (request) => structuredClone(server.handle(request)), end: async () => undefined };
};

export const inOrder = { streams: STREAMS, lane: "in-order" } as const;
export const liveFirst = { streams: STREAMS, lane: "live-first" } as const;

let starts = 0;

/** An outbox of two tags on a clock that stands. */
export async function start(
  file: string,
  more: Partial<OutboxOptions> = {},
  connect: ConnectOutbox = outboxInProcess,
) {
  const clock = createManualClock(START_US);
  const logger = createTestLogger();
  const events: TelemetryEvent[] = [];
  const telemetry = { emit: (event: TelemetryEvent) => void events.push(event) };
  starts += 1;
  const random = steadyRandom(starts);
  const deps = { clock, logger, telemetry, random, node: "press 7" };
  const outbox = await createOutbox(outboxOptionsFor(file, more), deps, connect);
  outbox.registerTags(tagsNamed("a", "b"));
  return { clock, logger, events, outbox };
}

type Outbox = Awaited<ReturnType<typeof start>>["outbox"];
export const given = (rows: number, first = 0): Given[] =>
  Array.from({ length: rows }, (_, i) => ({ tag: i % 2, value: first + i, sequence: first + i }));

export async function put(outbox: Outbox, rows: number, first = 0): Promise<void> {
  outbox.append(batchOf(START_US + first, given(rows, first)));
  await outbox.flush(never);
}

/** What it was told of as lost. */
export function gapsIn(batches: readonly OutboxBatch[]): Gap[] {
  return batches.flatMap(({ content }) => (content.stream === "gaps" ? content.rows : []));
}

/** Everything that a sink is given, confirmed. */
export async function drained(
  outbox: Outbox,
  sink: string,
  options: typeof inOrder | typeof liveFirst = inOrder,
) {
  const reader = outbox.reader(sink, options);
  await outbox.flush(never);
  const found: OutboxBatch[] = [];
  for (;;) {
    const { sinks } = await outbox.statistics(never);
    if (sinks.find((each) => each.sink === sink)?.waitingBatches === 0) return found;
    const batches = await reader.next({ rows: 5000 }, never);
    found.push(...batches);
    await reader.confirm(batches);
  }
}

/** Sequences of readings, in their order. */
export const sequencesIn = (batches: readonly OutboxBatch[]) =>
  batches.flatMap(({ content }) => (content.stream === "readings" ? [...content.sequence] : []));

export const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
