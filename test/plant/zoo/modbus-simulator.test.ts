import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { connectModbus, readModbusTag } from "./modbus-reader.ts";
import { startModbusSimulator } from "./modbus-simulator.ts";
import type { ModbusTraits } from "./modbus-traits.ts";
import { otherProfiles } from "./other-profiles.ts";
import { createReceived } from "./received.ts";
import type { ZooDevice } from "./zoo-profile.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(id: string): Promise<{ readonly device: ZooDevice; readonly port: number }> {
  const profile = otherProfiles.find((one) => one.id === id);
  if (profile === undefined) throw new RangeError(`no profile ${id}`);
  const device = await profile.start({ seed: 1, latencyScale: 0.02 });
  closers.push(() => device.close());
  return { device, port: device.endpoints[0].ports.modbus ?? 0 };
}

async function simulate(traits: Partial<ModbusTraits>): Promise<number> {
  const side = await startModbusSimulator(
    {
      units: { 1: { tables: { holding: [{ from: 0, words: [7, 8, 9] }] } } },
      otherUnits: "silence",
      latencyMs: [0, 1, 2, 3],
      overlap: "queue",
      ...traits,
    },
    { seed: 1, latencyScale: 1 },
    createReceived(),
  );
  closers.push(() => side.close());
  return side.port;
}

/** A connection that sends bytes as they are, and hands out what comes back in hex. */
async function dial(port: number): Promise<{
  readonly socket: Socket;
  send(...frames: readonly string[]): void;
  next(bytes: number): Promise<string>;
}> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  closers.push(async () => void socket.destroy());
  let came: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    came = Buffer.concat([came, chunk]);
  });
  return {
    socket,
    send: (...frames) => socket.write(Buffer.from(frames.join(""), "hex")),
    async next(bytes) {
      while (came.length < bytes) await once(socket, "data");
      const front = came.subarray(0, bytes).toString("hex");
      came = came.subarray(bytes);
      return front;
    },
  };
}

const read = (transaction: string, unit: string, start: string, count: string, code = "03") =>
  `${transaction}00000006${unit}${code}${start}${count}`;
const exception = (transaction: string, unit: string, code: string) => `${transaction}00000003${unit}${code}`;

describe("a PAC3200", () => {
  it("answers exception 0B to a request that comes while it works on another", async () => {
    const { port } = await start("sentron-pac3200");
    const line = await dial(port);
    line.send(read("0001", "01", "0001", "0002"), read("0002", "01", "0001", "0002"));
    expect(await line.next(9)).toBe(exception("0002", "01", "830b"));
    expect(await line.next(13)).toBe("00010000000701030443668000");
  });

  it("says nothing to units 255 and 0", async () => {
    const { port } = await start("sentron-pac3200");
    const line = await dial(port);
    line.send(
      read("0001", "ff", "0001", "0002"),
      read("0002", "00", "0001", "0002"),
      read("0003", "01", "0001", "0002"),
    );
    expect(await line.next(2)).toBe("0003");
  });

  it("refuses half a value with 02 and a write with F0", async () => {
    const { port } = await start("sentron-pac3200");
    const line = await dial(port);
    line.send(read("0001", "01", "0002", "0002"));
    expect(await line.next(9)).toBe(exception("0001", "01", "8302"));
    line.send(read("0002", "01", "0001", "0003"));
    expect(await line.next(9)).toBe(exception("0002", "01", "8302"));
    line.send(read("0003", "01", "0001", "0001", "06"));
    expect(await line.next(9)).toBe(exception("0003", "01", "86f0"));
  });
});

