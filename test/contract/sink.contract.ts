import { setTimeout as pause } from "node:timers/promises";
import type { OutboxBatch } from "@stethos/edge-agent/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPrng } from "../../edge-agent/src/core/prng.ts";
import { type Refusal, type Sink, SinkError } from "../../edge-agent/src/ports/sink.ts";
import { batchOfStream, ordinaryBatches, rowsOf } from "./sink-batches.ts";
import type { SinkBench } from "./sink-bench.ts";
import { expectRows, without } from "./sink-rows.ts";

export type { ReceivedRow, SinkBench } from "./sink-bench.ts";

/** What every sink promises, against a real receiver. What a bench does not have (a folder cannot be restarted) is asserted
 *  to be absent, so that no test passes without a word. */
export function describeSink(name: string, open: () => Promise<SinkBench>): void {
  describe(`sink contract: ${name}`, () => {
    let bench: SinkBench;
    let sinks: Sink[];

    const create = (): Sink => {
      const sink = bench.create();
      sinks.push(sink);
      return sink;
    };
    const expectArrived = async (batches: readonly OutboxBatch[]) =>
      expectRows(bench.promise, await bench.received(), rowsOf(batches));

    beforeEach(async () => {
      sinks = [];
      bench = await open();
    });

    afterEach(async () => {
      await bench.network("up");
      for (const sink of sinks) await sink.close();
      await bench.close();
    });

    it("delivers every row of every kind of value, in order", async () => {
      const batches = ordinaryBatches(1, 6);
      const sink = create();
      expect((await sink.deliver(batches.slice(0, 2), never)).refused).toEqual([]);
      expect((await sink.deliver(batches.slice(2), never)).refused).toEqual([]);
      await expectArrived(batches);
    });

    it("takes each stream that it names, and again what it has", async () => {
      const sink = create();
      expect(sink.streams).toContain("readings");
      for (const [i, stream] of sink.streams.entries()) {
        const batch = batchOfStream(i + 1, stream);
        expect(await sink.deliver([batch], never)).toEqual({ refused: [] });
        expect(await sink.deliver([batch], never)).toEqual({ refused: [] });
      }
    });

    it("changes nothing when the same batches come again, or only repeats them", async () => {
      const batches = ordinaryBatches(1, 4);
      const sink = create();
      await sink.deliver(batches, never);
      await sink.deliver(batches, never);
      await sink.deliver(batches.slice(2), never);
      await expectArrived(batches);
    });

    it("takes what is new beside what it has already", async () => {
      const batches = ordinaryBatches(1, 4);
      const sink = create();
      await sink.deliver(batches.slice(0, 3), never);
      await sink.deliver(batches.slice(1), never);
      await expectArrived(batches);
    });

    it("says what failed while the network is cut, and delivers the rest once it is back", async () => {
      const batches = ordinaryBatches(1, 12);
      const sink = create();
      await forward(sink, batches.slice(0, 4));
      await bench.network("cut");
      const fault = await faultOf(sink.deliver(batches.slice(4, 6), never));
      expect(["unreachable", "busy", "failed"]).toContain(fault);
      await bench.network("up");
      await forward(sink, batches.slice(4));
      await expectArrived(batches);
    });

    it("loses and invents nothing when the network is cut in the middle of it", async () => {
      const batches = ordinaryBatches(1, 24);
      const sink = create();
      const all = forward(sink, batches);
      for (let i = 0; i < 3; i += 1) {
        await bench.network("cut");
        await pause(20);
        await bench.network("up");
        await pause(20);
      }
      await all;
      await expectArrived(batches);
    });

    it("keeps its promise when what was sent arrives and its answer does not", async () => {
      const batches = ordinaryBatches(1, 4);
      const sink = create();
      await forward(sink, batches.slice(0, 1));
      await bench.network("cut-after-request");
      // A receiver that answers nothing (QoS 0) lets it pass; whoever waits for an answer must not.
      await settled(sink.deliver(batches.slice(1, 2), AbortSignal.timeout(PATIENCE_MS)));
      await bench.network("up");
      await forward(sink, batches.slice(1));
      await expectArrived(batches);
    });

    it("ends each delivery to a slow receiver, and delivers all in the end", async () => {
      const batches = ordinaryBatches(1, 4);
      const sink = create();
      await bench.network("slow");
      const outcome = await settled(sink.deliver(batches.slice(0, 2), AbortSignal.timeout(PATIENCE_MS)));
      expect(outcome === undefined || outcome instanceof SinkError).toBe(true);
      await bench.network("up");
      await forward(sink, batches);
      await expectArrived(batches);
    });

    it("goes on when the receiver restarts in the middle of it", async () => {
      const { restart } = bench;
      if (restart === undefined) return expect(bench).not.toHaveProperty("restart");
      const batches = ordinaryBatches(1, 24);
      const sink = create();
      await forward(sink, batches.slice(0, 2));
      const all = forward(sink, batches.slice(2));
      await restart();
      await all;
      await expectArrived(batches);
    });

    it("goes on where another one of its name ended", async () => {
      const batches = ordinaryBatches(1, 9);
      const first = create();
      await forward(first, batches.slice(0, 4));
      await first.close();
      const second = create();
      await forward(second, batches.slice(3, 7));
      await second.close();
      await forward(create(), batches.slice(5));
      await expectArrived(batches);
    });

    it("says that its credentials are refused, and goes on once they are good again", async () => {
      const { credentials } = bench;
      if (credentials === undefined) return expect(bench).not.toHaveProperty("credentials");
      const batches = ordinaryBatches(1, 6);
      const first = create();
      await forward(first, batches.slice(0, 2));
      await first.close();
      await credentials(false);
      const second = create();
      expect(await faultOf(second.deliver(batches.slice(2), never))).toBe("denied");
      expect(await faultOf(second.deliver(batches.slice(2), never))).toBe("denied");
      await credentials(true);
      await forward(second, batches.slice(2));
      await expectArrived(batches);
    });

    it("refuses the rows that the receiver can never take, with a reason, and delivers the rest", async () => {
      const { poison } = bench;
      if (poison === undefined) return expect(bench).not.toHaveProperty("poison");
      const poisoned = poison(3);
      const batches = [...ordinaryBatches(1, 2), poisoned, ...ordinaryBatches(4, 5)];
      const sink = create();
      const refused = await forward(sink, batches, batches.length);
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThan(poisoned.content.count);
      for (const { batch, reason } of refused) expect([batch, reason === ""]).toEqual([poisoned, false]);
      const rest = [...batches.slice(0, 2), without(poisoned, refused), ...batches.slice(3)];
      const expected = rest.flatMap((part) => (Array.isArray(part) ? part : rowsOf([part])));
      expectRows(bench.promise, await bench.received(), expected);
      await sink.deliver(batches, never);
      expectRows(bench.promise, await bench.received(), expected);
    });

    it("stops with the signal's reason as soon as it is told to, and takes the same again", async () => {
      const batches = ordinaryBatches(1, 3);
      const sink = create();
      const over = new Error("it is over");
      await expect(sink.deliver(batches, AbortSignal.abort(over))).rejects.toBe(over);
      await bench.network("slow");
      const controller = new AbortController();
      const cut = sink.deliver(batches, controller.signal);
      controller.abort(over);
      await expect(cut).rejects.toBe(over);
      await bench.network("up");
      await forward(sink, batches);
      await expectArrived(batches);
    });

    it("is closed without a throw, twice and in the middle of a delivery, and delivers nothing after that", async () => {
      const batches = ordinaryBatches(1, 3);
      const sink = create();
      await sink.deliver(batches.slice(0, 1), never);
      const last = settled(sink.deliver(batches.slice(1, 2), never));
      await sink.close();
      await last;
      await sink.close();
      await expect(sink.deliver(batches.slice(2), never)).rejects.toBeInstanceOf(Error);
      const unused = create();
      await bench.network("cut");
      await unused.close();
      await bench.network("up");
      await forward(create(), batches);
      await expectArrived(batches);
    });

    it.each([1, 2, 3])("keeps its promise in a mixture of faults (seed %i)", async (seed) => {
      const random = createPrng(seed);
      const batches = ordinaryBatches(1, 30);
      let sink = create();
      for (let at = 0; at < batches.length; ) {
        const next = at + 1 + Math.floor(random() * 6);
        const part = batches.slice(Math.max(0, at - Math.floor(random() * 3)), next);
        const all = forward(sink, part, 1 + Math.floor(random() * 4));
        await bench.network(
          (["cut", "cut-after-request", "slow"] as const)[Math.floor(random() * 3)] ?? "cut",
        );
        await pause(random() * 30);
        await bench.network("up");
        if (random() < 0.3) await bench.restart?.();
        await all;
        if (random() < 0.3) {
          await sink.close();
          sink = create();
        }
        at = next;
      }
      await expectArrived(batches);
    });
  });
}

