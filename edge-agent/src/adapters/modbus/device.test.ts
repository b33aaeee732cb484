import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import { StatusCode } from "../../core/quality.ts";
import type { PolledSession, ScanPlan } from "../../ports/driver.ts";
import { createModbusDevice, silentIntervalMs } from "./device.ts";
import { type ModbusTcpOptions, modbusTcpOptions } from "./options.ts";
import { startPymodbusTcp } from "./testing/children.ts";
import { keepLog, planOf, waveformAt } from "./testing/plans.ts";
import { ownAddresses, type RawRequest, startRawPeer } from "./testing/raw-peer.ts";

const never = new AbortController().signal;
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function connectTo(
  port: number,
  plan: ScanPlan,
  options: Partial<ModbusTcpOptions> = {},
): Promise<PolledSession> {
  const parsed = modbusTcpOptions.parse({ host: "127.0.0.1", port, ...options });
  const deps = { clock: createSystemClock(), logger: keepLog(), random: () => 0.5 };
  const session = await createModbusDevice(plan, parsed, deps).connect(never);
  closers.push(session.close);
  return session;
}

async function setUp(
  answering: (request: RawRequest) => void,
  plan: ScanPlan,
  options: Partial<ModbusTcpOptions> = {},
) {
  const peer = await startRawPeer(answering);
  closers.push(peer.close);
  return { peer, session: await connectTo(peer.port, plan, options) };
}

const echo = (request: RawRequest) => request.answer(ownAddresses(request));

describe("modbus tcp device", () => {
  it("reads a group in the fewest requests", async () => {
    const { peer, session } = await setUp(echo, planOf(["hr:100", "hr:102", "hr:4", "ir:9,UINT32"]));
    const batch = await session.readGroup(0, never);
    expect([...batch.value]).toEqual([100, 102, 4, 9 * 65_536 + 10]);
    expect(peer.requests.map(({ fn, quantity, start }) => [fn, start, quantity])).toEqual([
      [3, 4, 1],
      [3, 100, 3],
      [4, 9, 2],
    ]);
  });

  it("keeps as many requests in flight as it may, and no more", async () => {
    let open = 0;
    let most = 0;
    const held: RawRequest[] = [];
    const tags = Array.from({ length: 40 }, (_, i) => `hr:${i * 100}`);
    const { session } = await setUp(
      (request) => {
        open += 1;
        most = Math.max(most, open);
        held.push(request);
        // Answers all that it holds as soon as no more can be expected, the newest first.
        if (held.length < 4) return;
        for (const one of held.splice(0).reverse()) {
          open -= 1;
          echo(one);
        }
      },
      planOf(tags),
      { jobsInFlight: 4 },
    );
    const batch = await session.readGroup(0, never);
    expect([...batch.value]).toEqual(Array.from({ length: 40 }, (_, i) => i * 100));
    expect(most).toBe(4);
  });

  it("keeps the connection for the other units when one is silent", async () => {
    const { peer, session } = await setUp(
      (request) => {
        if (request.unit !== 2) echo(request);
      },
      planOf(["hr:1", "hr:2#unit=2", "hr:3#unit=3"]),
      { requestTimeoutMs: 150, timeoutLimit: 2 },
    );
    for (let scan = 0; scan < 5; scan += 1) {
      const batch = await session.readGroup(0, never);
      expect([...batch.value]).toEqual([1, Number.NaN, 3]);
      expect([...batch.status]).toEqual([0, StatusCode.BadTimeout, 0]);
    }
    expect(peer.connections).toBe(1);
    // Twice in vain, then it is left alone.
    expect(peer.requests.filter(({ unit }) => unit === 2)).toHaveLength(2);
  });

  it("keeps the connection when a gateway cannot reach a unit", async () => {
    const { peer, session } = await setUp(
      (request) => (request.unit === 2 ? request.refuse(0x0b) : echo(request)),
      planOf(["hr:1", "hr:2#unit=2"]),
    );
    const batch = await session.readGroup(0, never);
    expect([...batch.status]).toEqual([0, StatusCode.BadCommunicationError]);
    expect([...(await session.readGroup(0, never)).value]).toEqual([1, Number.NaN]);
    expect(peer.connections).toBe(1);
  });

  it("gives the session up when nobody answers any more", async () => {
    const { session } = await setUp(() => undefined, planOf(["hr:1", "hr:1000", "hr:2000", "hr:3000"]), {
      requestTimeoutMs: 20,
    });
    await expect(session.readGroup(0, never)).rejects.toMatchObject({ code: "PLC_TIMEOUT" });
    await expect(session.readGroup(0, never)).rejects.toMatchObject({ code: "PLC_TIMEOUT" });
    await expect(session.readSequence(9, never)).rejects.toThrow(RangeError);
  });

  it("rejects a scan when a reply is garbage", async () => {
    const { session } = await setUp((request) => request.socket.write("what?"), planOf(["hr:1"]), {
      requestTimeoutMs: 20,
    });
    await expect(session.readGroup(0, never)).rejects.toMatchObject({ code: "PDU_MALFORMED" });
  });

  it("remembers holes over a new connection and asks for refused tags again", async () => {
    const peer = await startRawPeer((request) => {
      const end = request.start + request.quantity;
      if (request.start <= 5 && end > 5) request.refuse(2);
      else echo(request);
    });
    closers.push(peer.close);
    const options = modbusTcpOptions.parse({ host: "127.0.0.1", port: peer.port });
    const deps = { clock: createSystemClock(), logger: keepLog(), random: () => 0.5 };
    const device = createModbusDevice(planOf(["hr:0", "hr:5", "hr:10"]), options, deps);
    const first = await device.connect(never);
    expect([...(await first.readGroup(0, never)).value]).toEqual([0, Number.NaN, 10]);
    await first.close();
    const before = peer.requests.length;
    const second = await device.connect(never);
    expect([...(await second.readGroup(0, never)).status]).toEqual([0, StatusCode.BadNodeIdUnknown, 0]);
    expect(peer.requests.slice(before).map(({ start }) => start)).toEqual([0, 10, 5]);
    await second.close();
  });

  it("reads a waveform of thousands of registers in several requests", async () => {
    const plan = planOf([], [waveformAt("hr:10,UINT16[3000]", "ir:70,UINT32", 3000)]);
    for (const jobsInFlight of [1, 8]) {
      const { peer, session } = await setUp(echo, plan, { jobsInFlight });
      expect(await session.readSequence(0, never)).toBe(70 * 65_536 + 71);
      const samples = await session.readBlock(0, never);
      expect([...samples]).toEqual(Array.from({ length: 3000 }, (_, i) => i + 10));
      expect(peer.requests).toHaveLength(1 + 24);
    }
  });

  it("keeps the connection when the device refuses a waveform", async () => {
    const plan = planOf(["hr:0"], [waveformAt("hr:10,INT16", "ir:0", 300)]);
    const { session } = await setUp(
      (request) => (request.start === 135 ? request.refuse(2) : echo(request)),
      plan,
    );
    await expect(session.readBlock(0, never)).rejects.toMatchObject({
      code: "DATA_INVALID",
      message:
        "s/a/l/c/m/hr:10,INT16: no value for hr:135 to hr:259 of unit 1: exception 02, illegal data address: the device has no such address",
    });
    expect([...(await session.readGroup(0, never)).value]).toEqual([0]);
  });

  it("keeps the connection when the device is slow for a waveform, once", async () => {
    const plan = planOf(["hr:0"], [waveformAt("hr:10,INT16", "ir:0", 10)]);
    const { session } = await setUp((request) => (request.fn === 4 ? undefined : echo(request)), plan, {
      requestTimeoutMs: 200,
    });
    await expect(session.readSequence(0, never)).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: "s/a/l/c/m/hr:10,INT16 (sequence): no value for ir:0 of unit 1: unit 1: no answer in 200 ms",
    });
    expect([...(await session.readGroup(0, never)).value]).toEqual([0]);
  });

  it("ends a scan when the caller gives up", async () => {
    const { session } = await setUp(() => undefined, planOf(["hr:1"]));
    const impatient = new AbortController();
    const scan = session.readGroup(0, impatient.signal);
    impatient.abort(new Error("enough"));
    await expect(scan).rejects.toThrow("enough");
  });

  it("pauses between an answer and the next request where the device needs it", async () => {
    const { peer, session } = await setUp(echo, planOf(["hr:1", "hr:1000"]), { minGapMs: 1 });
    expect([...(await session.readGroup(0, never)).value]).toEqual([1, 1000]);
    expect(peer.requests).toHaveLength(2);
  });
});

