import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Clock } from "../clock/clock.ts";
import { createSystemClock } from "../clock/system-clock.ts";
import { encodeAdu } from "../wire/mbap.ts";
import { encodeModbusReply, type ModbusRequest } from "../wire/modbus-pdu.ts";
import { type ModbusClient, type ModbusOptions, openModbus } from "./modbus-client.ts";
import { ModbusException } from "./modbus-exception.ts";
import { type FakeModbus, type FakeModbusTraits, startFakeModbus } from "./testing/fake-modbus.ts";

const clock = createSystemClock();
const { signal } = new AbortController();
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function device(traits: FakeModbusTraits = {}): Promise<FakeModbus> {
  const fake = await startFakeModbus(traits);
  cleanups.push(() => fake.close());
  return fake;
}

async function client(
  port: number,
  options: Partial<ModbusOptions> = {},
  time: Clock = clock,
): Promise<ModbusClient> {
  const opened = await openModbus(
    {
      host: "127.0.0.1",
      port,
      unit: 1,
      connectTimeoutMs: 5000,
      requestTimeoutMs: 5000,
      minGapMs: 0,
      maxRegisters: 111,
      maxBits: 2000,
      ...options,
    },
    { clock: time },
    signal,
  );
  cleanups.push(() => opened.close());
  return opened;
}

const counts = (fake: FakeModbus): number[] =>
  fake.requests.map((request) => (request.kind === "read" ? request.count : -1));

const reaches = (request: ModbusRequest, address: number): boolean =>
  request.kind === "read" && request.start <= address && address < request.start + request.count;

