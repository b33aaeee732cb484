import { createServer } from "node:net";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import { createS7Device } from "../../edge-agent/src/adapters/s7/device.ts";
import { s7OptionsSchema } from "../../edge-agent/src/adapters/s7/options.ts";
import { StatusCode } from "../../edge-agent/src/core/quality.ts";
import type { RawBatch, Value } from "../../edge-agent/src/core/reading.ts";
import type { Tag } from "../../edge-agent/src/core/tag.ts";
import type { PolledSession, ScanPlan } from "../../edge-agent/src/ports/driver.ts";
import type { Logger } from "../../edge-agent/src/ports/logger.ts";
import { type S7Server, type S7ServerOptions, startS7Server } from "./s7-server.ts";

const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function start(options: S7ServerOptions = {}): Promise<S7Server> {
  const server = await startS7Server(options);
  open.push(server);
  return server;
}

const silent = (): void => undefined;
const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent, child: () => logger };
const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };

const tag = (name: string, address: string): Tag => ({
  id: name,
  path,
  name,
  device: "plc",
  protocol: "s7",
  address,
  unit: "1",
  scale: 1,
  offset: 0,
});

interface Wanted {
  readonly tags?: readonly string[];
  readonly waveform?: { readonly address: string; readonly samples: number; readonly sequence: string };
  readonly options?: object;
}

async function connect(
  server: S7Server,
  { tags = [], waveform, options = {} }: Wanted,
): Promise<PolledSession> {
  const plan: ScanPlan = {
    device: "plc",
    protocol: "s7",
    tags: tags.map((address) => tag(address, address)),
    waveforms:
      waveform === undefined
        ? []
        : [
            {
              ...tag("wave", waveform.address),
              sampleRateHz: 1000,
              samples: waveform.samples,
              sequenceAddress: waveform.sequence,
            },
          ],
    groups: [{ name: "all", periodMs: 1000, tags: tags.map((_, i) => i), waveforms: [] }],
  };
  const parsed = s7OptionsSchema.parse({ host: "127.0.0.1", port: server.port, ...options });
  const device = createS7Device(plan, parsed, { clock: createSystemClock(), logger, random: () => 0 });
  const session = await device.connect(never);
  open.unshift(session);
  return session;
}

const valuesOf = (batch: RawBatch): Value[] =>
  Array.from({ length: batch.count }, (_, row) => batch.other.get(row) ?? batch.value[row] ?? null);

describe("simulated S7 controller", () => {
  it("takes a free port and gives it back when it closes", async () => {
    const server = await startS7Server();
    expect(server.port).toBeGreaterThan(0);
    await server.close();
    const again = await startS7Server({ port: server.port });
    expect(again.port).toBe(server.port);
    await again.close();
  });

  it("says so when its port is taken", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    await expect(startS7Server({ port })).rejects.toThrow(`snap7 does not start on 127.0.0.1:${port}`);
    await new Promise((resolve) => other.close(resolve));
  });

  it("is the only one in its process at a time", async () => {
    await start();
    await expect(startS7Server()).rejects.toThrow("this process has a simulated S7 controller already");
  });

  it("forgets a data block that was taken away", async () => {
    const server = await start();
    server.addDataBlock(1, 16);
    const session = await connect(server, { tags: ["DB1,INT0"] });
    expect([...(await session.readGroup(0, never)).status]).toEqual([StatusCode.Good]);
    server.removeDataBlock(1);
    server.removeDataBlock(1);
    expect([...(await session.readGroup(0, never)).status]).toEqual([StatusCode.BadNodeIdUnknown]);
  });

  it("shows what was written once it is published", async () => {
    const server = await start();
    const block = server.addDataBlock(1, 16);
    const session = await connect(server, { tags: ["DB1,INT0"] });
    block.bytes.writeInt16BE(7);
    expect(valuesOf(await session.readGroup(0, never))).toEqual([0]);
    block.publish();
    expect(valuesOf(await session.readGroup(0, never))).toEqual([7]);
  });

  it("refuses a data block that is too large or there already", async () => {
    const server = await start();
    expect(() => server.addDataBlock(1, 70_000)).toThrow("Max area buffer size is 65535");
    server.addDataBlock(1, 16);
    expect(() => server.addDataBlock(1, 16)).toThrow("snap7 refuses area 5, index 1, of 16 bytes");
  });
});

