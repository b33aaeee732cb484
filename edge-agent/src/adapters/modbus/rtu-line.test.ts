import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import crc16 from "modbus-serial/utils/crc16.js";
import { afterEach, describe, expect, it } from "vitest";
import { StatusCode } from "../../core/quality.ts";
import { createModbusDevice } from "./device.ts";
import { modbusRtuOptions } from "./options.ts";
import type { ReadRequest } from "./request.ts";
import { openRtuLine } from "./rtu-line.ts";
import { startPymodbusRtu, startSerialLine, startSerialLineToTcp } from "./testing/children.ts";
import { keepLog, planOf, waveformAt } from "./testing/plans.ts";

const never = new AbortController().signal;
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A frame with its check sum. */
function rtu(...bytes: readonly number[]): Buffer {
  const frame = Buffer.from([...bytes, 0, 0]);
  frame.writeUInt16LE(crc16(frame.subarray(0, -2)), frame.length - 2);
  return frame;
}

interface Slave {
  readonly requests: readonly Buffer[];
  readonly socket: () => Socket | undefined;
}

/** A serial line with a slave under the test's control: answering gets each request and its number from 0. */
async function setUp(
  answering: (socket: Socket, nth: number, request: Buffer) => void,
  requestTimeoutMs = 80,
) {
  const requests: Buffer[] = [];
  let last: Socket | undefined;
  const server: Server = createServer((socket) => {
    last = socket;
    let held = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      held = Buffer.concat([held, bytes]);
      for (; held.length >= 8; held = held.subarray(8)) {
        const request = Buffer.from(held.subarray(0, 8));
        requests.push(request);
        answering(socket, requests.length - 1, request);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const serial = await startSerialLineToTcp(port);
  const log = keepLog();
  const options = { ...modbusRtuOptions.parse({ path: serial.ours }), requestTimeoutMs };
  const line = await openRtuLine(options, { clock: createSystemClock(), logger: log }, never);
  closers.push(
    async () => {
      server.close();
    },
    serial.close,
    line.close,
  );
  const slave: Slave = { requests, socket: () => last };
  return { line, log, serial, slave };
}

const ask: ReadRequest = { unit: 1, table: "hr", start: 100, quantity: 1 };
const registerOf = (outcome: { kind: string; view?: DataView }) => outcome.view?.getUint16(0);

describe("modbus rtu line", () => {
  it("asks with a check sum and takes the answer", async () => {
    const { line, slave } = await setUp((socket) => socket.write(rtu(1, 3, 2, 0, 42)));
    expect(registerOf(await line.exchange(ask, never))).toBe(42);
    expect(slave.requests[0]?.toString("hex")).toBe(rtu(1, 3, 0, 100, 0, 1).toString("hex"));
  });

  it("hands an exception on", async () => {
    const { line } = await setUp((socket) => socket.write(rtu(1, 0x83, 2)));
    expect(await line.exchange(ask, never)).toEqual({ kind: "exception", code: 2 });
  });

  it("never takes a late answer for the next one's", async () => {
    const { line, slave } = await setUp((socket, nth) => {
      if (nth > 0) socket.write(rtu(1, 3, 2, 0, 2));
    }, 300);
    expect(await line.exchange(ask, never)).toMatchObject({ kind: "timeout" });
    // The line is listened to for as long again before the next question.
    slave.socket()?.write(rtu(1, 3, 2, 0, 1));
    expect(registerOf(await line.exchange(ask, never))).toBe(2);
    expect(registerOf(await line.exchange(ask, never))).toBe(2);
  });

  it("waits after a question that was given up, too", async () => {
    const impatient = new AbortController();
    const { line, slave } = await setUp((socket, nth) => {
      if (nth > 0) socket.write(rtu(1, 3, 2, 0, 2));
      else impatient.abort(new Error("enough"));
    }, 300);
    await expect(line.exchange(ask, impatient.signal)).rejects.toThrow("enough");
    slave.socket()?.write(rtu(1, 3, 2, 0, 1));
    expect(registerOf(await line.exchange(ask, never))).toBe(2);
  });

  it("ends at once for a caller who gives up while the line is listened to", async () => {
    const { line, slave } = await setUp(() => undefined, 300);
    await line.exchange(ask, never);
    const impatient = new AbortController();
    const second = line.exchange(ask, impatient.signal);
    impatient.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    expect(slave.requests).toHaveLength(1);
  });

  it("throws away what comes behind an answer", async () => {
    const { line } = await setUp((socket, nth) => {
      const more = nth === 0 ? rtu(1, 3, 2, 0, 99) : Buffer.alloc(0);
      socket.write(Buffer.concat([rtu(1, 3, 2, 0, nth), more]));
    });
    expect(registerOf(await line.exchange(ask, never))).toBe(0);
    expect(registerOf(await line.exchange(ask, never))).toBe(1);
  });

  it("asks once more after a disturbed answer", async () => {
    const { line, log } = await setUp((socket, nth) => {
      const frame = rtu(1, 3, 2, 0, 7);
      if (nth === 0) frame.writeUInt8(8, 4);
      socket.write(frame);
    });
    expect(registerOf(await line.exchange(ask, never))).toBe(7);
    expect(log.lines).toEqual(["debug modbus reply disturbed, asking again"]);
  });

  it.each<[string, Buffer, RegExp]>([
    ["a wrong check sum", Buffer.from([1, 3, 2, 0, 7, 0, 0]), /the check sum \(CRC\) is wrong/],
    ["an answer that breaks off", Buffer.from([1, 3, 2, 0]), /4 bytes came that are no whole reply/],
    ["an answer that goes on", rtu(1, 3, 4, 0, 7, 0, 7), /the check sum \(CRC\) is wrong/],
    ["another unit's answer", rtu(9, 3, 2, 0, 7), /7 bytes came that are no whole reply/],
    ["another length under a good check sum", rtu(1, 3, 9, 0, 7), /it announces 9 data bytes instead of 2/],
    ["noise", Buffer.alloc(600, 0x55), /bytes came that are no whole reply/],
  ])("takes the line for useless after %s, twice", async (_name, bytes, message) => {
    const { line, slave } = await setUp((socket) => socket.write(bytes), 200);
    await expect(line.exchange(ask, never)).rejects.toMatchObject({
      code: "PDU_MALFORMED",
      message: expect.stringMatching(message),
    });
    expect(slave.requests).toHaveLength(2);
    await expect(line.exchange(ask, never)).rejects.toMatchObject({ code: "PDU_MALFORMED" });
  });

  it("notices that the adapter is gone", async () => {
    const { line, serial } = await setUp(() => undefined, 5000);
    const waiting = line.exchange(ask, never);
    await Promise.all([expect(waiting).rejects.toMatchObject({ code: "PLC_UNREACHABLE" }), serial.close()]);
    await line.close();
  });

  it("rejects whoever waits when it is closed", async () => {
    const { line } = await setUp(() => undefined, 5000);
    const waiting = line.exchange(ask, never);
    await Promise.all([expect(waiting).rejects.toMatchObject({ code: "PLC_UNREACHABLE" }), line.close()]);
    await line.close();
    await expect(line.exchange(ask, never)).rejects.toMatchObject({ code: "PLC_UNREACHABLE" });
  });

  it("says when there is no such port", async () => {
    const options = modbusRtuOptions.parse({ path: "/dev/no-such-port" });
    const deps = { clock: createSystemClock(), logger: keepLog() };
    await expect(openRtuLine(options, deps, never)).rejects.toMatchObject({
      code: "PLC_UNREACHABLE",
      message: expect.stringMatching(
        /cannot open serial port \/dev\/no-such-port; is the adapter plugged in/,
      ),
    });
  });

  it("closes a port that opens when the caller has given up", async () => {
    const serial = await startSerialLine();
    closers.push(serial.close);
    const options = modbusRtuOptions.parse({ path: serial.ours });
    const deps = { clock: createSystemClock(), logger: keepLog() };
    for (const turns of [0, 1, 3]) {
      const impatient = new AbortController();
      const opening = openRtuLine(options, deps, impatient.signal);
      for (let i = 0; i < turns; i += 1) await undefined;
      impatient.abort(new Error("enough"));
      await expect(opening).rejects.toThrow("enough");
    }
    const line = await openRtuLine(options, deps, never);
    await line.close();
  });

  it("says when the port does not open in time", async () => {
    const serial = await startSerialLine();
    closers.push(serial.close);
    const options = modbusRtuOptions.parse({ path: serial.ours });
    // All time is over as soon as the port is being opened.
    const deadline = () => {
      const controller = new AbortController();
      queueMicrotask(() => controller.abort(new Error("too late")));
      return { signal: controller.signal, expired: true, dispose: () => undefined };
    };
    const deps = { clock: { ...createSystemClock(), deadline }, logger: keepLog() };
    await expect(openRtuLine(options, deps, never)).rejects.toMatchObject({
      code: "PLC_TIMEOUT",
      message: `serial port ${serial.ours} did not open in 3000 ms`,
    });
  });

  it("does not open when the caller has given up", async () => {
    const options = modbusRtuOptions.parse({ path: "/dev/no-such-port" });
    const deps = { clock: createSystemClock(), logger: keepLog() };
    const given = AbortSignal.abort(new Error("enough"));
    await expect(openRtuLine(options, deps, given)).rejects.toThrow("enough");
  });
});

describe("modbus rtu device against pymodbus", () => {
  it("reads tags and a waveform, and keeps the line when one unit is silent", async () => {
    const serial = await startSerialLine();
    closers.push(serial.close);
    const slave = await startPymodbusRtu(serial.theirs);
    closers.push(slave.close);
    const tags = ["hr:7", "ir:20", "coil:9", "di:25", "hr:300#unit=2", "hr:1#unit=9", "hr:5000"];
    const plan = planOf(tags, [waveformAt("hr:100,UINT16", "hr:3", 300)], "modbus-rtu");
    const options = modbusRtuOptions.parse({ path: serial.ours, requestTimeoutMs: 300 });
    const deps = { clock: createSystemClock(), logger: keepLog(), random: () => 0.5 };
    const session = await createModbusDevice(plan, options, deps).connect(never);
    closers.push(session.close);
    for (let scan = 0; scan < 2; scan += 1) {
      const batch = await session.readGroup(0, never);
      expect([...batch.value]).toEqual([7, 1020, 1, 1, 300, Number.NaN, Number.NaN]);
      expect([...batch.status].slice(5)).toEqual([StatusCode.BadTimeout, StatusCode.BadNodeIdUnknown]);
    }
    expect(await session.readSequence(0, never)).toBe(3);
    expect([...(await session.readBlock(0, never))]).toEqual(Array.from({ length: 300 }, (_, i) => 100 + i));
  });
});
