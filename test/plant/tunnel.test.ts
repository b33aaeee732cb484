import { execFile } from "node:child_process";
import { promisify } from "node:util";
import {
  startModbusProxy,
  startS7Proxy,
  type Tunnel,
  type TunnelArea,
  tunnelAreas,
} from "@stethos/protocol-finger";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import modbusSerial from "modbus-serial";
import snap7 from "node-snap7";
import NodeS7 from "nodes7";
import { afterEach, describe, expect, it } from "vitest";
import { type ModbusServer, startModbusServer } from "./modbus-server.ts";
import { type S7Server, startS7Server } from "./s7-server.ts";

// Judged by clients that others wrote: nodes7, snap7, modbus-serial and mbpoll (libmodbus).

const run = promisify(execFile);
const { signal } = new AbortController();
const cleanups: (() => Promise<unknown> | unknown)[] = [];
const deps = { clock: createSystemClock(), random: () => 0, onEvent: () => undefined };
const listen = { host: "127.0.0.1", port: 0 } as const;
const HOST = "127.0.0.1";

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A callback of snap7 or nodes7 as a promise. */
const called = <T>(call: (done: (error: unknown, value: T) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => {
    call((error, value) => {
      if (error === null || error === false || error === undefined || error === 0) resolve(value);
      else reject(new Error(String(error)));
    });
  });

const modbusAt = (port: number) => ({
  host: HOST,
  port,
  unit: 1,
  connectTimeoutMs: 5000,
  requestTimeoutMs: 5000,
  minGapMs: 0,
  maxRegisters: 111,
  maxBits: 1776,
});

describe("S7 clients before the tunnel, a Modbus server behind it", () => {
  const areas: readonly TunnelArea[] = tunnelAreas.parse([
    { kind: "holding", db: 1, startRegister: 1000, endRegister: 1999 },
    { kind: "input", db: 5, startRegister: 0, endRegister: 99, byteBase: 100 },
    { kind: "coil", db: 2, startRegister: 0, endRegister: 159 },
  ]);

  /** The bytes of DB1, as the holding registers hold them. */
  async function world(writable: readonly string[] = []) {
    const server = await startModbusServer();
    cleanups.push(() => server.close());
    const tunnel = await startS7Proxy(
      {
        listen,
        upstream: modbusAt(server.port),
        areas,
        writable,
        plc: { orderNumber: "6ES7 315-2EH13-0AB0", firmware: "V2.6.1" },
      },
      deps,
      signal,
    );
    cleanups.push(() => tunnel.close());
    return { server, tunnel };
  }

  function fill(server: ModbusServer, bytes: Buffer): void {
    for (let i = 0; i + 1 < bytes.length; i += 2) server.holding[1000 + i / 2] = bytes.readUInt16BE(i);
  }

  async function snap7Client(tunnel: Tunnel) {
    const client = new snap7.S7Client();
    client.SetParam(client.RemotePort, tunnel.port);
    await called((done) => client.ConnectTo(HOST, 0, 2, (error) => done(error, undefined)));
    cleanups.push(() => client.Disconnect());
    return client;
  }

  it("nodes7 reads every kind of value", async () => {
    const { server, tunnel } = await world();
    const bytes = Buffer.alloc(2000);
    bytes.writeFloatBE(-2.5, 0);
    bytes.writeInt16BE(-7, 4);
    bytes.writeInt32BE(123_456, 7);
    bytes.writeDoubleBE(Math.PI, 12);
    bytes[20] = 0b0000_1000;
    bytes[21] = 0b1000_0000;
    bytes.set([20, 5, ...Buffer.from("pumpe")], 30);
    for (let i = 0; i < 400; i += 1) bytes.writeInt16BE(i - 200, 100 + 2 * i);
    fill(server, bytes);
    server.input[1] = 0x1234;
    server.coils[8 + 5] = 1;
    const items = [
      "DB1,REAL0",
      "DB1,INT4",
      "DB1,DINT7",
      "DB1,LREAL12",
      "DB1,X20.3",
      "DB1,X20.4",
      "DB1,X21.7",
      "DB1,B21",
      "DB1,S30.20",
      "DB1,INT100.400",
      "DB5,WORD102",
      "DB2,X1.5",
      "DB2,X1.6",
    ];
    const plc = new NodeS7({ silent: true });
    await called((done) =>
      plc.initiateConnection({ host: HOST, port: tunnel.port, rack: 0, slot: 2 }, (error) =>
        done(error, undefined),
      ),
    );
    cleanups.push(() => called((done) => plc.dropConnection(() => done(undefined, undefined))));
    plc.addItems(items);
    const [isAnyBad, values] = await new Promise<[boolean, Readonly<Record<string, unknown>>]>((resolve) => {
      plc.readAllItems((bad, read) => resolve([bad, read]));
    });
    expect(isAnyBad).toBe(false);
    expect(items.map((item) => values[item])).toEqual([
      -2.5,
      -7,
      123_456,
      Math.PI,
      true,
      false,
      true,
      128,
      "pumpe",
      Array.from({ length: 400 }, (_, i) => i - 200),
      0x1234,
      true,
      false,
    ]);
    expect(server.writes).toBe(0);
  });

  it("snap7's client reads blocks of any size, and several things at once", async () => {
    const { server, tunnel } = await world();
    const bytes = Buffer.from(Uint8Array.from({ length: 2000 }, (_, i) => i * 7 + (i >> 8)));
    fill(server, bytes);
    const client = await snap7Client(tunnel);
    expect(client.PDULength()).toBe(240);
    for (const [start, size] of [
      [0, 1],
      [3, 4],
      [0, 222],
      [17, 1500],
    ] as const) {
      const read = await called<Buffer>((done) => client.DBRead(1, start, size, done));
      expect(read).toEqual(bytes.subarray(start, start + size));
    }
    const vars = [
      { Area: client.S7AreaDB, WordLen: client.S7WLReal, DBNumber: 1, Start: 40, Amount: 1 },
      { Area: client.S7AreaDB, WordLen: client.S7WLBit, DBNumber: 1, Start: 8 * 50 + 2, Amount: 1 },
      { Area: client.S7AreaDB, WordLen: client.S7WLByte, DBNumber: 9, Start: 0, Amount: 2 },
      { Area: client.S7AreaDB, WordLen: client.S7WLByte, DBNumber: 1, Start: 1999, Amount: 2 },
      { Area: client.S7AreaMK, WordLen: client.S7WLByte, Start: 0, Amount: 2 },
    ];
    const [real, bit, ...refused] = await called<
      readonly { readonly Result: number; readonly Data: Buffer }[]
    >((done) => client.ReadMultiVars(vars, done));
    expect([real?.Result, real?.Data]).toEqual([0, bytes.subarray(40, 44)]);
    expect([bit?.Result, bit?.Data[0]]).toEqual([0, ((bytes[50] ?? 0) >> 2) & 1]);
    expect(refused.every(({ Result }) => Result !== 0)).toBe(true);
    expect(server.writes).toBe(0);
  });

  it("snap7's client is told who answers", async () => {
    const { tunnel } = await world();
    const client = await snap7Client(tunnel);
    const order = await called<{
      readonly Code: string;
      readonly V1: number;
      readonly V2: number;
      readonly V3: number;
    }>((done) => client.GetOrderCode(done));
    expect(order.Code.trim()).toBe("Stethos tunnel");
    expect([order.V1, order.V2, order.V3]).toEqual([2, 6, 1]);
    const limits = await called<{ readonly MaxPduLength: number; readonly MaxConnections: number }>((done) =>
      client.GetCpInfo(done),
    );
    expect([limits.MaxPduLength, limits.MaxConnections]).toEqual([240, 8]);
    // Neither RUN nor STOP: no register tells.
    expect(await called<number>((done) => client.PlcStatus(done))).toBe(0);
    const cpu = await called<{ readonly ModuleTypeName: string; readonly SerialNumber: string }>((done) =>
      client.GetCpuInfo(done),
    );
    expect([cpu.ModuleTypeName, cpu.SerialNumber]).toEqual(["Stethos tunnel", ""]);
    await expect(called((done) => client.GetProtection(done))).rejects.toThrow();
    await expect(called((done) => client.ListBlocks(done))).rejects.toThrow();
  });

  it("snap7's client writes what is allowed, and nothing else", async () => {
    const { server, tunnel } = await world(["DB1,REAL40", "DB2,X0.3"]);
    const client = await snap7Client(tunnel);
    const write = (db: number, start: number, bytes: string) =>
      called((done) =>
        client.DBWrite(db, start, bytes.length / 2, Buffer.from(bytes, "hex"), (error) =>
          done(error, undefined),
        ),
      );
    await write(1, 40, "41480000");
    expect([server.holding[1020], server.holding[1021]]).toEqual([0x4148, 0]);
    const area = client.S7AreaDB;
    const on = Buffer.of(1);
    await called((done) =>
      client.WriteArea(area, 2, 3, 1, client.S7WLBit, on, (error) => done(error, undefined)),
    );
    expect(server.coils[3]).toBe(1);
    const { writes } = server;
    await expect(write(1, 40, "4148")).rejects.toThrow();
    await expect(write(1, 44, "41480000")).rejects.toThrow();
    await expect(write(9, 0, "00")).rejects.toThrow();
    expect(server.writes).toBe(writes);
    expect(tunnel.stats()).toMatchObject({ writes: 2, writesRefused: 3 });
  });
});

describe("Modbus clients before the tunnel, an S7 server behind it", () => {
  const areas: readonly TunnelArea[] = tunnelAreas.parse([
    { kind: "holding", db: 1, startRegister: 0, endRegister: 499 },
    { kind: "input", db: 1, startRegister: 0, endRegister: 99, byteBase: 500 },
    { kind: "coil", db: 2, startRegister: 0, endRegister: 79 },
    { kind: "discrete", db: 2, startRegister: 100, endRegister: 179 },
    { kind: "holding", db: 9, startRegister: 600, endRegister: 609 },
  ]);
  const db1 = Buffer.from(Uint8Array.from({ length: 1000 }, (_, i) => i * 13 + (i >> 8)));
  const db2 = Buffer.from(Uint8Array.from({ length: 10 }, (_, i) => i * 37));

  async function world(
    writable: readonly string[] = [],
  ): Promise<{ readonly server: S7Server; readonly tunnel: Tunnel }> {
    const server = await startS7Server({ pduSize: 240 });
    cleanups.push(() => server.close());
    for (const [number, bytes] of [
      [1, db1],
      [2, db2],
    ] as const) {
      const block = server.addDataBlock(number, bytes.length);
      bytes.copy(block.bytes);
      block.publish();
    }
    const upstream = {
      host: HOST,
      port: server.port,
      localTsap: 0x100,
      remoteTsap: 0x302,
      pduSize: 240,
      jobsInFlight: 1,
      connectTimeoutMs: 5000,
      requestTimeoutMs: 5000,
      minGapMs: 0,
      maxReadBytes: 222,
    };
    const tunnel = await startModbusProxy({ listen, upstream, areas, writable }, deps, signal);
    cleanups.push(() => tunnel.close());
    return { server, tunnel };
  }

  async function modbusClient(tunnel: Tunnel) {
    const client = new modbusSerial.default();
    await client.connectTCP(HOST, { port: tunnel.port });
    client.setID(1);
    client.setTimeout(5000);
    cleanups.push(() => new Promise<void>((resolve) => client.close(() => resolve())));
    return client;
  }

  const bits = (bytes: Buffer, from: number, count: number): boolean[] =>
    Array.from({ length: count }, (_, i) => (((bytes[(from + i) >> 3] ?? 0) >> ((from + i) & 7)) & 1) === 1);

  it("modbus-serial's client reads all four tables", async () => {
    const { server, tunnel } = await world();
    const client = await modbusClient(tunnel);
    const holding = await client.readHoldingRegisters(10, 125);
    expect(holding.buffer).toEqual(db1.subarray(20, 270));
    expect((await client.readInputRegisters(5, 2)).buffer).toEqual(db1.subarray(510, 514));
    expect((await client.readCoils(3, 20)).data.slice(0, 20)).toEqual(bits(db2, 3, 20));
    expect((await client.readDiscreteInputs(101, 9)).data.slice(0, 9)).toEqual(bits(db2, 1, 9));
    // One in two answers of the S7: 250 bytes do not fit its PDU.
    expect(tunnel.stats()).toMatchObject({ torn: 1, plcConnections: 1, writes: 0 });
    await expect.poll(() => server.clients()).toBe(1);
  });

  it("modbus-serial's client is told what it cannot have", async () => {
    const { tunnel } = await world();
    const client = await modbusClient(tunnel);
    const code = (answer: Promise<unknown>) =>
      answer.then(
        () => 0,
        (thrown) => thrown.modbusCode,
      );
    expect(await code(client.readHoldingRegisters(499, 2))).toBe(2);
    expect(await code(client.readHoldingRegisters(600, 1))).toBe(2);
    expect(await code(client.writeRegister(0, 1))).toBe(1);
    expect(await code(client.writeCoil(0, true))).toBe(1);
    expect(await code(client.readDeviceIdentification(1, 0))).toBe(1);
    expect((await client.readHoldingRegisters(0, 1)).buffer).toEqual(db1.subarray(0, 2));
  });

  it("modbus-serial's client writes what is allowed, and nothing else", async () => {
    const { server, tunnel } = await world(["DB1,REAL40", "DB2,X0.3", "DB1,INT50"]);
    const client = await modbusClient(tunnel);
    await client.writeRegisters(20, [0x4148, 0]);
    await client.writeRegister(25, 77);
    await client.writeCoil(3, true);
    expect((await client.readHoldingRegisters(20, 6)).data).toEqual([
      0x4148,
      0,
      db1.readUInt16BE(44),
      db1.readUInt16BE(46),
      db1.readUInt16BE(48),
      77,
    ]);
    expect((await client.readCoils(0, 8)).data.slice(0, 8)).toEqual(bits(Buffer.of((db2[0] ?? 0) | 8), 0, 8));
    await expect(client.writeRegister(20, 1)).rejects.toMatchObject({ modbusCode: 1 });
    await expect(client.writeCoils(3, [true, true])).rejects.toMatchObject({ modbusCode: 1 });
    expect(tunnel.stats()).toMatchObject({ writes: 3, writesRefused: 2 });
    expect(server.clients()).toBe(1);
  });

  it("mbpoll reads registers and bits", async () => {
    const { tunnel } = await world();
    const read = async (type: string, reference: number, count: number): Promise<number[]> => {
      const options = [
        "-m",
        "tcp",
        "-p",
        String(tunnel.port),
        "-a",
        "7",
        "-t",
        type,
        "-r",
        String(reference),
        "-c",
        String(count),
      ];
      const { stdout } = await run("mbpoll", [...options, "-0", "-1", "-q", HOST]);
      return [...stdout.matchAll(/^\[\d+\]:\s+(-?\d+)/gm)].map(([, value]) => Number(value) & 0xffff);
    };
    expect(await read("4", 10, 5)).toEqual([0, 1, 2, 3, 4].map((i) => db1.readUInt16BE(20 + 2 * i)));
    expect(await read("3", 5, 2)).toEqual([db1.readUInt16BE(510), db1.readUInt16BE(512)]);
    expect(await read("0", 3, 6)).toEqual(bits(db2, 3, 6).map(Number));
    expect(await read("1", 101, 6)).toEqual(bits(db2, 1, 6).map(Number));
  });
});
