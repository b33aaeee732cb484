import { once } from "node:events";
import { connect, createServer } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeModbus, startFakeModbus } from "../clients/testing/fake-modbus.ts";
import { createSystemClock } from "../clock/system-clock.ts";
import { hex } from "../testing/malformed.ts";
import { createPduJoiner } from "../wire/cotp.ts";
import { encodeConnectRequest } from "../wire/cotp-connect.ts";
import { encodeAdu } from "../wire/mbap.ts";
import {
  bytesOf,
  encodeModbusRequest,
  isBitTable,
  MODBUS_TABLES,
  type ModbusRead,
} from "../wire/modbus-pdu.ts";
import { buildReadJob } from "../wire/s7-read.ts";
import { encodeSetupRequest } from "../wire/s7-setup.ts";
import { encodeSzlFollowUp, encodeSzlRequest } from "../wire/s7-szl.ts";
import { encodeWriteRequest } from "../wire/s7-write.ts";
import { decodeConnectRequest } from "../wire/serve-cotp.ts";
import { decodeS7Request } from "../wire/serve-s7.ts";
import { createPacketCutter } from "../wire/tpkt.ts";
import type { TunnelArea } from "./areas.ts";
import { bytesBehind } from "./mapping.ts";
import { startModbusProxy } from "./modbus-proxy.ts";
import { startS7Proxy } from "./s7-proxy.ts";
import type { Tunnel } from "./tunnel.ts";

const RUNS = 2000;
const clock = createSystemClock();
const { signal } = new AbortController();
const deps = { clock, random: () => 0, onEvent: () => undefined };
const listen = { host: "127.0.0.1", port: 0 } as const;
const limits = { maxClients: 64, requestTimeoutMs: 2000 };
const areas: readonly TunnelArea[] = [
  { kind: "holding", db: 1, startRegister: 0, endRegister: 499, byteBase: 0 },
  { kind: "coil", db: 2, startRegister: 0, endRegister: 799, byteBase: 0 },
];

const modbusAt = (port: number) => ({
  host: "127.0.0.1",
  port,
  unit: 1,
  connectTimeoutMs: 3000,
  requestTimeoutMs: 3000,
  minGapMs: 0,
  maxRegisters: 111,
  maxBits: 1776,
});

/** What a hostile client sends: valid frames, some with changed, missing or doubled bytes, and noise between; and where
 *  the network cuts all that. */
const attacks = (greeting: Buffer, valid: fc.Arbitrary<Buffer>) => {
  const noise = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
  const changed = fc
    .tuple(valid, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
    .map(([frame, changes]) => {
      const copy = Buffer.from(frame);
      for (const [at, value] of changes) copy[at % copy.length] = value;
      return copy;
    });
  const cut = fc.tuple(valid, fc.nat()).map(([frame, at]) => frame.subarray(0, at % frame.length));
  const hostile = fc.oneof(
    { weight: 6, arbitrary: valid },
    { weight: 3, arbitrary: changed },
    { weight: 1, arbitrary: cut },
    { weight: 1, arbitrary: noise },
  );
  // Some do nothing but ask, for what they should not.
  const frames = fc.oneof(fc.array(hostile, { maxLength: 8 }), fc.array(valid, { maxLength: 8 }));
  // Most attackers greet as they should: otherwise few would come far.
  const greeted = fc
    .tuple(fc.boolean(), fc.boolean(), frames)
    .map(([a, b, rest]) => (a || b ? [greeting, ...rest] : rest));
  return fc.record({ frames: greeted, cuts: fc.array(fc.nat(), { maxLength: 6 }), isAbrupt: fc.boolean() });
};

type Attack = ReturnType<typeof attacks> extends fc.Arbitrary<infer T> ? T : never;

/** @returns when the tunnel has closed the connection, be it that it had enough or that the client left */
async function attack(tunnel: Tunnel, { frames, cuts, isAbrupt }: Attack): Promise<void> {
  const bytes = Buffer.concat(frames);
  const socket = connect({ host: "127.0.0.1", port: tunnel.port, noDelay: true });
  socket.on("error", () => undefined);
  socket.resume();
  await once(socket, "connect");
  // Also after an error, which a tunnel that had enough causes.
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  let from = 0;
  for (const at of cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b)) {
    socket.write(bytes.subarray(from, at));
    await new Promise((resolve) => setImmediate(resolve));
    from = at;
  }
  socket.write(bytes.subarray(from));
  if (isAbrupt) socket.resetAndDestroy();
  else socket.end();
  await closed;
}

async function attackOften(tunnel: Tunnel, greeting: Buffer, valid: fc.Arbitrary<Buffer>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(attacks(greeting, valid), (one) => attack(tunnel, one)),
    { numRuns: RUNS },
  );
}

