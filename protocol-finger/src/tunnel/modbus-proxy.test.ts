import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type ModbusClient, openModbus } from "../clients/modbus-client.ts";
import { startFakeModbus } from "../clients/testing/fake-modbus.ts";
import { createSystemClock } from "../clock/system-clock.ts";
import { FingerError } from "../finger-error.ts";
import { hex } from "../testing/malformed.ts";
import { registersOf } from "../wire/modbus-pdu.ts";
import type { TunnelArea } from "./areas.ts";
import type { TunnelEvent } from "./events.ts";
import { createModbusBackend, type S7Session } from "./modbus-backend.ts";
import { type ModbusProxyOptions, startModbusProxy } from "./modbus-proxy.ts";
import { startS7Proxy } from "./s7-proxy.ts";
import type { Tunnel } from "./tunnel.ts";
import { writablesOf } from "./writable.ts";

const clock = createSystemClock();
const { signal } = new AbortController();
const cleanups: (() => Promise<void>)[] = [];
const deps = { clock, random: () => 0 };
const listen = { host: "127.0.0.1", port: 0 } as const;

/** Where the fake has the data blocks, and where the tunnel shows them. */
const inside: readonly TunnelArea[] = [
  { kind: "holding", db: 1, startRegister: 1000, endRegister: 1999, byteBase: 0 },
  { kind: "coil", db: 2, startRegister: 0, endRegister: 799, byteBase: 0 },
];
const outside: readonly TunnelArea[] = [
  { kind: "holding", db: 1, startRegister: 0, endRegister: 599, byteBase: 0 },
  { kind: "input", db: 1, startRegister: 100, endRegister: 199, byteBase: 201 },
  { kind: "coil", db: 2, startRegister: 16, endRegister: 615, byteBase: 2 },
  { kind: "discrete", db: 1, startRegister: 0, endRegister: 799, byteBase: 50 },
  { kind: "holding", db: 9, startRegister: 700, endRegister: 709, byteBase: 0 },
];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const modbusAt = (port: number, unit = 1) => ({
  host: "127.0.0.1",
  port,
  unit,
  connectTimeoutMs: 3000,
  requestTimeoutMs: 5000,
  minGapMs: 0,
  maxRegisters: 125,
  maxBits: 2000,
});

const s7At = (port: number) => ({
  host: "127.0.0.1",
  port,
  localTsap: 0x100,
  remoteTsap: 0x302,
  pduSize: 240,
  jobsInFlight: 1,
  connectTimeoutMs: 3000,
  requestTimeoutMs: 5000,
  minGapMs: 0,
  maxReadBytes: 222,
});

/** A Modbus device, an S7 controller made of it by the one tunnel, and a Modbus device made of that by the other. */
async function world(options: Partial<ModbusProxyOptions> = {}, innerWritable: readonly string[] = []) {
  const device = await startFakeModbus();
  cleanups.push(() => device.close());
  const events: TunnelEvent[] = [];
  const inner = await startS7Proxy(
    { listen, upstream: modbusAt(device.port), areas: inside, writable: innerWritable },
    { ...deps, onEvent: () => undefined },
    signal,
  );
  cleanups.push(() => inner.close());
  const tunnel = await startModbusProxy(
    { listen, upstream: s7At(inner.port), areas: outside, ...options },
    { ...deps, onEvent: (event) => events.push(event) },
    signal,
  );
  cleanups.push(() => tunnel.close());
  return { device, tunnel, events };
}

async function client(tunnel: Tunnel, unit = 1): Promise<ModbusClient> {
  const opened = await openModbus(modbusAt(tunnel.port, unit), { clock }, signal);
  cleanups.push(() => opened.close());
  return opened;
}

async function rawAnswer(tunnel: Tunnel, bytes: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: tunnel.port });
  socket.on("error", () => undefined);
  socket.write(hex(bytes));
  const [answer] = await once(socket, "data");
  socket.destroy();
  return answer.toString("hex");
}

/** A backend over a session of the test's own. */
function backendOver(session: Partial<S7Session>) {
  const whole: S7Session = {
    async read() {
      throw new Error("not expected");
    },
    async write() {
      throw new Error("not expected");
    },
    async close() {},
    ...session,
  };
  return createModbusBackend(
    { areas: outside, writables: writablesOf(["DB1,INT0"], outside), maxQueue: 4, maxReadBytes: 222 },
    { use: (work) => work(whole), run: async () => undefined, isUp: true, connections: 1 },
  );
}