describe("S7 device on a simulated controller", () => {
  it.each([
    ["a PDU of 240 and one job in flight", 240, 1],
    ["a PDU of 480 and two jobs in flight", 480, 2],
    ["a PDU of 960 and eight jobs in flight", 960, 8],
  ])("reads every area and type with %s", async (_, pduSize, jobsInFlight) => {
    const server = await start({ pduSize });
    const db = server.addDataBlock(1, 256);
    db.bytes.writeFloatBE(1.5, 0);
    db.bytes.writeInt16BE(-7, 4);
    db.bytes.writeUInt8(0b0000_1000, 6);
    db.bytes.writeDoubleBE(Math.PI, 8);
    db.bytes.writeBigInt64BE(-9_223_372_036_854_775_808n, 16);
    db.bytes.set([10, 4], 24);
    db.bytes.write("Pump", 26, "latin1");
    db.bytes.set(Buffer.from("07ea0b1702080f1e075bcd15", "hex"), 36);
    db.bytes.set(Buffer.from("2611230815301232", "hex"), 48);
    for (let i = 0; i < 5; i += 1) db.bytes.writeInt16BE(i * i, 60 + 2 * i);
    db.publish();
    server.memory.bytes.writeUInt16BE(513, 10);
    server.memory.publish();
    server.inputs.bytes.writeUInt8(1, 0);
    server.inputs.publish();
    server.outputs.bytes.writeUInt8(200, 2);
    server.outputs.publish();
    server.timers.bytes.writeUInt16BE(0x1127, 0);
    server.timers.publish();
    server.counters.bytes.writeUInt16BE(0x0042, 0);
    server.counters.publish();
    const wanted: [string, Value][] = [
      ["DB1,REAL0", 1.5],
      ["DB1.DBW4:INT", -7],
      ["DB1.DBX6.3", true],
      ["DB1.DBX6.4", false],
      ["DB1,LREAL8", Math.PI],
      ["DB1,LINT16", "-9223372036854775808"],
      ["DB1,S24.10", "Pump"],
      ["DB1,DTL36", "2026-11-23T08:15:30.123456789"],
      ["DB1,DT48", "2026-11-23T08:15:30.123"],
      ["DB1,INT60.5", [0, 1, 4, 9, 16]],
      ["MW10", 513],
      ["I0.0", true],
      ["QB2", 200],
      ["T0", 12_700],
      ["C0", 42],
    ];
    const session = await connect(server, {
      tags: wanted.map(([address]) => address),
      options: { pduSize, jobsInFlight },
    });
    const batch = await session.readGroup(0, never);
    expect([...batch.status]).toEqual(wanted.map(() => StatusCode.Good));
    expect(valuesOf(batch)).toEqual(wanted.map(([, value]) => value));
  });

  it.each([
    [240, 1],
    [960, 8],
  ])("reads 500 scattered REALs over PDUs of %i with %i in flight", async (pduSize, jobsInFlight) => {
    const server = await start({ pduSize });
    const block = server.addDataBlock(1, 20_000);
    const tags = Array.from({ length: 500 }, (_, i) => `DB1,REAL${40 * i}`);
    for (let i = 0; i < 500; i += 1) block.bytes.writeFloatBE(i / 2, 40 * i);
    block.publish();
    const session = await connect(server, { tags, options: { pduSize, jobsInFlight } });
    expect(valuesOf(await session.readGroup(0, never))).toEqual(Array.from({ length: 500 }, (_, i) => i / 2));
  });

  it("keeps the tags that exist good beside a missing block and an address beyond the end", async () => {
    const server = await start({ pduSize: 240 });
    const block = server.addDataBlock(1, 100);
    block.bytes.writeInt16BE(11, 96);
    block.bytes.writeInt16BE(12, 98);
    block.publish();
    const session = await connect(server, { tags: ["DB1,INT96", "DB1,INT98", "DB1,INT100", "DB9,INT0"] });
    const bad = StatusCode.BadNodeIdUnknown;
    for (let scan = 0; scan < 2; scan += 1) {
      const batch = await session.readGroup(0, never);
      expect([...batch.status]).toEqual([0, 0, bad, bad]);
      expect([...batch.value]).toEqual([11, 12, Number.NaN, Number.NaN]);
    }
  });

  it("reads a waveform of 8,192 samples and its counter", async () => {
    const server = await start({ pduSize: 240 });
    const block = server.addDataBlock(2, 16_400);
    for (let i = 0; i < 8192; i += 1) block.bytes.writeInt16BE(i - 4096, 2 * i);
    block.bytes.writeUInt32BE(4_000_000_000, 16_384);
    block.publish();
    const session = await connect(server, {
      waveform: { address: "DB2,INT0.8192", samples: 8192, sequence: "DB2,UDINT16384" },
    });
    expect(await session.readSequence(0, never)).toBe(4_000_000_000);
    const samples = await session.readBlock(0, never);
    expect(samples).toEqual(Float32Array.from({ length: 8192 }, (_, i) => i - 4096));
  });

  it("reads a waveform of REALs", async () => {
    const server = await start();
    const block = server.addDataBlock(2, 16_400);
    for (let i = 0; i < 4096; i += 1) block.bytes.writeFloatBE(i / 8, 4 * i);
    block.publish();
    const session = await connect(server, {
      waveform: { address: "DB2,REAL0.4096", samples: 4096, sequence: "DB2,INT16384" },
    });
    expect(await session.readBlock(0, never)).toEqual(Float32Array.from({ length: 4096 }, (_, i) => i / 8));
  });

  it("gives its connection back when it closes", async () => {
    const server = await start();
    server.addDataBlock(1, 16);
    const session = await connect(server, { tags: ["DB1,INT0"] });
    await session.readGroup(0, never);
    expect(server.clients()).toBe(1);
    await session.close();
    await expect.poll(() => server.clients()).toBe(0);
  });

  it("reports the loss of a controller that stops", async () => {
    const server = await startS7Server();
    server.addDataBlock(1, 16);
    const session = await connect(server, { tags: ["DB1,INT0"] });
    await session.readGroup(0, never);
    await server.close();
    await expect(session.readGroup(0, never)).rejects.toMatchObject({ code: "PLC_UNREACHABLE" });
  });
});