/** For what ends by itself. */
const never = new AbortController().signal;

/** Far longer than any sink of a bench waits for its receiver: only a delivery that hangs gets here. */
const PATIENCE_MS = 20_000;
const RETRY_MS = 10;
const MOST_FAILURES = 500;

/** What the agent does with a sink, in small: hands over the batches until each is confirmed.
 *  @param most batches of one delivery */
async function forward(sink: Sink, batches: readonly OutboxBatch[], most = 2): Promise<Refusal[]> {
  const refused: Refusal[] = [];
  let failures = 0;
  for (let at = 0; at < batches.length; ) {
    try {
      const delivery = await sink.deliver(batches.slice(at, at + most), never);
      refused.push(...delivery.refused);
      at += most;
    } catch (thrown) {
      failures += 1;
      if (!(thrown instanceof SinkError) || failures > MOST_FAILURES) throw thrown;
      await pause(RETRY_MS);
    }
  }
  return refused;
}

/** What it failed with; undefined where it did not. */
const settled = (delivery: Promise<unknown>): Promise<unknown> =>
  delivery.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

async function faultOf(delivery: Promise<unknown>): Promise<string> {
  const thrown = await settled(delivery);
  if (thrown instanceof SinkError) return thrown.fault;
  throw new Error("no SinkError was thrown", { cause: thrown });
}