describe("Modbus proxy", () => {
  it("shows data blocks as registers and bits, whatever unit is asked", async () => {
    const { device, tunnel } = await world();
    const { memory } = device;
    const db1 = memory.subarray(2000);
    for (const unit of [0, 1, 247, 255]) {
      const modbus = await client(tunnel, unit);
      const registers = await modbus.readRegisters("holding", 10, 300, signal);
      expect(registers).toEqual(registersOf(db1.subarray(20, 620)));
    }
    const modbus = await client(tunnel);
    expect(await modbus.readRegisters("input", 100, 2, signal)).toEqual(registersOf(db1.subarray(201, 205)));
    const bit = (bytes: Buffer, at: number) => ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1;
    const coils = await modbus.readBits("coil", 21, 100, signal);
    expect([...coils]).toEqual(Array.from({ length: 100 }, (_, i) => bit(memory, 16 + 5 + i)));
    const discrete = await modbus.readBits("discrete", 3, 30, signal);
    expect([...discrete]).toEqual(Array.from({ length: 30 }, (_, i) => bit(db1, 400 + 3 + i)));
    expect(tunnel.stats()).toMatchObject({ plcConnections: 1, writes: 0, busy: 0 });
  });

  it("counts reads that the controller gives in two answers", async () => {
    const { tunnel } = await world();
    const modbus = await client(tunnel);
    await modbus.read({ table: "holding", start: 0, count: 111 }, signal);
    expect(tunnel.stats().torn).toBe(0);
    await modbus.read({ table: "holding", start: 0, count: 112 }, signal);
    expect(tunnel.stats().torn).toBe(1);
  });

  it.each([
    ["a read outside of the areas", "000700000006ff0303840001", "000700000003ff8302"],
    ["a read from one area into the next", "000700000006010302570002", "000700000003018302"],
    ["a data block that is not there", "000700000006010302bc0001", "000700000003018302"],
    ["a function that it does not serve", "00070000000501" + "2b0e0100", "00070000000301ab01"],
    ["more than the protocol allows", "00070000000601030000007e", "000700000003018303"],
    ["a request with bytes too many", "0007000000070103000000010000".slice(0, 26), "000700000003018303"],
    ["a write that nobody allowed", "000700000006010600000001", "000700000003018601"],
  ])("answers %s with its exception", async (_, asked, answered) => {
    const { tunnel, device } = await world();
    expect(await rawAnswer(tunnel, asked)).toBe(answered);
    expect(device.requests.every(({ kind }) => kind === "read")).toBe(true);
  });

  it("answers requests that come together, in their order", async () => {
    const { tunnel, device } = await world();
    const socket = connect({ host: "127.0.0.1", port: tunnel.port });
    cleanups.push(async () => void socket.destroy());
    const heard: Buffer[] = [];
    socket.on("data", (chunk) => heard.push(chunk));
    socket.write(hex([1, 2, 3].map((n) => `000${n}000000060103000${n}0001`).join("")));
    await expect.poll(() => Buffer.concat(heard).length).toBe(33);
    const register = (n: number) => device.memory.toString("hex", 2000 + 2 * n, 2002 + 2 * n);
    const expected = [1, 2, 3].map((n) => `000${n}00000005010302${register(n)}`).join("");
    expect(Buffer.concat(heard).toString("hex")).toBe(expected);
  });

  it("writes what is allowed on both sides, exactly that", async () => {
    const allowed = ["DB1,REAL4", "DB1,INT10", "DB2,X3.1", "DB2,B5"];
    const { tunnel, device, events } = await world({ writable: allowed }, [
      "DB1.DBB4:BYTE.4",
      "DB1.DBB10:BYTE.2",
      "DB2,X3.1",
      "DB2,B5",
    ]);
    const modbus = await client(tunnel);
    await modbus.writeRegisters(2, Uint16Array.of(0x4148, 0), signal);
    await modbus.writeRegisters(5, Uint16Array.of(0xabcd), signal);
    const before = (device.memory[3] ?? 0) & 2;
    await modbus.writeBits(25, [before === 0], signal);
    await modbus.writeBits(40, [false, true, false, true, true, false, true, false], signal);
    expect(device.memory.toString("hex", 2004, 2012)).toMatch(/^41480000....abcd$/);
    expect([(device.memory[3] ?? 0) & 2, device.memory[5]]).toEqual([2 - before, 0x5a]);
    for (const refused of [
      () => modbus.writeRegisters(2, Uint16Array.of(1), signal),
      () => modbus.writeRegisters(2, Uint16Array.of(1, 2, 3), signal),
      () => modbus.writeBits(26, [true], signal),
    ]) {
      await expect(refused()).rejects.toMatchObject({ exception: 1 });
    }
    expect(tunnel.stats()).toMatchObject({ writes: 4, writesRefused: 3 });
    expect(events).toContainEqual({ kind: "written", guest: 1, what: "DB1,REAL4" });
    expect(events).toContainEqual({ kind: "write-refused", guest: 1, what: "holding 2 to 4" });
  });

  it("says when an allowed write failed at the controller", async () => {
    const { tunnel, events } = await world({ writable: ["DB1,INT10"] });
    const modbus = await client(tunnel);
    await expect(modbus.writeRegisters(5, Uint16Array.of(1), signal)).rejects.toMatchObject({ exception: 4 });
    expect(events).toContainEqual({ kind: "write-failed", guest: 1, what: "DB1,INT10" });
  });

  it("does not start with several bits as one place to write", async () => {
    await expect(world({ writable: ["DB2,X3.1.3"] })).rejects.toMatchObject({ code: "ADDRESS_INVALID" });
  });

  it("answers with exception 0A while the controller cannot be reached", async () => {
    const device = await startFakeModbus();
    await device.close();
    const tunnel = await startModbusProxy(
      { listen, upstream: s7At(device.port), areas: outside },
      { ...deps, onEvent: () => undefined },
      signal,
    );
    cleanups.push(() => tunnel.close());
    expect(await rawAnswer(tunnel, "000700000006010300000001")).toBe("00070000000301830a");
    expect(tunnel.stats()).toMatchObject({ plcUp: false, plcConnections: 0 });
  });
});

