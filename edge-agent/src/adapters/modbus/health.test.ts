import { createManualClock, createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import type { PolledSession } from "../../ports/driver.ts";
import { createModbusDevice } from "./device.ts";
import { type ModbusTcpOptions, modbusTcpOptions } from "./options.ts";
import { connectTcp } from "./tcp-connect.ts";
import { keepLog, planOf } from "./testing/plans.ts";
import { ownAddresses, type RawRequest, startRawPeer } from "./testing/raw-peer.ts";
import { withExchangedWords } from "./word-order.ts";

const never = new AbortController().signal;
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function sessionWith(
  answering: (request: RawRequest) => void,
  addresses: readonly string[],
  options: Partial<ModbusTcpOptions> = {},
): Promise<PolledSession> {
  const peer = await startRawPeer(answering);
  closers.push(peer.close);
  const parsed = modbusTcpOptions.parse({ host: "127.0.0.1", port: peer.port, ...options });
  const deps = { clock: createSystemClock(), logger: keepLog(), random: () => 0.5 };
  const session = await createModbusDevice(planOf(addresses), parsed, deps).connect(never);
  closers.push(session.close);
  return session;
}

const well = (request: RawRequest) => request.answer(ownAddresses(request));

/** The registers of a 32-bit float, low word first. */
function lowWordFirst(value: number): number[] {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, withExchangedWords(value));
  return [view.getUint16(0), view.getUint16(2)];
}

describe("the health of a modbus device", () => {
  it.each([
    [1, "MODBUS_FUNCTION_REFUSED", "exception 01"],
    [2, "MODBUS_ADDRESS_REFUSED", "exception 02"],
    [6, "MODBUS_BUSY", "busy"],
    [11, "MODBUS_GATEWAY_TARGET", "0A or 0B"],
  ])("after exception %i is %s, with the tag that shows it", async (code, diagnosis, words) => {
    let isRefusing = true;
    const session = await sessionWith(
      (request) => (isRefusing ? request.refuse(code) : well(request)),
      ["hr:7"],
    );
    await session.readGroup(0, never);
    expect(session.diagnosis).toMatchObject({ code: diagnosis });
    expect(session.diagnosis?.observed).toContain("hr:7 hr:7 of unit 1");
    expect(session.diagnosis?.observed).toContain(words);
    isRefusing = false;
    if (code === 2) return;
    // A refused address is left out for a minute; all else is asked for in the next scan.
    await session.readGroup(0, never);
    expect(session.diagnosis).toBeUndefined();
  });

  it("is well while all is answered, and has nothing to teach", async () => {
    const session = await sessionWith(well, ["hr:7", "hr:9,UINT32"]);
    await session.readGroup(0, never);
    expect([session.diagnosis, session.learnt]).toEqual([undefined, undefined]);
  });

  it("is a silent unit where the others answer, and where nobody ever did", async () => {
    const options = { requestTimeoutMs: 30, timeoutLimit: 2 };
    const some = await sessionWith(
      (request) => request.unit === 1 && well(request),
      ["hr:1", "hr:1#unit=9"],
      options,
    );
    await some.readGroup(0, never);
    expect(some.diagnosis).toEqual({
      code: "MODBUS_UNIT_SILENT",
      observed: "hr:1#unit=9 hr:1#unit=9 of unit 9: no answer",
    });
    const none = await sessionWith(() => undefined, ["hr:1"], options);
    await none.readGroup(0, never);
    await expect(none.readGroup(0, never)).rejects.toMatchObject({ diagnosis: "MODBUS_UNIT_SILENT" });
  });

  it("is a lost link where the device used to answer", async () => {
    let isSilent = false;
    const options = { requestTimeoutMs: 30, timeoutLimit: 1 };
    const session = await sessionWith((request) => !isSilent && well(request), ["hr:1"], options);
    await session.readGroup(0, never);
    isSilent = true;
    await expect(session.readGroup(0, never)).rejects.toMatchObject({ diagnosis: "LINK_LOST" });
  });

  it("is a wrong word order where floats are absurd and would not be with their registers exchanged", async () => {
    const registers = [...lowWordFirst(42), ...lowWordFirst(21.5)];
    const session = await sessionWith(
      (request) => request.answer(registers),
      ["hr:0,FLOAT32", "hr:2,FLOAT32"],
    );
    await session.readGroup(0, never);
    const first = session.diagnosis;
    expect(first?.code).toBe("MODBUS_WORD_ORDER");
    expect(first?.observed).toContain("with its registers exchanged it would be 42.00");
    registers.splice(0, 2, ...lowWordFirst(43));
    await session.readGroup(0, never);
    expect(session.diagnosis).toBe(first);
  });

  it("is slow once an answer came that nobody waited for any more", async () => {
    let delayMs = 60;
    const session = await sessionWith((request) => void setTimeout(() => well(request), delayMs), ["hr:1"], {
      requestTimeoutMs: 30,
    });
    await session.readGroup(0, never);
    delayMs = 0;
    await expect.poll(() => session.diagnosis?.code, { timeout: 5000 }).toBe("MODBUS_UNIT_SILENT");
    const reread = async () => {
      await session.readGroup(0, never);
      return session.diagnosis;
    };
    await expect.poll(reread, { timeout: 5000 }).toEqual({
      code: "MODBUS_LATE_REPLY",
      observed: "answers come later than requestTimeoutMs (30 ms)",
    });
  });

  it("comes with the most registers that the device gives at once", async () => {
    const session = await sessionWith(
      (request) => (request.quantity > 8 ? request.refuse(3) : well(request)),
      Array.from({ length: 16 }, (_, i) => `hr:${i}`),
    );
    await session.readGroup(0, never);
    await session.readGroup(0, never);
    expect(session.learnt).toEqual({ maxRegisters: 8 });
  });

  it("is told before there is a session: a closed port, a silent host", async () => {
    const peer = await startRawPeer();
    await peer.close();
    const to = { host: "127.0.0.1", port: peer.port, connectTimeoutMs: 1000 };
    const clock = createSystemClock();
    await expect(connectTcp(to, clock, never)).rejects.toMatchObject({ diagnosis: "PORT_CLOSED" });
    const unnamed = { ...to, host: "no-such-host.invalid" };
    await expect(connectTcp(unnamed, clock, never)).rejects.toMatchObject({ diagnosis: undefined });
    // The clock ends the wait before the network can answer.
    const manual = createManualClock();
    const waiting = expect(connectTcp({ ...to, host: "203.0.113.1" }, manual, never)).rejects.toMatchObject({
      diagnosis: "HOST_SILENT",
    });
    await manual.advance(1000);
    await waiting;
  });
});
