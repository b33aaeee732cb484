import { createServer, type Socket } from "node:net";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import {
  createAduCutter,
  decodeModbusRequest,
  encodeAdu,
  encodeModbusException,
  encodeModbusReply,
} from "@stethos/protocol-finger/wire";
import { afterEach, describe, expect, it } from "vitest";
import { isUsable, StatusCode } from "../../core/quality.ts";
import { valueAt } from "../../core/reading.ts";
import type { Tag } from "../../core/tag.ts";
import type { PolledSession, ScanPlan, WaveformSource } from "../../ports/driver.ts";
import type { Logger } from "../../ports/logger.ts";
import { createS7TunnelDevice } from "./device.ts";
import { type S7TunnelOptions, s7TunnelOptions } from "./options.ts";

const { signal } = new AbortController();
const cleanups: (() => Promise<void>)[] = [];
const clock = createSystemClock();
const AREAS = [
  { kind: "holding", db: 1, startRegister: 100, endRegister: 1099 },
  { kind: "coil", db: 2, startRegister: 0, endRegister: 79 },
];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Plc {
  port: number;
  readonly db1: Buffer;
  readonly db2: Buffer;
  readonly asked: string[];
  /** Exception code for a request, 0 for none, undefined for silence. */
  refuse: (start: number, count: number, kind: string) => number | undefined;
  hangUp(): void;
}