describe("Modbus proxy's mapping of failures", () => {
  const register = { kind: "read", table: "holding", start: 0, count: 1 } as const;
  const write = {
    kind: "write",
    table: "holding",
    start: 0,
    count: 1,
    isSingle: true,
    bytes: hex("0001"),
  } as const;

  it.each([
    [0x05, 2],
    [0x0a, 2],
    [0x06, 3],
    [0x07, 3],
    [0x03, 4],
    [0x01, 4],
    [0x8104, 4],
  ])("makes exception of return code 0x%s", async (refusal, exception) => {
    const reading = backendOver({ read: async (ranges) => ranges.map(() => ({ refusal })) });
    expect(await reading.read(register)).toEqual({ exception });
    const writing = backendOver({ write: async () => refusal });
    expect(await writing.write(write)).toMatchObject({ exception, isAllowed: true });
  });

  it.each([
    ["PLC_REFUSED", "S7_PUT_GET_OFF", 4],
    ["PLC_REFUSED", undefined, 4],
    ["PLC_REFUSED", "S7_TSAP_REFUSED", 10],
    ["PLC_TIMEOUT", "S7_NO_SETUP_REPLY", 10],
    ["PLC_UNREACHABLE", "HOST_SILENT", 10],
    ["PLC_TIMEOUT", "LINK_LOST", 11],
    ["PLC_UNREACHABLE", "LINK_LOST", 11],
    ["PDU_MALFORMED", "MALFORMED_ANSWER", 11],
  ] as const)("makes exception of %s, %s", async (code, diagnosis, exception) => {
    const error = new FingerError(code, "no", diagnosis === undefined ? {} : { diagnosis });
    const backend = backendOver({ read: () => Promise.reject(error) });
    expect(await backend.read(register)).toEqual({ exception });
  });

  it("says that it is busy when too many wait, and lets reads travel together", async () => {
    const gate = Promise.withResolvers<void>();
    const asked: number[] = [];
    const backend = backendOver({
      async read(ranges) {
        asked.push(ranges.length);
        await gate.promise;
        return ranges.map(({ length }) => ({ bytes: Buffer.alloc(length, 7) }));
      },
      write: async () => 0xff,
    });
    const first = backend.read(register);
    await expect.poll(() => asked).toEqual([1]);
    const others = [
      backend.read(register),
      backend.read(register),
      backend.write(write),
      backend.read(register),
    ];
    expect(await backend.read(register)).toEqual({ exception: 6 });
    gate.resolve();
    expect(await Promise.all([first, ...others])).toEqual([
      { bytes: hex("0707") },
      { bytes: hex("0707") },
      { bytes: hex("0707") },
      expect.objectContaining({ isAllowed: true }),
      { bytes: hex("0707") },
    ]);
    expect([asked, backend.rounds, backend.turnedAway]).toEqual([[1, 2, 1], 4, 1]);
  });

  it("does not hide bugs", async () => {
    await expect(backendOver({}).read(register)).rejects.toThrow("not expected");
  });
});