describe("a serial gateway", () => {
  it("answers 0B for a unit that is not there, and serves the others behind it", async () => {
    const { port } = await start("serial-gateway");
    const line = await dial(port);
    line.send(read("0001", "09", "0000", "0001"), read("0002", "02", "0000", "0001"));
    expect(await line.next(9)).toBe(exception("0001", "09", "830b"));
    expect(await line.next(11)).toBe("000200000005020302" + "03ea");
  });

  it("hands on the answer of a late unit under its old transaction id, after its own 0B", async () => {
    const port = await simulate({
      units: { 1: { tables: { holding: [{ from: 0, words: [7, 8] }] }, lateChance: 1 } },
      deadUnitMs: 20,
    });
    const line = await dial(port);
    line.send(read("0001", "01", "0000", "0001"));
    expect(await line.next(9)).toBe(exception("0001", "01", "830b"));
    expect(await line.next(11)).toBe("0001000000050103020007");
  });

  it("answers 06 when more requests wait than it can hold", async () => {
    const port = await simulate({ latencyMs: [5, 5, 5, 5] });
    const line = await dial(port);
    line.send(...Array.from({ length: 33 }, () => read("0001", "01", "0000", "0001")));
    expect(await line.next(9)).toBe(exception("0001", "01", "8306"));
  });
});

describe("a Modicon", () => {
  it("M218 closes the oldest of its connections for a fifth", async () => {
    const { port, device } = await start("modicon-m218");
    const eldest = await dial(port);
    const lines = [eldest];
    for (let i = 1; i < 4; i += 1) {
      lines.push(await dial(port));
      await vi.waitFor(() => expect(device.connections).toBe(i + 1));
    }
    const oldest = once(eldest.socket, "close");
    const fifth = await dial(port);
    await oldest;
    fifth.send(read("0001", "01", "0000", "0001"));
    expect(await fifth.next(11)).toBe("000100000005010302" + "1267");
    lines[1]?.send(read("0001", "01", "0000", "0001"));
    expect(await lines[1]?.next(11)).toBe("000100000005010302" + "1267");
  });

  it("Quantum answers function 5A with its name, to unit 0 alone and 255", async () => {
    const { port } = await start("modicon-quantum");
    const line = await dial(port);
    line.send("000000000004005a0002");
    const answer = Buffer.from(await line.next(56), "hex");
    expect(answer.toString("latin1", 33, 47)).toBe("140 CPU 311 10");
    line.send(read("0001", "01", "0000", "0001"), read("0002", "ff", "0000", "0001"));
    expect(await line.next(2)).toBe("0002");
  });

  it("M340 tells its identity, and its new revision after an update", async () => {
    const { port, device } = await start("modicon-m340");
    const client = await connectModbus("127.0.0.1", port, 1000);
    closers.push(() => new Promise((resolve) => client.close(() => resolve())));
    client.setID(255);
    const { data } = await client.readDeviceIdentification(1, 0);
    expect(data).toEqual({ 0: "Schneider Electric", 1: "BMX P34 2020", 2: "V2.70" });
    device.setFirmware?.("V3.60");
    await vi.waitFor(async () => expect((await client.readDeviceIdentification(1, 0)).data[2]).toBe("V3.60"));
  });
});