/** A Modbus server whose registers are data blocks. */
async function plc(): Promise<Plc> {
  const sockets = new Set<Socket>();
  const db1 = Buffer.alloc(2000);
  const db2 = Buffer.alloc(10);
  const asked: string[] = [];
  const self: Plc = {
    port: 0,
    db1,
    db2,
    asked,
    refuse: () => 0,
    hangUp() {
      for (const socket of sockets) socket.destroy();
    },
  };
  const server = createServer((socket) => {
    const cutter = createAduCutter();
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      cutter.push(chunk, (adu) => {
        const request = decodeModbusRequest(adu.pdu);
        if (request.kind !== "read") throw new Error("the driver did not read");
        const { table, start, count } = request;
        asked.push(`${table} ${start}+${count}`);
        const refusal = self.refuse(start, count, table);
        if (refusal === undefined) return;
        const code = adu.pdu[0] ?? 0;
        const bytes =
          table === "coil"
            ? bitsFrom(db2, start, count)
            : db1.subarray(2 * (start - 100), 2 * (start - 100 + count));
        const pdu = refusal === 0 ? encodeModbusReply(request, bytes) : encodeModbusException(code, refusal);
        socket.write(encodeAdu({ ...adu, pdu }));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  self.port = address.port;
  return self;
}

/** Bits as Modbus packs them: the first in the lowest bit. */
function bitsFrom(block: Buffer, start: number, count: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil(count / 8));
  for (let i = 0; i < count; i += 1) {
    const isSet = ((block[(start + i) >> 3] ?? 0) >> ((start + i) & 7)) & 1;
    bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (isSet << (i & 7));
  }
  return bytes;
}

const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };
const tag = (address: string, i: number): Tag => ({
  id: `s/a/l/c/m/t${i}`,
  path,
  name: `t${i}`,
  device: "plc",
  protocol: "s7-tunnel",
  address,
  unit: "1",
  scale: 1,
  offset: 0,
});

function planOf(
  addresses: readonly string[],
  waveform?: { address: string; sequence: string; samples: number },
): ScanPlan {
  const waveforms: WaveformSource[] =
    waveform === undefined
      ? []
      : [
          {
            ...tag(waveform.address, 99),
            sampleRateHz: 1000,
            samples: waveform.samples,
            sequenceAddress: waveform.sequence,
          },
        ];
  return {
    device: "plc",
    protocol: "s7-tunnel",
    tags: addresses.map(tag),
    waveforms,
    groups: [
      { name: "all", periodMs: 100, tags: addresses.map((_, i) => i), waveforms: waveforms.map((_, i) => i) },
    ],
  };
}

const warnings: unknown[][] = [];
const logger: Logger = {
  debug() {},
  info() {},
  warn: (...words: unknown[]) => void warnings.push(words),
  error() {},
  child: () => logger,
};

async function sessionOver(
  device: Plc,
  plan: ScanPlan,
  options: Partial<S7TunnelOptions> = {},
): Promise<PolledSession> {
  const parsed = s7TunnelOptions.parse({
    host: "127.0.0.1",
    port: device.port,
    areas: AREAS,
    minGapMs: 0,
    ...options,
  });
  const session = await createS7TunnelDevice(plan, parsed, { clock, logger, random: () => 0 }).connect(
    signal,
  );
  cleanups.push(() => session.close());
  return session;
}

describe("S7 tunnel device", () => {
  it("reads S7 values of every kind through registers and coils", async () => {
    const device = await plc();
    device.db1.writeFloatBE(-2.5, 0);
    device.db1.writeInt16BE(-7, 4);
    device.db1.writeInt32BE(100_000, 7);
    device.db1.writeDoubleBE(Math.PI, 12);
    device.db1.writeBigInt64BE(-(2n ** 60n), 20);
    device.db1.set([0b0000_1000], 29);
    device.db1.set([10, 5, ...Buffer.from("pumpe")], 30);
    device.db1.writeFloatBE(Number.NaN, 50);
    device.db1.writeUInt16BE(0x9abc, 54);
    device.db2.set([0b0010_0000], 1);
    const session = await sessionOver(
      device,
      planOf([
        "DB1,REAL0",
        "DB1,INT4",
        "DB1,DINT7",
        "DB1,LREAL12",
        "DB1,LINT20",
        "DB1,X29.3",
        "DB1,X29.4",
        "DB1,S30.10",
        "DB1,REAL50",
        "DB1,BCD1654",
        "DB2,X1.5",
        "DB1,INT0.2",
      ]),
    );
    const batch = await session.readGroup(0, signal);
    const values = Array.from({ length: batch.count }, (_, row) => valueAt(batch, row));
    expect(values).toEqual([
      -2.5,
      -7,
      100_000,
      Math.PI,
      "-1152921504606846976",
      true,
      false,
      "pumpe",
      null,
      null,
      true,
      [-16_352, 0],
    ]);
    expect([...batch.status].map((status) => isUsable(status))).toEqual([
      ...Array.from({ length: 8 }, () => true),
      false,
      false,
      true,
      true,
    ]);
    expect(batch.status[8]).toBe(StatusCode.BadOutOfRange);
    expect(batch.status[9]).toBe(StatusCode.BadDataEncodingInvalid);
    expect([...batch.tag]).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(device.asked).toEqual(["holding 100+28", "coil 13+1"]);
  });

  it("takes values of several registers in another order of words", async () => {
    const device = await plc();
    const bytes = Buffer.alloc(4);
    bytes.writeFloatBE(12.5, 0);
    device.db1.set([bytes[2] ?? 0, bytes[3] ?? 0, bytes[0] ?? 0, bytes[1] ?? 0], 0);
    device.db1.writeInt16BE(-3, 4);
    const session = await sessionOver(device, planOf(["DB1,REAL0", "DB1,INT4"]), { wordOrder: "CDAB" });
    const batch = await session.readGroup(0, signal);
    expect([...batch.value]).toEqual([12.5, -3]);
  });

  it("leaves out what the device refuses, says so once, and tells the diagnosis", async () => {
    const device = await plc();
    device.refuse = (start, count) => (start <= 150 && 150 < start + count ? 2 : 0);
    warnings.length = 0;
    const session = await sessionOver(device, planOf(["DB1,INT0", "DB1,INT100", "DB1,INT110"]));
    for (let scan = 0; scan < 2; scan += 1) {
      const batch = await session.readGroup(0, signal);
      expect([...batch.status].map((status) => status >>> 0)).toEqual([0, StatusCode.BadNodeIdUnknown, 0]);
      expect(batch.value[1]).toBeNaN();
    }
    expect(device.asked.slice(-2)).toEqual(["holding 100+1", "holding 155+1"]);
    expect(warnings).toHaveLength(1);
    expect(session.diagnosis).toMatchObject({
      code: "MODBUS_ADDRESS_REFUSED",
      observed: expect.stringContaining("t1 DB1,INT100"),
    });
  });

  it("asks again for what was refused, in the next session", async () => {
    const device = await plc();
    const plan = planOf(["DB1,INT0"]);
    const options = s7TunnelOptions.parse({
      host: "127.0.0.1",
      port: device.port,
      areas: AREAS,
      minGapMs: 0,
    });
    const tunnel = createS7TunnelDevice(plan, options, { clock, logger, random: () => 0 });
    device.refuse = () => 2;
    const first = await tunnel.connect(signal);
    expect((await first.readGroup(0, signal)).status[0]).toBe(StatusCode.BadNodeIdUnknown);
    await first.close();
    device.refuse = () => 0;
    const second = await tunnel.connect(signal);
    cleanups.push(() => second.close());
    expect((await second.readGroup(0, signal)).status[0]).toBe(StatusCode.Good);
    expect(second.diagnosis).toBeUndefined();
  });

  it("asks again for what was refused, after a while", async () => {
    const device = await plc();
    let nowMs = 0;
    const options = s7TunnelOptions.parse({
      host: "127.0.0.1",
      port: device.port,
      areas: AREAS,
      minGapMs: 0,
    });
    const time = { ...clock, monotonicMs: () => nowMs };
    const tunnel = createS7TunnelDevice(planOf(["DB1,INT0"]), options, {
      clock: time,
      logger,
      random: () => 0,
    });
    device.refuse = () => 2;
    const session = await tunnel.connect(signal);
    cleanups.push(() => session.close());
    await session.readGroup(0, signal);
    device.refuse = () => 0;
    nowMs = 59_999;
    expect((await session.readGroup(0, signal)).status[0]).toBe(StatusCode.BadNodeIdUnknown);
    nowMs = 60_000;
    expect((await session.readGroup(0, signal)).status[0]).toBe(StatusCode.Good);
  });

  it.each([
    [1, "BadConfigurationError", "MODBUS_FUNCTION_REFUSED"],
    [4, "BadDeviceFailure", undefined],
    [10, "BadCommunicationError", "MODBUS_GATEWAY_TARGET"],
    [11, "BadCommunicationError", "MODBUS_GATEWAY_TARGET"],
  ] as const)(
    "gives rows of exception %i their status, and keeps the session",
    async (code, status, diagnosis) => {
      const device = await plc();
      device.refuse = () => code;
      const session = await sessionOver(device, planOf(["DB1,INT0"]));
      expect((await session.readGroup(0, signal)).status[0]).toBe(StatusCode[status]);
      expect(session.diagnosis?.code).toBe(diagnosis);
      device.refuse = () => 0;
      if (code !== 1) expect((await session.readGroup(0, signal)).status[0]).toBe(StatusCode.Good);
    },
  );

  it("gives rows that time out their status, and the session up after three silences", async () => {
    const device = await plc();
    device.refuse = () => undefined;
    const session = await sessionOver(device, planOf(["DB1,INT0"]), { requestTimeoutMs: 50 });
    expect((await session.readGroup(0, signal)).status[0]).toBe(StatusCode.BadTimeout);
    expect(session.diagnosis?.code).toBe("MODBUS_UNIT_SILENT");
    await session.readGroup(0, signal);
    await expect(session.readGroup(0, signal)).rejects.toMatchObject({
      name: "EdgeError",
      code: "PLC_UNREACHABLE",
      diagnosis: "LINK_LOST",
    });
  });

  it("tells what it has learnt of the device's limits", async () => {
    const device = await plc();
    device.refuse = (_, count) => (count > 40 ? 3 : 0);
    const session = await sessionOver(device, planOf(["DB1,INT0.100"]));
    expect(session.learnt).toBeUndefined();
    for (let scan = 0; scan < 2; scan += 1) await session.readGroup(0, signal);
    expect(session.learnt).toEqual({ maxRegisters: 32 });
    const known = session.learnt;
    await session.readGroup(0, signal);
    expect(session.learnt).toBe(known);
  });

  it("reads waveforms with their counter", async () => {
    const device = await plc();
    for (let i = 0; i < 600; i += 1) device.db1.writeInt16BE(i - 300, 20 + 2 * i);
    device.db1.writeInt32BE(7, 8);
    const plan = planOf([], { address: "DB1,INT20.600", sequence: "DB1,DINT8", samples: 600 });
    const session = await sessionOver(device, plan);
    expect(await session.readSequence(0, signal)).toBe(7);
    const block = await session.readBlock(0, signal);
    expect([block.length, block[0], block[599]]).toEqual([600, -300, 299]);
    device.refuse = () => 2;
    await expect(session.readBlock(0, signal)).rejects.toMatchObject({ code: "DATA_INVALID" });
    await expect(session.readSequence(0, signal)).rejects.toMatchObject({
      code: "DATA_INVALID",
      diagnosis: "MODBUS_ADDRESS_REFUSED",
    });
    await expect(session.readBlock(1, signal)).rejects.toThrow(RangeError);
  });

  it("refuses blocks with samples that are no numbers", async () => {
    const device = await plc();
    device.db1.writeFloatBE(Number.POSITIVE_INFINITY, 24);
    const plan = planOf([], { address: "DB1,REAL20.2", sequence: "DB1,LINT8", samples: 2 });
    const session = await sessionOver(device, plan);
    await expect(session.readBlock(0, signal)).rejects.toThrow("sample 1 of DB1,REAL20.2");
    device.db1.writeBigInt64BE(2n ** 62n, 8);
    await session
      .readSequence(0, signal)
      .catch((thrown) => expect(thrown).toMatchObject({ code: "DATA_INVALID" }));
    await expect(session.readSequence(0, signal)).rejects.toThrow("no whole number that counts blocks");
  });

  it.each([
    [["MW4"], undefined, 'm/t0: address "MW4", character 1: bit memory (M) cannot travel'],
    [["DB1,FOO4"], undefined, 'address "DB1,FOO4", character 5'],
    [[], { address: "DB1,X0.0.600", sequence: "DB1,DINT8", samples: 600 }, "BOOL cannot be read as samples"],
    [
      [],
      { address: "DB1,INT20.600", sequence: "DB1,REAL8", samples: 600 },
      "a block counter is one whole number",
    ],
  ])("refuses the plan %j %j before anything is sent", async (addresses, waveform, message) => {
    const device = await plc();
    await expect(sessionOver(device, planOf(addresses, waveform))).rejects.toThrow(message);
    expect(device.asked).toEqual([]);
  });

  it("says why there is no connection, and when it is lost", async () => {
    const device = await plc();
    const session = await sessionOver(device, planOf(["DB1,INT0"]));
    await session.readGroup(0, signal);
    device.hangUp();
    await expect
      .poll(() => session.readGroup(0, signal).catch((thrown) => thrown.code))
      .toBe("PLC_UNREACHABLE");
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    await expect(sessionOver(device, planOf(["DB1,INT0"]))).rejects.toMatchObject({
      name: "EdgeError",
      code: "PLC_UNREACHABLE",
      diagnosis: "PORT_CLOSED",
    });
  });
});
