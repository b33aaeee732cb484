import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Clock } from "../clock/clock.ts";
import { createSystemClock } from "../clock/system-clock.ts";
import { hex } from "../testing/malformed.ts";
import * as ua from "../testing/ua-bytes.ts";
import { type RequestKind, requestKind } from "../wire/opcua-request-kind.ts";
import { openOpcuaReader } from "./opcua-reader.ts";

const clock = createSystemClock();
const { signal } = new AbortController();
const cleanups: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** @param request number that the answer must bear */
type Answerer = (request: number, frame: Buffer, socket: Socket) => Buffer | undefined;

const number = (value: number): Buffer => ua.value(7, ua.int32(value));

// Behind the chunk's header, the sequence, the type, the request header with its token of nine bytes, age, timestamps.
const NODE_COUNT_AT = 8 + 8 + 8 + 4 + (9 + 8 + 4 + 4 + 4 + 4 + 3) + 8 + 4;

/** As many values as nodes were asked for, each its place. */
function valuesFor(request: number, frame: Buffer): Buffer {
  const count = frame.readUInt32LE(NODE_COUNT_AT);
  return ua.serviceMessage(request, [ua.readBody(Array.from({ length: count }, (_, at) => number(at)))]);
}

const STANDARD: Readonly<Record<RequestKind, Answerer>> = {
  hello: () => ua.acknowledge(),
  openChannel: (request) => ua.channelMessage(request, ua.openChannelBody()),
  getEndpoints: (request) => ua.serviceMessage(request, [ua.endpointsBody([ua.endpoint()])]),
  createSession: (request) => ua.serviceMessage(request, [ua.sessionBody()]),
  activateSession: (request) => ua.serviceMessage(request, [ua.activeBody()]),
  read: valuesFor,
  closeSession: (request) => ua.serviceMessage(request, [ua.closedBody()]),
  closeChannel: () => undefined,
};

