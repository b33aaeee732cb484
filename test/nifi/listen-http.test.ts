import { afterAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { NifiSinkOptions } from "../../edge-agent/src/adapters/nifi/options.ts";
import { SinkError } from "../../edge-agent/src/ports/sink.ts";
import { ordinaryBatch, ordinaryBatches, rowsOf } from "../contract/sink-batches.ts";
import { createTestSink } from "./bench.ts";
import { nifiClassPath } from "./class-path.ts";
import { type Listener, rowsOfFlowFile } from "./flow-file.ts";
import { startProtocolServer } from "./protocol-server.ts";
import { startNifi } from "./real-nifi.ts";

const never = new AbortController().signal;

const faultOf = async (delivery: Promise<unknown>): Promise<string> => {
  const thrown: unknown = await delivery.then(
    () => "taken",
    (error: unknown) => error,
  );
  return thrown instanceof SinkError ? thrown.fault : String(thrown);
};

/** What a test tells a listener, and what its sink says: of NiFi's own and of the one that stands for it. */
function describeListener(name: string, listener: Listener): void {
  describe(name, () => {
    let before = 0;
    beforeEach(async () => {
      await listener.caughtUp();
      before = listener.flowFiles().length;
    });
    const open = (options: Partial<NifiSinkOptions> = {}) => {
      // A JVM on a busy machine may take its time with its first answers.
      const sink = createTestSink(listener.port, { requestTimeoutMs: 20_000, ...options });
      onTestFinished(() => sink.close());
      return sink;
    };
    const files = async () => {
      await listener.caughtUp();
      return listener.flowFiles().slice(before);
    };

    it.each([true, false])("takes a batch with its name as attributes (gzip: %j)", async (gzip) => {
      await open({ gzip }).deliver([ordinaryBatch(7)], never);
      const taken = await files();
      const [file] = taken;
      expect(file?.attributes).toMatchObject({
        "stethos-node": "edge-1",
        "stethos-epoch": "00c0ffee00c0ffee",
        "stethos-number": "7",
        "stethos-first-row": "0",
        "stethos-rows": "20",
        "stethos-stream": "readings",
      });
      expect(taken.flatMap(rowsOfFlowFile)).toEqual(rowsOf([ordinaryBatch(7)]));
    });

    it("looks for room with every fifth request only, then says that it is busy, until there is room", async () => {
      const sink = open();
      await listener.setFull(true);
      const faults: string[] = [];
      for (let i = 1; i <= 10; i += 1) faults.push(await faultOf(sink.deliver([ordinaryBatch(i)], never)));
      const room = faults.indexOf("busy");
      expect(room).toBeLessThan(5);
      expect(faults.slice(0, room).every((fault) => fault === "taken")).toBe(true);
      expect(faults.slice(room).every((fault) => fault === "busy")).toBe(true);
      await listener.setFull(false);
      expect(await faultOf(sink.deliver([ordinaryBatch(11)], never))).toBe("taken");
      expect(await files()).toHaveLength(room + 1);
    });

    it.each([true, false])("loses nothing when it cannot commit (in two phases: %j)", async (twoPhase) => {
      const sink = open({ twoPhase });
      await listener.setBroken(true);
      expect(await faultOf(sink.deliver(ordinaryBatches(1, 3), never))).toBe("failed");
      expect(await files()).toEqual([]);
      await listener.setBroken(false);
      await sink.deliver(ordinaryBatches(1, 3), never);
      expect((await files()).flatMap(rowsOfFlowFile)).toEqual(rowsOf(ordinaryBatches(1, 3)));
    });

    it("commits nothing in two phases that was not confirmed", async () => {
      const url = `http://127.0.0.1:${listener.port}/contentListener`;
      const headers = { "x-prefer-acknowledge-uri": "true", "content-type": "application/x-ndjson" };
      const held = await fetch(url, { method: "POST", headers, body: "{}\n", redirect: "manual" });
      expect(held.status).toBe(303);
      expect(held.headers.get("x-location-uri-intent")).toBe("flowfile-hold");
      expect(await files()).toEqual([]);
      const hold = new URL(held.headers.get("location") ?? "", url);
      const statuses = [];
      for (let i = 0; i < 2; i += 1) statuses.push((await fetch(hold, { method: "DELETE" })).status);
      expect([statuses, (await files()).length]).toEqual([[200, 404], 1]);
    });
  });
}

const server = await startProtocolServer();
afterAll(() => server.close());
describeListener("the server that stands for ListenHTTP", server);

const found = await nifiClassPath();
if (found.kind === "there") {
  const nifi = await startNifi(found.path);
  afterAll(() => nifi.close());
  describeListener("NiFi's own ListenHTTP", nifi);

  it("goes on when NiFi is killed in the middle of it and started again", async () => {
    const sink = createTestSink(nifi.port, { requestTimeoutMs: 20_000 });
    onTestFinished(() => sink.close());
    const before = nifi.flowFiles().length;
    await sink.deliver(ordinaryBatches(1, 5), never);
    const cut = faultOf(sink.deliver(ordinaryBatches(6, 40), never));
    await nifi.restart();
    await cut;
    await sink.deliver(ordinaryBatches(6, 40), never);
    await nifi.caughtUp();
    const seen = new Set(
      nifi
        .flowFiles()
        .slice(before)
        .map(({ attributes }) => Number(attributes["stethos-number"])),
    );
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  }, 120_000);
} else process.stderr.write(`NiFi's own ListenHTTP was not tested: ${found.reason}\n`);
