import { type AddressInfo, createServer, type Socket } from "node:net";
import { createManualClock, createSystemClock } from "@stethos/protocol-finger/clock";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { ReadRequest } from "./request.ts";
import { openTcpLine } from "./tcp-line.ts";
import { keepLog } from "./testing/plans.ts";
import { mbap, ownAddresses, type RawRequest, startRawPeer } from "./testing/raw-peer.ts";

const never = new AbortController().signal;
const ask: ReadRequest = { unit: 1, table: "hr", start: 100, quantity: 2 };
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function setUp(answering?: (request: RawRequest) => void) {
  const peer = await startRawPeer(answering);
  const clock = createManualClock();
  const log = keepLog();
  const options = { host: "127.0.0.1", port: peer.port, connectTimeoutMs: 3000, requestTimeoutMs: 1000 };
  const line = await openTcpLine(options, { clock, logger: log }, never);
  // A peer that is gone needs no polite close, and the manual clock would never end the wait for it.
  closers.push(peer.close, async () => {
    await Promise.race([line.close(), clock.advance(1000).then(() => line.close())]);
  });
  return { peer, clock, line, log };
}

const registersOf = (outcome: { kind: string; view?: DataView }): number[] => {
  if (outcome.view === undefined) throw new TypeError(outcome.kind);
  const { view } = outcome;
  return Array.from({ length: view.byteLength / 2 }, (_, i) => view.getUint16(i * 2));
};

