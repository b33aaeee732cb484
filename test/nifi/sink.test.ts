import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { SinkError } from "../../edge-agent/src/ports/sink.ts";
import { ordinaryBatch, ordinaryBatches, rowsOf } from "../contract/sink-batches.ts";
import { createTestSink, POISON, poisonedBatch } from "./bench.ts";
import { rowsOfFlowFile } from "./flow-file.ts";
import { startProtocolServer } from "./protocol-server.ts";

const never = new AbortController().signal;

async function failureOf(delivery: Promise<unknown>): Promise<SinkError> {
  const thrown: unknown = await delivery.catch((error: unknown) => error);
  if (thrown instanceof SinkError) return thrown;
  throw new Error("no SinkError", { cause: thrown });
}

async function server(options: Parameters<typeof startProtocolServer>[0] = {}) {
  const started = await startProtocolServer(options);
  onTestFinished(() => started.close());
  return started;
}

function sinkAt(port: number, options: Parameters<typeof createTestSink>[1] = {}) {
  const sink = createTestSink(port, options);
  onTestFinished(() => sink.close());
  return sink;
}

describe("the NiFi sink", () => {
  it("makes each batch one FlowFile whose attributes name it for ever", async () => {
    const nifi = await server();
    await sinkAt(nifi.port).deliver([ordinaryBatch(7)], never);
    const [file, ...more] = nifi.flowFiles();
    expect(more).toEqual([]);
    expect(file?.attributes).toEqual({
      "stethos-node": "edge-1",
      "stethos-epoch": "00c0ffee00c0ffee",
      "stethos-number": "7",
      "stethos-first-row": "0",
      "stethos-rows": "20",
      "stethos-stream": "readings",
      "stethos-backlog": "false",
      "stethos-sha256": createHash("sha256")
        .update(file?.content ?? "")
        .digest("hex"),
    });
    expect(file?.content.endsWith("\n")).toBe(true);
  });

  it("sends what is too long in parts that are cut the same each time", async () => {
    const nifi = await server({ bodyLimit: 3000 });
    const sink = sinkAt(nifi.port, { gzip: false });
    const batches = ordinaryBatches(1, 2);
    expect(await sink.deliver(batches, never)).toEqual({ refused: [] });
    const name = ({ attributes }: { attributes: Record<string, string> }) =>
      `${attributes["stethos-number"]}/${attributes["stethos-first-row"]}+${attributes["stethos-rows"]}`;
    const once = nifi.flowFiles().map(name);
    expect(nifi.flowFiles().flatMap(rowsOfFlowFile)).toEqual(rowsOf(batches));
    await sink.deliver(batches, never);
    expect(nifi.flowFiles().map(name)).toEqual([...once, ...once]);
    expect(once.length).toBeGreaterThan(2);
  });

  it("finds the one row that is not taken, and the one that has no JSON form", async () => {
    const nifi = await server({ poison: POISON });
    const sink = sinkAt(nifi.port);
    const batch = poisonedBatch(1);
    const { refused } = await sink.deliver([batch], never);
    expect(refused.map(({ row }) => row).sort()).toEqual([4, 7]);
    expect(refused.map(({ reason }) => reason).join()).toContain("Could not process record.");
    expect(nifi.flowFiles().flatMap(rowsOfFlowFile)).toHaveLength(7);
  });

  it("gives no row up where the receiver takes none: that needs an operator", async () => {
    const nifi = await server({ poison: "" });
    const { fault, message } = await failureOf(sinkAt(nifi.port).deliver([ordinaryBatch(1)], never));
    expect(fault).toBe("misfit");
    expect(message).toContain("Could not process record.");
  });

  it("waits as long as a busy receiver asks", async () => {
    const nifi = await server();
    const sink = sinkAt(nifi.port);
    nifi.answerNext(1, { status: 429, headers: { "retry-after": "7" } });
    expect(await failureOf(sink.deliver([ordinaryBatch(1)], never))).toMatchObject({
      fault: "busy",
      retryAfterMs: 7000,
    });
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    nifi.answerNext(1, { status: 503, headers: { "retry-after": date } });
    const later = await failureOf(sink.deliver([ordinaryBatch(1)], never));
    expect(later.retryAfterMs).toBeGreaterThan(3_000_000);
    nifi.answerNext(1, { status: 503, headers: { "retry-after": "soon" } });
    expect((await failureOf(sink.deliver([ordinaryBatch(1)], never))).retryAfterMs).toBeUndefined();
  });

  it.each([
    [401, "denied"],
    [403, "denied"],
    [404, "misfit"],
    [302, "misfit"],
    [408, "busy"],
    [500, "failed"],
    [502, "failed"],
  ] as const)("says of an answer %i: %s", async (status, fault) => {
    const nifi = await server();
    nifi.answerNext(1, { status, text: "<h1>because</h1>", headers: { location: "/elsewhere" } });
    const failure = await failureOf(sinkAt(nifi.port).deliver([ordinaryBatch(1)], never));
    expect(failure.fault).toBe(fault);
    expect(failure.message).toMatch(new RegExp(`answered ${status}: because`));
  });

  it("calls a receiver that does not answer in time busy, and one that is not there unreachable", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    onTestFinished(() => void silent.closeAllConnections());
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const slow = sinkAt(port, { requestTimeoutMs: 100 });
    expect((await failureOf(slow.deliver([ordinaryBatch(1)], never))).fault).toBe("busy");
    const nifi = await startProtocolServer();
    await nifi.close();
    const sink = sinkAt(nifi.port);
    expect((await failureOf(sink.deliver([ordinaryBatch(1)], never))).fault).toBe("unreachable");
  });

  it("goes on when NiFi's queue has room again", async () => {
    const nifi = await server();
    const sink = sinkAt(nifi.port);
    await nifi.setFull(true);
    expect((await failureOf(sink.deliver(ordinaryBatches(1, 6), never))).fault).toBe("busy");
    await nifi.setFull(false);
    await sink.deliver(ordinaryBatches(1, 6), never);
    expect(nifi.flowFiles().flatMap(rowsOfFlowFile)).toEqual(rowsOf(ordinaryBatches(1, 6)));
  });

  it("sends again what a receiver has forgotten before it was confirmed", async () => {
    const nifi = await server();
    const sink = sinkAt(nifi.port, { twoPhase: true });
    await nifi.setBroken(true);
    expect((await failureOf(sink.deliver([ordinaryBatch(1)], never))).fault).toBe("failed");
    expect([nifi.flowFiles(), nifi.holds]).toEqual([[], 0]);
    await nifi.setBroken(false);
    await sink.deliver([ordinaryBatch(1)], never);
    expect([nifi.flowFiles().length, nifi.holds]).toEqual([1, 0]);
  });

  it("confirms nothing at an address of somebody else", async () => {
    const nifi = await server();
    const headers = { location: "http://192.0.2.1/holds/1", "x-location-uri-intent": "flowfile-hold" };
    nifi.answerNext(1, { status: 303, headers });
    const failure = await failureOf(sinkAt(nifi.port, { twoPhase: true }).deliver([ordinaryBatch(1)], never));
    expect(failure.fault).toBe("misfit");
  });

  it("reads its token at each request, and never tells it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "stethos-nifi-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const tokenFile = join(folder, "token");
    const nifi = await server();
    const sink = sinkAt(nifi.port, { tokenFile });
    const missing = await failureOf(sink.deliver([ordinaryBatch(1)], never));
    expect(missing).toMatchObject({ fault: "denied" });
    await writeFile(tokenFile, "s3cret-token\n");
    nifi.answerNext(1, { status: 401 });
    const refused = await failureOf(sink.deliver([ordinaryBatch(1)], never));
    expect(JSON.stringify([refused.message, refused.cause])).not.toContain("s3cret");
    await sink.deliver([ordinaryBatch(1)], never);
    expect(nifi.authorizations()).toEqual(["Bearer s3cret-token", "Bearer s3cret-token"]);
  });
});
