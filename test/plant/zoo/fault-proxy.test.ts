import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { createManualClock, createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, describe, expect, it } from "vitest";
import { type FaultyDevice, runFaults, startFaultyDevice } from "./fault-proxy.ts";
import { FAULT_KINDS, type FaultKind } from "./faults.ts";
import { zooProfiles } from "./index.ts";
import { FRAMES, openRawLine, type RawLine } from "./raw-line.ts";

const open: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const LATE_MS = 150;

async function start(id: string, latencyScale = 0): Promise<FaultyDevice> {
  const profile = zooProfiles.find((one) => one.id === id);
  if (profile === undefined) throw new TypeError(`no profile ${id}`);
  const device = await startFaultyDevice(await profile.start({ seed: 1, latencyScale }), {
    seed: 3,
    lateMs: LATE_MS,
  });
  open.push(() => device.close());
  return device;
}

async function line(device: FaultyDevice, protocol: "s7" | "modbus" = "s7"): Promise<RawLine> {
  const raw = await openRawLine(device.endpoints[0].ports[protocol] ?? 0);
  open.push(() => raw.close());
  return raw;
}

async function session(device: FaultyDevice): Promise<RawLine> {
  const raw = await line(device);
  await raw.ask(FRAMES.connect("0202"));
  await raw.ask(FRAMES.setup);
  return raw;
}

/** DB1.DBD0, which holds 42.5. */
const READ = "0300001f02f080320100000001000e00000401120a10020004000184000000";
const RIGHT = "0300001d02f0803203000000010002000800000401ff040020422a0000";