describe("modbus tcp line", () => {
  it("asks and takes the answer", async () => {
    const { line, peer } = await setUp((request) => request.answer(ownAddresses(request)));
    expect(registersOf(await line.exchange(ask, never))).toEqual([100, 101]);
    expect(peer.requests[0]).toMatchObject({ unit: 1, fn: 3, start: 100, quantity: 2, id: 1 });
  });

  it("gives each of many questions in flight its own answer, whatever order they come in", async () => {
    const { line, peer } = await setUp();
    const answers = Array.from({ length: 16 }, (_, i) => line.exchange({ ...ask, start: i * 10 }, never));
    const requests: RawRequest[] = [];
    for (let i = 0; i < 16; i += 1) requests.push(await peer.next());
    for (const request of requests.toReversed()) request.answer(ownAddresses(request));
    const starts = (await Promise.all(answers)).map((answer) => registersOf(answer)[0]);
    expect(starts).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150]);
  });

  it("uses all 65536 transaction ids", async () => {
    const { line, peer } = await setUp((request) => request.answer(ownAddresses(request)));
    for (let i = 0; i < 300; i += 1) await line.exchange(ask, never);
    expect(peer.requests[299]?.id).toBe(300);
  });

  it("gives up a question after its time, and never takes the late answer for the next one's", async () => {
    const { clock, line, log, peer } = await setUp();
    const first = line.exchange(ask, never);
    const late = await peer.next();
    await clock.advance(1000);
    expect(await first).toEqual({ kind: "timeout", sentAtMs: 0 });
    const second = line.exchange(ask, never);
    const prompt = await peer.next();
    expect(prompt.id).not.toBe(late.id);
    late.answer([1, 1]);
    prompt.answer([2, 2]);
    expect(registersOf(await second)).toEqual([2, 2]);
    expect(log.lines).toEqual(["debug modbus reply that nobody waits for"]);
  });

  it("takes an answer once when it comes twice", async () => {
    const { line } = await setUp((request) => {
      request.answer([request.id, request.id]);
      request.answer([9, 9]);
    });
    const ids = [];
    for (let i = 0; i < 3; i += 1) ids.push(registersOf(await line.exchange(ask, never))[0]);
    expect(ids).toEqual([1, 2, 3]);
  });

  it("ignores answers to questions that were never asked", async () => {
    const { line } = await setUp((request) => {
      request.socket.write(mbap(request.id + 1000, 1, [3, 4, 0, 9, 0, 9]));
      request.answer([7, 8]);
    });
    expect(registersOf(await line.exchange(ask, never))).toEqual([7, 8]);
  });

  it("hands an exception on", async () => {
    const { line } = await setUp((request) => request.refuse(2));
    expect(await line.exchange(ask, never)).toEqual({ kind: "exception", code: 2 });
  });

  it.each<[string, (request: RawRequest) => void, RegExp]>([
    [
      "another function",
      (request) => request.send([4, 4, 0, 1, 0, 2]),
      /it answers function 4 instead of 3 \(byte 1\)/,
    ],
    ["another unit", (request) => request.send([3, 4, 0, 1, 0, 2], 9), /it comes from unit 9 instead of 1/],
    ["fewer registers", (request) => request.answer([1]), /it announces 2 data bytes instead of 4/],
    ["more registers", (request) => request.answer([1, 2, 3]), /it announces 6 data bytes instead of 4/],
    ["a shorter frame", (request) => request.send([3, 4, 0, 1]), /it holds 2 data bytes instead of 4/],
    [
      "a length beyond any PDU",
      (r) => r.socket.write(Buffer.from("000100000fff01", "hex")),
      /length 4095 at byte 4/,
    ],
    ["a length of nothing", (r) => r.socket.write(Buffer.from("000100000000", "hex")), /length 0 at byte 4/],
    ["a web page", (r) => r.socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"), /protocol id 21584 at byte 2/],
  ])("takes the connection for useless at %s", async (_name, answering, message) => {
    const { line } = await setUp(answering);
    const outcome = line.exchange(ask, never);
    await expect(outcome).rejects.toMatchObject({
      code: "PDU_MALFORMED",
      message: expect.stringMatching(message),
    });
    await expect(line.exchange(ask, never)).rejects.toMatchObject({ code: "PDU_MALFORMED" });
  });

  it("rejects whoever else waits when the stream turns out to be garbage", async () => {
    const { line, peer } = await setUp();
    const both = Promise.allSettled([line.exchange(ask, never), line.exchange(ask, never)]);
    await peer.next();
    (await peer.next()).socket.write(Buffer.alloc(300, 0xff));
    expect((await both).map((one) => one.status === "rejected" && one.reason.code)).toEqual([
      "PDU_MALFORMED",
      "PDU_MALFORMED",
    ]);
  });

  it("neither crashes nor hangs on any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (bytes) => {
        const { clock, line, peer } = await setUp((request) => request.socket.end(bytes));
        const settled = await Promise.allSettled([line.exchange(ask, never)]);
        expect(settled).toHaveLength(1);
        await peer.close();
        await clock.advance(1000);
        await line.close();
        closers.splice(0);
      }),
      { numRuns: 40 },
    );
  });

  it("notices a reply that breaks off", async () => {
    const { clock, line, peer } = await setUp();
    const outcome = line.exchange(ask, never);
    const request = await peer.next();
    const seen = line.exchange(ask, never);
    const next = await peer.next();
    const whole = mbap(next.id, 1, [3, 4, 0, 1, 0, 2]);
    const broken = mbap(request.id, 1, [3, 4, 0, 1, 0, 2]).subarray(0, 9);
    request.socket.write(Buffer.concat([whole, broken]));
    await seen;
    await Promise.all([
      clock.advance(1000),
      expect(outcome).rejects.toMatchObject({
        code: "PDU_MALFORMED",
        message: expect.stringMatching(/it breaks off, asked for hr:100 to hr:101 of unit 1/),
      }),
    ]);
  });

  it("notices a device that vanishes in the middle of a reply", async () => {
    const { line } = await setUp((request) =>
      request.socket.end(mbap(request.id, 1, [3, 4, 0, 1, 0, 2]).subarray(0, 10)),
    );
    await expect(line.exchange(ask, never)).rejects.toMatchObject({
      code: "PLC_UNREACHABLE",
      message: expect.stringMatching(/connection closed in the middle of a reply/),
    });
  });

  it("notices a connection that is reset or closed", async () => {
    for (const cut of [(r: RawRequest) => r.socket.resetAndDestroy(), (r: RawRequest) => r.socket.end()]) {
      const { line } = await setUp(cut);
      await expect(line.exchange(ask, never)).rejects.toMatchObject({ code: "PLC_UNREACHABLE" });
      await expect(line.exchange(ask, never)).rejects.toMatchObject({ code: "PLC_UNREACHABLE" });
    }
  });

  it("lets a caller give up, and keeps the id of its question out of use", async () => {
    const { line, peer } = await setUp();
    const impatient = new AbortController();
    const given = line.exchange(ask, impatient.signal);
    const first = await peer.next();
    impatient.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    await expect(line.exchange(ask, impatient.signal)).rejects.toThrow("enough");
    const second = line.exchange(ask, never);
    const next = await peer.next();
    first.answer([1, 1]);
    next.answer([2, 2]);
    expect(registersOf(await second)).toEqual([2, 2]);
  });

  it("closes politely, with a FIN, and rejects whoever waits", async () => {
    const { line, peer } = await setUp();
    const waiting = line.exchange(ask, never);
    const request = await peer.next();
    const ended = new Promise((resolve) => request.socket.once("end", () => resolve("FIN")));
    const closing = line.close();
    await expect(waiting).rejects.toMatchObject({ code: "PLC_UNREACHABLE" });
    expect(await ended).toBe("FIN");
    await closing;
    await line.close();
    await expect(line.exchange(ask, never)).rejects.toMatchObject({ code: "PLC_UNREACHABLE" });
  });

  it("closes within half a second when the device does not close its side", async () => {
    const sockets: Socket[] = [];
    const deaf = createServer({ allowHalfOpen: true }, (socket) => sockets.push(socket.resume()));
    await new Promise<void>((resolve) => deaf.listen(0, "127.0.0.1", resolve));
    const { port } = deaf.address() as AddressInfo;
    const clock = createManualClock();
    const options = { host: "127.0.0.1", port, connectTimeoutMs: 3000, requestTimeoutMs: 1000 };
    const line = await openTcpLine(options, { clock, logger: keepLog() }, never);
    const closing = line.close();
    await clock.advance(500);
    await closing;
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => deaf.close(resolve));
  });
});