/** A server of our own on loopback: it shows what no well-behaved one does. */
async function serve(changes: Partial<Record<RequestKind, Answerer>> = {}) {
  const seen: RequestKind[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let received: Buffer = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 8 && received.readUInt32LE(4) <= received.length) {
        const frame = received.subarray(0, received.readUInt32LE(4));
        received = received.subarray(frame.length);
        const kind = requestKind(frame);
        seen.push(kind);
        // The policy's URI of 47 characters and two nulls stand before the sequence.
        const sequenceAt = kind === "openChannel" ? 8 + 4 + 4 + 47 + 4 + 4 : 16;
        const request = kind === "hello" ? 0 : frame.readUInt32LE(sequenceAt + 4);
        const answer = { ...STANDARD, ...changes }[kind](request, frame, socket);
        if (answer !== undefined) socket.write(answer);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { seen, port, url: `opc.tcp://127.0.0.1:${port}` };
}

const limits = { connectTimeoutMs: 2000, requestTimeoutMs: 2000 };

async function open(url: string, time: Clock = clock, requestTimeoutMs = limits.requestTimeoutMs) {
  const reader = await openOpcuaReader(
    { ...limits, requestTimeoutMs, endpointUrl: url },
    { clock: time },
    signal,
  );
  cleanups.push(() => reader.close());
  return reader;
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

describe("an OPC UA reader", () => {
  it("reads values in the order of their nodes and ends its session", async () => {
    const server = await serve();
    const reader = await open(server.url);
    const values = await reader.read(["i=2258", "ns=2;s=Temp"], signal);
    expect(values).toEqual([
      { value: 0, status: 0 },
      { value: 1, status: 0 },
    ]);
    expect(await reader.read([], signal)).toEqual([]);
    await reader.close();
    expect(server.seen).toEqual([
      "hello",
      "openChannel",
      "getEndpoints",
      "createSession",
      "activateSession",
      "read",
      "closeSession",
    ]);
  });

  it("asks for fifty nodes at a time, and for one thing after the other", async () => {
    const server = await serve();
    const reader = await open(server.url);
    const nodes = Array.from({ length: 120 }, (_, at) => `i=${at}`);
    const [many, few] = await Promise.all([reader.read(nodes, signal), reader.read(["i=1"], signal)]);
    expect(many.map(({ value }) => value).slice(99, 102)).toEqual([49, 0, 1]);
    expect(few).toHaveLength(1);
    expect(server.seen.filter((kind) => kind === "read")).toHaveLength(4);
  });

  it("refuses what is no node id before it asks", async () => {
    const server = await serve();
    const reader = await open(server.url);
    await expect(reader.read(["i=1", "DB1,REAL0"], signal)).rejects.toMatchObject({
      code: "ADDRESS_INVALID",
    });
    expect(server.seen).not.toContain("read");
  });

  it("says that security is wanted, and who can give it", async () => {
    const secured = ua.endpoint({ mode: 3, policy: "Basic256Sha256" });
    const server = await serve({
      getEndpoints: (request) => ua.serviceMessage(request, [ua.endpointsBody([secured, secured])]),
    });
    const failure = await failureOf(open(server.url));
    expect(failure).toMatchObject({ code: "PLC_REFUSED", diagnosis: "OPCUA_UNTRUSTED" });
    expect(String(failure)).toContain("it offers Basic256Sha256 (SignAndEncrypt).");
    expect(String(failure)).toContain("read it with `stethos`");
    const empty = await serve({
      getEndpoints: (request) => ua.serviceMessage(request, [ua.endpointsBody([])]),
    });
    expect(String(await failureOf(open(empty.url)))).toContain("no endpoint at all");
  });

  it.each([
    [
      "hello",
      () => ua.errorMessage(0x8083_0000, "what?"),
      "OPCUA_ENDPOINT_HOST",
      'BadTcpEndpointUrlInvalid, "what?"',
    ],
    [
      "createSession",
      (request: number) => ua.serviceMessage(request, [ua.fault(0x8056_0000)]),
      "OPCUA_LIMIT",
      "BadTooManySessions",
    ],
    [
      "activateSession",
      (request: number) => ua.serviceMessage(request, [ua.fault(0x8021_0000)]),
      "OPCUA_UNTRUSTED",
      "log in as a user",
    ],
    [
      "getEndpoints",
      (request: number) => ua.serviceMessage(request, [ua.fault(0x8001_0000)]),
      undefined,
      "the server's own log",
    ],
  ] as const)("tells why a server refuses: %s", async (kind, answer, diagnosis, text) => {
    const server = await serve({ [kind]: answer });
    const failure = await failureOf(open(server.url));
    expect(failure).toMatchObject({ code: "PLC_REFUSED", diagnosis });
    expect(String(failure)).toContain(text);
  });

  it.each([
    ["text", () => Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"), "is the port right?"],
    [
      "an answer cut short",
      (request: number) => ua.serviceMessage(request, [hex("0100")]),
      "malformed answer",
    ],
    [
      "a wrong number of values",
      (request: number) => ua.serviceMessage(request, [ua.readBody([])]),
      "0 values came",
    ],
  ] as const)("does not believe %s", async (_name, read, text) => {
    const server = await serve({ read });
    const reader = await open(server.url);
    const failure = await failureOf(reader.read(["i=1"], signal));
    expect(failure).toMatchObject({ code: "PDU_MALFORMED", diagnosis: "MALFORMED_ANSWER" });
    expect(String(failure)).toContain(text);
  });

  it("gives up an answer that does not come, and does not take it for the next one", async () => {
    let asked = 0;
    const server = await serve({
      read: (request, frame) => {
        asked += 1;
        if (asked === 1) return undefined;
        const late = ua.serviceMessage(request - 1, [ua.readBody([number(13)])]);
        return Buffer.concat([late, valuesFor(request, frame)]);
      },
    });
    const reader = await open(server.url, clock, 200);
    await expect(reader.read(["i=1"], signal)).rejects.toMatchObject({ code: "PLC_TIMEOUT" });
    expect(await reader.read(["i=1"], signal)).toEqual([{ value: 0, status: 0 }]);
  });

  it.each([
    ["ended", (socket: Socket) => socket.end(), "was ended by the server"],
    ["reset", (socket: Socket) => socket.resetAndDestroy(), "was lost"],
  ] as const)("says that the connection was %s, now and ever after", async (_name, finish, text) => {
    const server = await serve({
      read: (_request, _frame, socket) => {
        finish(socket);
        return undefined;
      },
    });
    const reader = await open(server.url);
    const lost = { code: "PLC_UNREACHABLE", diagnosis: "LINK_LOST" };
    const failure = await failureOf(reader.read(["i=1"], signal));
    expect(failure).toMatchObject(lost);
    expect(String(failure)).toContain(text);
    await expect(reader.read(["i=1"], signal)).rejects.toMatchObject(lost);
    await reader.close();
    await expect(reader.read(["i=1"], signal)).rejects.toMatchObject(lost);
  });

  it("renews its channel before the token ends", async () => {
    let monotonic = 0;
    const server = await serve();
    const reader = await open(server.url, { ...clock, monotonicMs: () => monotonic });
    monotonic = 7499;
    await reader.read(["i=1"], signal);
    expect(server.seen.filter((kind) => kind === "openChannel")).toHaveLength(1);
    monotonic = 7500;
    await reader.read(["i=1"], signal);
    expect(server.seen.filter((kind) => kind === "openChannel")).toHaveLength(2);
  });

  it("ends with the caller's signal", async () => {
    const server = await serve({ read: () => undefined });
    const reader = await open(server.url);
    const reason = new Error("enough");
    const caller = new AbortController();
    const failure = failureOf(reader.read(["i=1"], caller.signal));
    caller.abort(reason);
    expect(await failure).toBe(reason);
    await expect(reader.read(["i=1"], caller.signal)).rejects.toBe(reason);
  });

  it("finds no server where the port is closed", async () => {
    const server = await serve();
    for (const cleanup of cleanups.splice(0)) await cleanup();
    const failure = await failureOf(open(server.url));
    expect(failure).toMatchObject({ code: "PLC_UNREACHABLE", diagnosis: "PORT_CLOSED" });
    expect(String(failure)).toContain(`127.0.0.1:${server.port} is closed`);
  });

  it.each(["http://plc:4840", "opc.tcp://", "opc.tcp://plc:0", "opc.tcp://plc:65536", "plc"])(
    "refuses an address that is none: %s",
    async (url) => {
      expect(await failureOf(open(url))).toMatchObject({ code: "OPTION_INVALID" });
    },
  );
});