describe("a device with one socket", () => {
  it("refuses a second connection while one is open, and takes the next one after it", async () => {
    const { port, device } = await start("single-socket-meter");
    const first = await dial(port);
    await vi.waitFor(() => expect(device.connections).toBe(1));
    await expect(dial(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    first.socket.end();
    await vi.waitFor(async () => {
      const second = await dial(port);
      second.send(read("0001", "00", "7d55", "0001"));
      expect(await second.next(11)).toBe("0001000000050003021389");
    });
  });

  it("is full while others occupy it", async () => {
    const { port, device } = await start("single-socket-meter");
    await device.occupy?.(1);
    await expect(dial(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await device.occupy?.(0);
    await vi.waitFor(() => dial(port));
  });

  it("closes a connection that is idle, or resets it where it is that kind", async () => {
    const polite = await dial(await simulate({ door: { idleMs: 20 } }));
    await once(polite.socket, "end");
    const rude = await dial(await simulate({ door: { idleMs: 20, idleEnd: "reset" } }));
    await expect(once(rude.socket, "end")).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});

describe("a box with limits", () => {
  it("gives 32 registers and refuses 33 with 03, address 0 with 02", async () => {
    const { port } = await start("word-swapped-box");
    const line = await dial(port);
    line.send(read("0001", "01", "0001", "0020"));
    expect(await line.next(9 + 64)).toMatch(/^000100000043010340/);
    line.send(read("0002", "01", "0001", "0021"));
    expect(await line.next(9)).toBe(exception("0002", "01", "8303"));
    line.send(read("0003", "01", "0000", "0001"));
    expect(await line.next(9)).toBe(exception("0003", "01", "8302"));
  });

  it("holds other values than the tags say where these leave out the word order", async () => {
    const profile = otherProfiles.find(({ id }) => id === "word-swapped-misread");
    const { port } = await start("word-swapped-misread");
    const client = await connectModbus("127.0.0.1", port, 1000);
    closers.push(() => new Promise((resolve) => client.close(() => resolve())));
    for (const tag of profile?.tags ?? []) {
      expect(await readModbusTag(client, tag, 1)).not.toBeCloseTo(Number(tag.value), 0);
    }
  });
});

describe("a WAGO 750", () => {
  it("serves blocks that begin at neighbouring addresses, and no identification", async () => {
    const { port } = await start("wago-750-881");
    const line = await dial(port);
    line.send(read("0001", "01", "2010", "0005"));
    expect(await line.next(19)).toBe("00010000000d01030a" + "000c02ee037100010007");
    line.send(read("0002", "01", "2030", "0002"), read("0003", "01", "2031", "0001"));
    expect(await line.next(13)).toBe("000200000007010304" + "037101c7");
    expect(await line.next(11)).toBe("000300000005010302" + "0000");
    line.send("000400000005012b0e0100", "00050000000201" + "11");
    expect(await line.next(9)).toBe(exception("0004", "01", "ab01"));
    expect(await line.next(9)).toBe(exception("0005", "01", "9101"));
  });
});

describe("MB_SERVER in an S7-1200", () => {
  it("serves the words of its data block", async () => {
    const { port } = await start("s7-1200-mb-server");
    const client = await connectModbus("127.0.0.1", port, 1000);
    closers.push(() => new Promise((resolve) => client.close(() => resolve())));
    const value = (address: string) => readModbusTag(client, { name: "any", address, value: 0 }, 1);
    expect(await value("hr:0,FLOAT32")).toBe(42.5);
    expect(await value("hr:2,INT16")).toBe(-1480);
    expect(await value("hr:4,INT32")).toBe(123_456_789);
    expect(await value("hr:20")).toBe(0xbeef);
  });

  it("refuses addresses outside with 02 and identification with 01", async () => {
    const { port } = await start("s7-1200-mb-server");
    const line = await dial(port);
    line.send(read("0001", "07", "0063", "0002"));
    expect(await line.next(9)).toBe(exception("0001", "07", "8302"));
    line.send("000200000005012b0e0100");
    expect(await line.next(9)).toBe(exception("0002", "01", "ab01"));
  });

  it("refuses everything with 02 where its block has optimised access", async () => {
    const { port } = await start("s7-1200-mb-server-optimised");
    const line = await dial(port);
    line.send(read("0001", "01", "0000", "0001"));
    expect(await line.next(9)).toBe(exception("0001", "01", "8302"));
  });
});

describe("the stream", () => {
  it("may cut a request anywhere and bring several at once", async () => {
    const line = await dial(await simulate({}));
    for (const byte of read("0001", "01", "0000", "0001").match(/../g) ?? []) {
      line.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await line.next(11)).toBe("0001000000050103020007");
    line.send(read("0002", "01", "0001", "0001"), read("0003", "01", "0002", "0001"));
    expect(await line.next(22)).toBe("0002000000050103020008" + "0003000000050103020009");
  });

  it.each([
    ["another protocol", "000100010006010300000001"],
    ["a length of nothing", "000100000000010300000001"],
    ["a length beyond all frames", "00010000ffff010300000001"],
  ])("ends a connection that brings %s", async (_what, frame) => {
    const line = await dial(await simulate({}));
    line.send(frame);
    await once(line.socket, "end");
  });
});