describe("modbus tcp connection", () => {
  const deps = { clock: createSystemClock(), logger: keepLog() };

  it("says when nobody listens", async () => {
    const peer = await startRawPeer();
    await peer.close();
    const options = { host: "127.0.0.1", port: peer.port, connectTimeoutMs: 3000, requestTimeoutMs: 1000 };
    await expect(openTcpLine(options, deps, never)).rejects.toMatchObject({
      code: "PLC_REFUSED",
      message: `127.0.0.1:${peer.port} refuses Modbus connections; is its Modbus server on?`,
    });
  });

  it("says when the name leads nowhere", async () => {
    const options = {
      host: "no-such-plc.invalid",
      port: 502,
      connectTimeoutMs: 20_000,
      requestTimeoutMs: 1000,
    };
    await expect(openTcpLine(options, deps, never)).rejects.toMatchObject({ code: "PLC_UNREACHABLE" });
  });

  it("says when no connection comes in time", async () => {
    const clock = createManualClock();
    const peer = await startRawPeer();
    const options = { host: "127.0.0.1", port: peer.port, connectTimeoutMs: 3000, requestTimeoutMs: 1000 };
    const opening = openTcpLine(options, { clock, logger: keepLog() }, never);
    // The manual clock is through before the kernel has connected.
    await Promise.all([expect(opening).rejects.toMatchObject({ code: "PLC_TIMEOUT" }), clock.advance(3000)]);
    await peer.close();
  });

  it("stops when the caller gives up", async () => {
    const peer = await startRawPeer();
    const options = { host: "127.0.0.1", port: peer.port, connectTimeoutMs: 3000, requestTimeoutMs: 1000 };
    const impatient = new AbortController();
    const opening = openTcpLine(options, deps, impatient.signal);
    impatient.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
    await expect(openTcpLine(options, deps, impatient.signal)).rejects.toThrow("enough");
    await peer.close();
  });
});