describe("a tunnel among hostile clients", () => {
  let device: FakeModbus;

  beforeAll(async () => {
    device = await startFakeModbus();
  });
  afterAll(() => device.close());

  it(`passes nothing on to a Modbus device but reads of its areas, in ${RUNS} attacks`, async () => {
    const tunnel = await startS7Proxy(
      { listen, upstream: modbusAt(device.port), areas, ...limits },
      deps,
      signal,
    );
    const greeting = encodeConnectRequest({ localTsap: 256, remoteTsap: 770, reference: 1, tpduSize: 1024 });
    const item = fc.record({
      area: fc.constantFrom("DB", "DB", "DB", "M", "I", "T", "C", "P"),
      db: fc.nat(3),
      start: fc.nat(600).map((start) => 2 * start),
      length: fc.integer({ min: 1, max: 20 }).map((length) => 2 * length),
      image: fc.constant(0),
    } as const);
    const place = fc.record({ db: fc.nat(3), start: fc.nat(900) });
    const value = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes));
    const number = fc.nat(0xffff);
    const valid = fc.oneof(
      fc.constant(encodeSetupRequest({ amqCalling: 1, amqCalled: 1, pduSize: 480 })),
      fc.array(item, { minLength: 1, maxLength: 6 }).map((items) => buildReadJob(items).bytes),
      fc.tuple(number, place, value).map(([n, where, bytes]) => encodeWriteRequest(n, where, bytes)),
      fc.tuple(number, number, fc.nat(9)).map(([n, id, index]) => encodeSzlRequest(n, id, index)),
      fc.tuple(number, fc.nat(255)).map(([n, sequence]) => encodeSzlFollowUp(n, sequence)),
      // Stop, start, download, upload.
      fc.constantFrom("29", "28", "1a", "1d").map((code) => hex(`0300001202f08032010000000000010000${code}`)),
    );
    await attackOften(tunnel, greeting, valid);
    const foreign = device.requests.filter(
      (request) => request.kind !== "read" || bytesBehind(request, areas) === undefined,
    );
    expect(foreign).toEqual([]);
    expect(device.requests.length).toBeGreaterThan(50);
    const stats = tunnel.stats();
    expect(stats).toMatchObject({ writes: 0, plcConnections: 1 });
    expect(stats.writesRefused).toBeGreaterThan(10);
    expect(stats.malformed).toBeGreaterThan(100);
    await expect.poll(() => tunnel.stats().guests).toBe(0);
    await tunnel.close();
  });

  it(`passes nothing on to an S7 but its greeting and reads, in ${RUNS} attacks`, async () => {
    const controller = await startS7Proxy({ listen, upstream: modbusAt(device.port), areas }, deps, signal);
    const relay = await startRelay(controller.port);
    const upstream = {
      host: "127.0.0.1",
      port: relay.port,
      localTsap: 0x100,
      remoteTsap: 0x302,
      pduSize: 240,
      jobsInFlight: 1,
      connectTimeoutMs: 3000,
      requestTimeoutMs: 3000,
      minGapMs: 0,
      maxReadBytes: 222,
    };
    const tunnel = await startModbusProxy({ listen, upstream, areas, ...limits }, deps, signal);
    const header = fc.record({ transaction: fc.nat(0xffff), unit: fc.nat(255) });
    const read = fc
      .record({
        table: fc.constantFrom(...MODBUS_TABLES),
        start: fc.nat(600),
        count: fc.integer({ min: 1, max: 125 }),
      })
      .map((range): Buffer => encodeModbusRequest({ kind: "read", ...range } satisfies ModbusRead));
    const write = fc
      .record({
        table: fc.constantFrom("coil" as const, "holding" as const),
        start: fc.nat(600),
        count: fc.integer({ min: 1, max: 100 }),
        isSingle: fc.boolean(),
      })
      .map(({ table, start, count, isSingle }) => {
        const many = isSingle ? 1 : count;
        const bytes = Buffer.alloc(bytesOf(table, many), isBitTable(table) ? 0 : 0x5a);
        return encodeModbusRequest({ kind: "write", table, start, count: many, isSingle, bytes });
      });
    const other = fc.uint8Array({ minLength: 1, maxLength: 30 }).map((bytes) => Buffer.from(bytes));
    const valid = fc
      .tuple(header, fc.oneof(read, write, other))
      .map(([head, pdu]) => encodeAdu({ ...head, pdu }));
    await attackOften(tunnel, Buffer.alloc(0), valid);
    const kinds = new Set(relay.heard().map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(["read", "setup"]);
    expect(relay.heard().length).toBeGreaterThan(50);
    const stats = tunnel.stats();
    expect(stats).toMatchObject({ writes: 0, plcConnections: 1 });
    expect(stats.writesRefused).toBeGreaterThan(100);
    expect(stats.malformed).toBeGreaterThan(100);
    await expect.poll(() => tunnel.stats().guests).toBe(0);
    await tunnel.close();
    await controller.close();
    await relay.close();
  });
});

/** Passes everything on, and keeps what the client said. */
async function startRelay(to: number) {
  const said: Buffer[] = [];
  const server = createServer((client) => {
    const plc = connect({ host: "127.0.0.1", port: to, noDelay: true });
    client.on("data", (chunk) => said.push(chunk));
    client.pipe(plc).pipe(client);
    for (const socket of [client, plc]) socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the relay has no port");
  return {
    port: address.port,
    /** Every PDU behind the connection request, decoded: what is none would throw. */
    heard() {
      const packets: Buffer[] = [];
      createPacketCutter(1024).push(Buffer.concat(said), (packet) => packets.push(Buffer.from(packet)));
      const [first, ...others] = packets;
      decodeConnectRequest(first ?? Buffer.alloc(0));
      const pdus: Buffer[] = [];
      const joiner = createPduJoiner(1024);
      for (const packet of others) joiner.push(packet, (pdu) => pdus.push(Buffer.from(pdu)));
      return pdus.map(decodeS7Request);
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