describe("modbus tcp device against pymodbus", () => {
  it("reads all four tables, merged and pipelined, and the other unit", async () => {
    const server = await startPymodbusTcp();
    closers.push(server.close);
    const tags = [
      "hr:7",
      "40009",
      "ir:20",
      "coil:9",
      "coil:10",
      "di:25",
      "hr:300#unit=2",
      "hr:3.1",
      "hr:0,UINT16[400]",
    ];
    const session = await connectTo(server.port, planOf(tags), { jobsInFlight: 4 });
    const batch = await session.readGroup(0, never);
    expect([...batch.status]).toEqual(new Array(9).fill(0));
    expect([...batch.value]).toEqual([7, 8, 1020, 1, 0, 1, 300, 1, Number.NaN]);
    expect(batch.other.get(8)).toEqual(Array.from({ length: 400 }, (_, i) => i));
  });

  it("gives the device's own reason for an address that it does not have", async () => {
    const server = await startPymodbusTcp();
    closers.push(server.close);
    const session = await connectTo(server.port, planOf(["hr:1999", "hr:2000", "hr:1990,INT16[5]"]));
    const batch = await session.readGroup(0, never);
    expect([...batch.status]).toEqual([0, StatusCode.BadNodeIdUnknown, 0]);
    expect(batch.value[0]).toBe(1999);
    expect(batch.other.get(2)).toEqual([1990, 1991, 1992, 1993, 1994]);
  });
});

describe("modbus device", () => {
  it("refuses a plan with a wrong address before it connects", () => {
    const deps = { clock: createSystemClock(), logger: keepLog(), random: () => 0.5 };
    const options = modbusTcpOptions.parse({ host: "127.0.0.1" });
    expect(() => createModbusDevice(planOf(["hr:x"]), options, deps)).toThrow(/address "hr:x", character 4/);
  });

  it.each([
    [{ baudRate: 9600, parity: "none", stopBits: 1 }, 3.6458],
    [{ baudRate: 9600, parity: "even", stopBits: 1 }, 4.0104],
    [{ baudRate: 19_200, parity: "none", stopBits: 2 }, 2.0052],
    [{ baudRate: 115_200, parity: "even", stopBits: 1 }, 1.75],
  ] as const)("keeps 3.5 characters of silence on a serial line: %j", (line, ms) => {
    expect(silentIntervalMs(line)).toBeCloseTo(ms, 4);
  });
});