describe("fault proxy", () => {
  it("passes everything on where there is no fault, and frees the device's connection", async () => {
    const device = await start("s7-315-v26");
    const raw = await session(device);
    expect(await raw.ask(READ)).toBe(RIGHT);
    expect(device.connections).toBe(1);
    expect(device.received.map(({ bytes }) => bytes.toString("hex")).at(-1)).toBe(READ);
    raw.close();
    for (let i = 0; i < 40; i += 1) {
      const next = await session(device);
      expect(await next.ask(READ)).toBe(RIGHT);
      next.close();
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it("leaves ports alone on which nobody listens", async () => {
    const device = await start("s7-315-v26");
    const socket = connect(device.endpoints[0].ports.modbus ?? 0, "127.0.0.1");
    const [error] = await once(socket, "error");
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });

  it("keeps everything while the cable is out, and hands it over when it is in again", async () => {
    const device = await start("s7-315-v26");
    const raw = await session(device);
    await device.begin("cable-pull");
    expect(await raw.ask(READ, 100)).toBe("silence");
    const late = await line(device);
    expect(await late.ask(FRAMES.connect("0202"), 100)).toBe("silence");
    await device.end();
    expect(await raw.next()).toBe(RIGHT);
    expect(await late.next()).toMatch(/^0300001611d0/);
  });

  it("resets and refuses while the power is off, and listens on the same port after it", async () => {
    const device = await start("s7-315-v26");
    const raw = await session(device);
    await device.begin("power-cycle");
    expect(await raw.next()).toBe("reset");
    await expect(line(device)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await device.end();
    expect(await (await session(device)).ask(READ)).toBe(RIGHT);
  });

  it("breaks answers off in the middle", async () => {
    const device = await start("s7-315-v26");
    const raw = await session(device);
    await device.begin("reset-mid-reply");
    let answer = await raw.ask(READ);
    for (let i = 0; i < 30 && answer === RIGHT; i += 1) answer = await raw.ask(READ);
    expect(answer).toBe("reset");
    await device.end();
    expect(await (await session(device)).ask(READ)).toBe(RIGHT);
  });

  it.each(["split", "merge"] as const)("changes no byte under %s", async (fault) => {
    const device = await start("s7-315-v26");
    await device.begin(fault);
    const raw = await session(device);
    expect(await raw.ask(READ + READ)).toBe(RIGHT);
    expect(await raw.next()).toBe(RIGHT);
    await device.end();
    expect(await raw.ask(READ)).toBe(RIGHT);
  });

  it("doubles what an answer takes", async () => {
    const device = await start("s7-315-v26", 5);
    await device.begin("double-latency");
    const raw = await session(device);
    const asked = performance.now();
    await raw.ask(READ);
    // The CPU takes five times 3.1 ms at least.
    expect(performance.now() - asked).toBeGreaterThan(2 * 5 * 3.1);
  });

  it("takes every connection and gives them back", async () => {
    const device = await start("s7-315-v26");
    await session(device);
    await device.begin("slots-taken");
    expect(await (await line(device)).ask(FRAMES.connect("0202"))).toBe("reset");
    await device.end();
    expect(await (await session(device)).ask(READ)).toBe(RIGHT);
  });

  it("takes the only connection of a Modbus server and gives it back", async () => {
    const device = await start("single-socket-meter");
    const read = "000100000006000300000001";
    const raw = await line(device, "modbus");
    await raw.ask(read);
    await device.begin("slots-taken");
    const taken = await line(device, "modbus");
    expect(["fin", "reset"]).toContain(await taken.ask(read));
    await device.end();
    await expect.poll(async () => (await line(device, "modbus")).ask(read)).toMatch(/^0001/);
  });

  it("sends the answer before once more", async () => {
    const device = await start("s7-315-v26");
    const raw = await session(device);
    await raw.ask(FRAMES.readList("0c91", "0000"));
    await device.begin("duplicate-replies");
    expect(await raw.ask(READ)).toMatch(/d4020a000000$/);
    expect(await raw.next()).toBe(RIGHT);
  });

  it("holds answers back until later ones have passed", async () => {
    const device = await start("s7-315-v26");
    const raw = await session(device);
    await device.begin("late-replies");
    const answers = [await raw.ask(READ.repeat(12))];
    while (answers.length < 12) answers.push(await raw.next());
    expect(answers).toEqual(Array.from({ length: 12 }, () => RIGHT));
  });

  it("tells another firmware after a restart", async () => {
    const device = await start("s7-315-v26");
    const raw = await session(device);
    await device.begin("new-firmware");
    expect(await raw.next()).toBe("reset");
    expect(await (await session(device)).ask(FRAMES.readList("0111", "0007"))).toContain("56020909");
  });

  it("replaces answers by noise of the same length, the same ones for the same seed", async () => {
    const heard: string[] = [];
    for (let run = 0; run < 2; run += 1) {
      const device = await start("s7-315-v26");
      const raw = await session(device);
      await device.begin("garbage");
      let answer = await raw.ask(READ);
      for (let i = 0; i < 30 && answer === RIGHT; i += 1) answer = await raw.ask(READ);
      expect(answer.length).toBe(RIGHT.length);
      heard.push(answer);
    }
    expect(heard[0]).not.toBe(RIGHT);
    expect(heard[0]).toBe(heard[1]);
  });
});

describe("fault proxy before a device that speaks UDP", () => {
  const ASK = Buffer.from("800002000000006300ef050100", "hex");

  /** Sends as many questions and collects what comes back until it is quiet for 200 ms. */
  async function ask(device: FaultyDevice, times: number): Promise<readonly string[]> {
    const socket = createSocket("udp4");
    const heard: string[] = [];
    socket.on("message", (bytes) => heard.push(bytes.toString("hex")));
    for (let i = 0; i < times; i += 1) socket.send(ASK, device.endpoints[0].ports.fins ?? 0, "127.0.0.1");
    for (let before = -1; before < heard.length; ) {
      before = heard.length;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    socket.close();
    return heard;
  }

  it("passes datagrams on, and none while the cable is out or the power off", async () => {
    const device = await start("omron-cp1l");
    expect(await ask(device, 1)).toEqual([expect.stringMatching(/^c0/)]);
    for (const fault of ["cable-pull", "power-cycle"] as const) {
      await device.begin(fault);
      expect(await ask(device, 1)).toEqual([]);
      await device.end();
      expect(await ask(device, 1)).toHaveLength(1);
    }
  });

  it("repeats, delays and spoils answers", async () => {
    const device = await start("omron-cp1l");
    await device.begin("duplicate-replies");
    expect(await ask(device, 3)).toHaveLength(6);
    await device.begin("late-replies");
    expect(await ask(device, 12)).toHaveLength(12);
    await device.begin("garbage");
    const spoilt = (await ask(device, 12)).filter((bytes) => /^(a5)+$/.test(bytes));
    expect(spoilt.length).toBeGreaterThan(0);
    expect(spoilt.length).toBeLessThan(12);
  });

  it("forgets who has not asked for long", async () => {
    const device = await start("omron-cp1l");
    for (let i = 0; i < 70; i += 1) {
      const socket = createSocket("udp4");
      const answer = once(socket, "message");
      socket.send(ASK, device.endpoints[0].ports.fins ?? 0, "127.0.0.1");
      await answer;
      socket.close();
    }
    expect(await ask(device, 1)).toHaveLength(1);
  });
});

describe("planned faults", () => {
  it("begin and end when their time comes", async () => {
    const begun: string[] = [];
    const clock = createManualClock();
    const device = {
      begin: async (kind: FaultKind) => void begun.push(`${kind} at ${clock.monotonicMs()}`),
      end: async () => void begun.push(`over at ${clock.monotonicMs()}`),
    } as FaultyDevice;
    const over = runFaults(
      device,
      [
        { kind: "split", fromMs: 10, untilMs: 30 },
        { kind: "cable-pull", fromMs: 50 },
      ],
      clock,
      new AbortController().signal,
    );
    await clock.advance(100);
    await over;
    expect(begun).toEqual(["split at 10", "over at 30", "cable-pull at 50"]);
  });

  it("stop where the signal says so", async () => {
    const device = await start("s7-315-v26");
    const ended = runFaults(
      device,
      [{ kind: "power-cycle", fromMs: 60_000 }],
      createSystemClock(),
      AbortSignal.timeout(10),
    );
    await ended;
    expect(await (await session(device)).ask(READ)).toBe(RIGHT);
  });

  it("are known not to befall devices that have no such thing", async () => {
    const decoy = await start("decoy-tar-pit");
    expect(FAULT_KINDS.filter((kind) => !decoy.suffers(kind))).toEqual(["slots-taken", "new-firmware"]);
    const plc = await start("s7-315-v26");
    expect(FAULT_KINDS.filter((kind) => !plc.suffers(kind))).toEqual([]);
  });
});