describe("Modbus client", () => {
  it("reads registers in blocks that grow while the device gives them", async () => {
    const fake = await device();
    const modbus = await client(fake.port);
    const registers = await modbus.readRegisters("holding", 100, 400, signal);
    expect(registers).toHaveLength(400);
    expect([...registers].every((register, i) => register === fake.memory.readUInt16BE(2 * (100 + i)))).toBe(
      true,
    );
    expect(counts(fake)).toEqual([32, 64, 111, 111, 82]);
    expect(modbus.limits.registers).toBe(111);
    expect(modbus.counters).toEqual({ requests: 5, strayReplies: 0 });
  });

  it("reads bits of any alignment", async () => {
    const fake = await device();
    const modbus = await client(fake.port);
    const bits = await modbus.readBits("discrete", 13, 1001, signal);
    const bit = (at: number) => ((fake.memory[at >> 3] ?? 0) >> (at & 7)) & 1;
    expect([...bits]).toEqual(Array.from({ length: 1001 }, (_, i) => bit(13 + i)));
    expect(counts(fake)).toEqual([512, 489]);
  });

  it("writes one or many registers and bits, each in one transaction", async () => {
    const fake = await device();
    const modbus = await client(fake.port);
    await modbus.writeRegisters(10, Uint16Array.of(0xabcd), signal);
    await modbus.writeRegisters(12, Uint16Array.of(1, 2), signal);
    await modbus.writeBits(1003, [true], signal);
    await modbus.writeBits(1008, [false, true, false, true, true, true, true, true, true], signal);
    expect(fake.memory.toString("hex", 20, 28)).toMatch(/^abcd....00010002$/);
    expect([...(await modbus.readBits("coil", 1008, 9, signal))]).toEqual([0, 1, 0, 1, 1, 1, 1, 1, 1]);
    expect(fake.adus.slice(0, 4).map((adu) => adu.pdu[0])).toEqual([6, 16, 5, 15]);
    await expect(modbus.writeRegisters(0, new Uint16Array(124), signal)).rejects.toThrow(RangeError);
    await expect(modbus.writeBits(0, new Array<boolean>(1969), signal)).rejects.toThrow(RangeError);
  });

  it("asks for less where the device says that it is too much", async () => {
    const fake = await device({
      refuse: (request) => (request.kind === "read" && request.count > 40 ? 3 : 0),
    });
    const modbus = await client(fake.port);
    const registers = await modbus.readRegisters("input", 0, 128, signal);
    expect(registers[127]).toBe(fake.memory.readUInt16BE(254));
    expect(counts(fake)).toEqual([32, 64, 32, 32, 32]);
    expect(modbus.limits.registers).toBe(32);
  });

  it("names the very register that the device does not have", async () => {
    const fake = await device({ refuse: (request) => (reaches(request, 77) ? 2 : 0) });
    const modbus = await client(fake.port);
    const failure = await modbus.readRegisters("holding", 0, 100, signal).catch((thrown) => thrown);
    expect(failure).toBeInstanceOf(ModbusException);
    expect(failure).toMatchObject({
      code: "PLC_REFUSED",
      diagnosis: "MODBUS_ADDRESS_REFUSED",
      exception: 2,
      request: { start: 77, count: 1 },
    });
    expect(failure.message).toContain("function 3, holding 77 with exception 02");
    expect(modbus.ended.aborted).toBe(false);
  });

  it("puts halves together where only the whole is refused, down to single bits", async () => {
    const fake = await device({
      refuse: (request) => (request.kind === "read" && request.count > 3 ? 2 : 0),
    });
    const modbus = await client(fake.port);
    const bits = await modbus.readBits("coil", 5, 21, signal);
    const bit = (at: number) => ((fake.memory[at >> 3] ?? 0) >> (at & 7)) & 1;
    expect([...bits]).toEqual(Array.from({ length: 21 }, (_, i) => bit(5 + i)));
  });

  it("asks a busy device again, three times", async () => {
    let asked = 0;
    const fake = await device({
      refuse: () => {
        asked += 1;
        return asked < 4 ? 6 : 0;
      },
    });
    const modbus = await client(fake.port);
    await modbus.read({ table: "holding", start: 0, count: 1 }, signal);
    expect(asked).toBe(4);
    asked = -10;
    await expect(modbus.read({ table: "holding", start: 0, count: 1 }, signal)).rejects.toMatchObject({
      diagnosis: "MODBUS_BUSY",
    });
    expect(asked).toBe(-6);
  });

  it("does not write again what the device has acknowledged", async () => {
    const codes = [6, 6, 5];
    const fake = await device({ refuse: () => codes.shift() ?? 0 });
    const modbus = await client(fake.port);
    await expect(modbus.writeRegisters(0, Uint16Array.of(1), signal)).rejects.toMatchObject({ exception: 5 });
    expect(fake.requests).toHaveLength(3);
  });

  it.each([
    [1, "MODBUS_FUNCTION_REFUSED"],
    [4, undefined],
    [10, "MODBUS_GATEWAY_TARGET"],
    [11, "MODBUS_GATEWAY_TARGET"],
    [0xf0, undefined],
  ])("keeps the connection over exception %i", async (code, diagnosis) => {
    const fake = await device({ refuse: () => code });
    const modbus = await client(fake.port);
    const reads = [1, 2].map(() => modbus.read({ table: "coil", start: 0, count: 8 }, signal));
    for (const read of reads) await expect(read).rejects.toMatchObject({ exception: code, diagnosis });
    expect([fake.connections, modbus.ended.aborted]).toEqual([1, false]);
  });

  it("drops a late answer and never takes it for the next one", async () => {
    const late: Buffer[] = [];
    const fake = await device({
      answer(adu, request, socket) {
        if (request.kind !== "read") return false;
        if (late.length === 0) {
          late.push(encodeAdu({ ...adu, pdu: encodeModbusReply(request, Buffer.from("dead", "hex")) }));
          return true;
        }
        for (const reply of late) socket.write(reply);
        return false;
      },
    });
    const modbus = await client(fake.port, { requestTimeoutMs: 500 });
    const one = { table: "holding", start: 0, count: 1 } as const;
    await expect(modbus.read(one, signal)).rejects.toMatchObject({
      code: "PLC_TIMEOUT",
      diagnosis: "MODBUS_UNIT_SILENT",
    });
    expect(await modbus.read(one, signal)).toEqual(fake.memory.subarray(0, 2));
    expect(modbus.counters.strayReplies).toBe(1);
  });

  it("drops doubled answers and answers of other units", async () => {
    const fake = await device({
      answer(adu, request, socket) {
        if (request.kind !== "read") return false;
        const pdu = encodeModbusReply(request, fake.memory.subarray(0, 2));
        const foreign = encodeModbusReply(request, Buffer.from("dead", "hex"));
        socket.write(encodeAdu({ ...adu, unit: 9, pdu: foreign }));
        socket.write(encodeAdu({ ...adu, pdu }));
        socket.write(encodeAdu({ ...adu, pdu: foreign }));
        return true;
      },
    });
    const modbus = await client(fake.port);
    for (let i = 0; i < 5; i += 1) {
      const bytes = await modbus.read({ table: "holding", start: 0, count: 1 }, signal);
      expect(bytes).toEqual(fake.memory.subarray(0, 2));
    }
    expect(modbus.counters.strayReplies).toBeGreaterThanOrEqual(9);
  });

  it("speaks of late answers when it has seen some", async () => {
    let isFirst = true;
    const fake = await device({
      answer(adu, request, socket) {
        if (isFirst && request.kind === "read") {
          isFirst = false;
          const pdu = encodeModbusReply(request, Buffer.alloc(2));
          socket.write(encodeAdu({ transaction: adu.transaction ^ 0x4000, unit: 1, pdu }));
        }
        return true;
      },
    });
    const modbus = await client(fake.port, { requestTimeoutMs: 500 });
    await expect(modbus.read({ table: "holding", start: 0, count: 1 }, signal)).rejects.toMatchObject({
      code: "PLC_TIMEOUT",
      diagnosis: "MODBUS_LATE_REPLY",
    });
  });

  it("gives the link up after three silences in a row", async () => {
    const fake = await device({ refuse: () => undefined });
    const modbus = await client(fake.port, { requestTimeoutMs: 50 });
    const read = () => modbus.read({ table: "holding", start: 0, count: 1 }, signal);
    await expect(read()).rejects.toMatchObject({ code: "PLC_TIMEOUT" });
    await expect(read()).rejects.toMatchObject({ code: "PLC_TIMEOUT" });
    await expect(read()).rejects.toMatchObject({ code: "PLC_UNREACHABLE", diagnosis: "LINK_LOST" });
    expect(modbus.ended.reason).toMatchObject({ diagnosis: "LINK_LOST" });
    await expect(read()).rejects.toMatchObject({ diagnosis: "LINK_LOST" });
  });

  it("ends at once when the device hangs up", async () => {
    const fake = await device({
      answer(_adu, _request, socket) {
        socket.destroy();
        return true;
      },
    });
    const modbus = await client(fake.port);
    const reads = [1, 2, 3].map(() => modbus.read({ table: "holding", start: 0, count: 1 }, signal));
    for (const read of reads) await expect(read).rejects.toMatchObject({ diagnosis: "LINK_LOST" });
    await modbus.close();
  });

  it.each([
    ["no Modbus at all", "485454502f312e312034303020426164"],
    ["an answer of another function", "000100000003018402"],
    ["an answer that is too short", "000100000005010302ff"],
  ])("ends on %s", async (_, bytes) => {
    const fake = await device({
      answer(_adu, _request, socket) {
        socket.write(Buffer.from(bytes, "hex"));
        return true;
      },
    });
    const modbus = await client(fake.port, { requestTimeoutMs: 500 });
    const failure = modbus.read({ table: "holding", start: 0, count: 1 }, signal);
    const isCut = bytes.startsWith("000100000005");
    await expect(failure).rejects.toMatchObject({ code: isCut ? "PLC_TIMEOUT" : "PDU_MALFORMED" });
  });

  it("sends one request at a time, also when the caller gave one up", async () => {
    const held: (() => void)[] = [];
    const fake = await device({
      answer(adu, request, socket) {
        if (request.kind !== "read") return false;
        const pdu = encodeModbusReply(request, Buffer.alloc(2, request.start));
        held.push(() => socket.write(encodeAdu({ ...adu, pdu })));
        return true;
      },
    });
    const modbus = await client(fake.port);
    const given = new AbortController();
    const first = modbus.read({ table: "holding", start: 1, count: 1 }, given.signal);
    await expect.poll(() => held.length).toBe(1);
    given.abort(new DOMException("enough", "AbortError"));
    await expect(first).rejects.toThrow("enough");
    const second = modbus.read({ table: "holding", start: 2, count: 1 }, signal);
    const third = modbus.read({ table: "holding", start: 3, count: 1 }, given.signal);
    await expect(third).rejects.toThrow("enough");
    expect(held).toHaveLength(1);
    held[0]?.();
    await expect.poll(() => held.length).toBe(2);
    held[1]?.();
    expect(await second).toEqual(Buffer.of(2, 2));
    expect(fake.requests).toHaveLength(2);
  });

  it("pauses between requests as long as it is told to", async () => {
    const fake = await device();
    const pauses: number[] = [];
    const watched: Clock = {
      ...clock,
      sleep(ms, during) {
        pauses.push(ms);
        return clock.sleep(ms, during);
      },
    };
    const modbus = await client(fake.port, { minGapMs: 30 }, watched);
    for (let i = 0; i < 4; i += 1) await modbus.read({ table: "holding", start: 0, count: 1 }, signal);
    expect(pauses).toHaveLength(3);
    for (const pause of pauses) expect(pause > 0 && pause <= 30).toBe(true);
  });

  it("says that nobody answers when the time to connect is over", async () => {
    const fake = await device();
    const hasty: Clock = {
      ...clock,
      deadline() {
        const ended = new AbortController();
        queueMicrotask(() => ended.abort());
        return { signal: ended.signal, expired: true, dispose() {} };
      },
    };
    await expect(client(fake.port, { connectTimeoutMs: 77 }, hasty)).rejects.toMatchObject({
      code: "PLC_UNREACHABLE",
      diagnosis: "HOST_SILENT",
      message: expect.stringContaining("within 77 ms"),
    });
  });

  it("parts with FIN and is done with whoever waits", async () => {
    const fake = await device({ refuse: () => undefined });
    const modbus = await client(fake.port);
    const reads = [1, 2].map(() => modbus.read({ table: "holding", start: 0, count: 1 }, signal));
    await expect.poll(() => fake.requests.length).toBe(1);
    const ended = once(fake.socket, "end");
    const closing = modbus.close();
    for (const read of reads) await expect(read).rejects.toThrow("is closed");
    await ended;
    await closing;
    await modbus.close();
    expect(modbus.ended.aborted).toBe(true);
  });

  it("refuses to queue without end", async () => {
    const fake = await device({ refuse: () => undefined });
    const modbus = await client(fake.port);
    const reads = Array.from({ length: 257 }, () =>
      modbus.read({ table: "holding", start: 0, count: 1 }, signal).catch((thrown) => thrown),
    );
    expect(await reads[256]).toBeInstanceOf(RangeError);
    await modbus.close();
    await Promise.all(reads);
  });

  it("says what is wrong where nobody listens", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(client(port)).rejects.toMatchObject({ code: "PLC_UNREACHABLE", diagnosis: "PORT_CLOSED" });
    const gone = AbortSignal.abort(new DOMException("stop", "AbortError"));
    const options = {
      host: "127.0.0.1",
      port,
      unit: 1,
      connectTimeoutMs: 100,
      requestTimeoutMs: 100,
      minGapMs: 0,
      maxRegisters: 1,
      maxBits: 1,
    };
    await expect(openModbus(options, { clock }, gone)).rejects.toThrow("stop");
    await expect(
      openModbus({ ...options, host: "no-such-host.invalid" }, { clock }, signal),
    ).rejects.toMatchObject({ code: "PLC_UNREACHABLE", diagnosis: "HOST_SILENT" });
  });
});
