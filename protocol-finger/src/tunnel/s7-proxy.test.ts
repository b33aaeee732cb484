import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { openS7 } from "../clients/s7-client.ts";
import { type FakeModbus, type FakeModbusTraits, startFakeModbus } from "../clients/testing/fake-modbus.ts";
import { createSystemClock } from "../clock/system-clock.ts";
import { hex } from "../testing/malformed.ts";
import type { TunnelEvent } from "./events.ts";
import { type S7ProxyOptions, startS7Proxy } from "./s7-proxy.ts";
import type { Tunnel } from "./tunnel.ts";

const clock = createSystemClock();
const { signal } = new AbortController();
const cleanups: (() => Promise<void>)[] = [];
const areas = [
  { kind: "holding", db: 1, startRegister: 100, endRegister: 899, byteBase: 0 },
  { kind: "coil", db: 2, startRegister: 0, endRegister: 79, byteBase: 0 },
] as const;

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Setting {
  readonly device: FakeModbus;
  readonly tunnel: Tunnel;
  readonly events: TunnelEvent[];
}

const upstreamAt = (port: number, requestTimeoutMs = 3000) => ({
  host: "127.0.0.1",
  port,
  unit: 1,
  connectTimeoutMs: 3000,
  requestTimeoutMs,
  minGapMs: 0,
  maxRegisters: 111,
  maxBits: 1776,
});

async function tunnelOver(device: FakeModbus, options: Partial<S7ProxyOptions> = {}): Promise<Setting> {
  const events: TunnelEvent[] = [];
  const tunnel = await startS7Proxy(
    { listen: { host: "127.0.0.1", port: 0 }, upstream: upstreamAt(device.port), areas, ...options },
    { clock, random: () => 0, onEvent: (event) => events.push(event) },
    signal,
  );
  cleanups.push(() => tunnel.close());
  return { device, tunnel, events };
}

async function setting(
  traits: FakeModbusTraits = {},
  options: Partial<S7ProxyOptions> = {},
): Promise<Setting> {
  const device = await startFakeModbus(traits);
  cleanups.push(() => device.close());
  return await tunnelOver(device, options);
}

async function s7Client({ tunnel }: Setting) {
  const client = await openS7(
    {
      host: "127.0.0.1",
      port: tunnel.port,
      localTsap: 0x100,
      remoteTsap: 0x302,
      pduSize: 480,
      jobsInFlight: 1,
      connectTimeoutMs: 3000,
      requestTimeoutMs: 5000,
      minGapMs: 0,
      maxReadBytes: 222,
    },
    { clock },
    signal,
  );
  cleanups.push(() => client.close());
  return client;
}

/** A client that says what it is told to, and keeps what it hears. */
async function rawClient({ tunnel }: Setting) {
  const socket: Socket = connect({ host: "127.0.0.1", port: tunnel.port, noDelay: true });
  const heard: Buffer[] = [];
  let isClosed = false;
  socket.on("error", () => undefined);
  socket.on("close", () => {
    isClosed = true;
  });
  socket.on("data", (chunk) => heard.push(chunk));
  await once(socket, "connect");
  cleanups.push(async () => void socket.destroy());
  const text = () => Buffer.concat(heard).toString("hex");
  return {
    socket,
    text,
    isClosed: () => isClosed,
    async ask(bytes: string, answerBytes: number) {
      heard.length = 0;
      socket.write(hex(bytes));
      await expect.poll(() => text().length / 2, { timeout: 5000 }).toBeGreaterThanOrEqual(answerBytes);
      return text();
    },
  };
}

const CONNECT = "0300001611e00000001400c1020100c2020302c0010a";
const SETUP = "0300001902f08032010000000000080000f0000001000101e0";
const packet = (pdu: string): string => {
  const bytes = hex(pdu);
  const header = Buffer.from([3, 0, 0, 0, 2, 0xf0, 0x80]);
  header.writeUInt16BE(7 + bytes.length, 2);
  return Buffer.concat([header, bytes]).toString("hex");
};
const item = (transport: number, count: number, db: number, area: number, address: number): string => {
  const bytes = Buffer.from([0x12, 0x0a, 0x10, transport, 0, 0, 0, 0, area, 0, 0, 0]);
  bytes.writeUInt16BE(count, 4);
  bytes.writeUInt16BE(db, 6);
  bytes.writeUIntBE(address, 9, 3);
  return bytes.toString("hex");
};
const job = (parameters: string, data = ""): string => {
  const head = Buffer.from([0x32, 1, 0, 0, 0, 9, 0, 0, 0, 0]);
  head.writeUInt16BE(hex(parameters).length, 6);
  head.writeUInt16BE(hex(data).length, 8);
  return packet(head.toString("hex") + parameters + data);
};
const readJob = (...items: string[]): string =>
  job(`04${items.length.toString(16).padStart(2, "0")}${items.join("")}`);

const at = (register: number): number => 2 * register;
const isRead = (device: FakeModbus): boolean => device.requests.every((request) => request.kind === "read");

describe("S7 proxy", () => {
  it("answers the greeting as a real S7-300 does", async () => {
    const raw = await rawClient(await setting());
    expect(await raw.ask(CONNECT, 22)).toBe("0300001611d000140001" + "00c0010ac1020100c2020302");
    expect(await raw.ask(SETUP, 27)).toBe("0300001b02f0803203000000000008000000" + "00f00000010001" + "00f0");
  });

  it("reads data blocks through registers and coils", async () => {
    const world = await setting();
    const client = await s7Client(world);
    const results = await client.read(
      [
        { area: "DB", db: 1, start: 0, length: 4 },
        { area: "DB", db: 1, start: 7, length: 3 },
        { area: "DB", db: 2, start: 1, length: 2 },
        { area: "DB", db: 1, start: 1400, length: 200 },
      ],
      signal,
    );
    const { memory } = world.device;
    expect(results).toEqual([
      { bytes: memory.subarray(at(100), at(102)) },
      { bytes: memory.subarray(at(100) + 7, at(105)) },
      { bytes: memory.subarray(1, 3) },
      { bytes: memory.subarray(at(100) + 1400, at(100) + 1600) },
    ]);
    expect(client.pduSize).toBe(240);
    expect(isRead(world.device)).toBe(true);
    expect(world.tunnel.stats()).toMatchObject({ guests: 1, plcUp: true, plcConnections: 1, busy: 0 });
  });

  it("tells what cannot be had item by item, and the rest all the same", async () => {
    const world = await setting();
    const raw = await rawClient(world);
    await raw.ask(CONNECT + SETUP, 49);
    const items = [
      item(0x02, 2, 1, 0x84, 0),
      item(0x02, 2, 7, 0x84, 0),
      item(0x02, 2, 1, 0x84, 8 * 1599),
      item(0x02, 2, 0, 0x83, 0),
      item(0x02, 2, 0, 0x85, 0),
      item(0x77, 2, 1, 0x84, 0),
      item(0x02, 0, 1, 0x84, 0),
      item(0x02, 2, 1, 0x84, 3),
      item(0x01, 2, 1, 0x84, 3),
      item(0x01, 1, 1, 0x84, 3),
      item(0x1d, 1, 0, 0x1d, 3),
    ];
    const answer = await raw.ask(readJob(...items), 19);
    const bytes = world.device.memory.toString("hex", at(100), at(101));
    const bit = ((world.device.memory[at(100)] ?? 0) >> 3) & 1;
    const data =
      `ff040010${bytes}` +
      "0a000000" +
      "05000000" +
      "03000000" +
      "03000000" +
      "06000000" +
      "07000000" +
      "05000000" +
      "06000000" +
      `ff0300010${bit}00` +
      "03000000";
    expect(answer.slice(2 * 21)).toBe(data);
  });

  it("writes nothing, and says so", async () => {
    const world = await setting();
    const raw = await rawClient(world);
    await raw.ask(CONNECT + SETUP, 49);
    const answer = await raw.ask(job(`0501${item(0x04, 1, 1, 0x84, 0)}`, "00040010abcd"), 22);
    expect(answer.slice(-6)).toBe("050103");
    expect(isRead(world.device)).toBe(true);
    expect(world.events).toContainEqual({ kind: "write-refused", guest: 1, what: "DB1 bytes 0 to 1" });
    expect(world.tunnel.stats()).toMatchObject({ writes: 0, writesRefused: 1 });
  });

  it("writes what is allowed, exactly that", async () => {
    const world = await setting({}, { writable: ["DB1,REAL4", "DB1,INT10", "DB2,X0.3", "DB2,B5"] });
    const raw = await rawClient(world);
    await raw.ask(CONNECT + SETUP, 49);
    const items = [
      item(0x08, 1, 1, 0x84, 8 * 4),
      item(0x04, 1, 1, 0x84, 8 * 10),
      item(0x04, 2, 1, 0x84, 8 * 10),
      item(0x04, 1, 1, 0x84, 8 * 4),
      item(0x01, 1, 2, 0x84, 3),
      item(0x01, 1, 2, 0x84, 4),
      item(0x02, 1, 2, 0x84, 8 * 5),
    ];
    const data =
      "0007000441480000" +
      "00040010abcd" +
      "0004002011112222" +
      "000400101111" +
      "000300010100" +
      "000300010100" +
      "000400085a";
    const answer = await raw.ask(job(`0507${items.join("")}`, data), 28);
    expect(answer.slice(-18)).toBe("0507" + "ffff0303ff03ff");
    const { memory, requests, adus } = world.device;
    expect(memory.toString("hex", at(102), at(106))).toMatch(/^41480000....abcd$/);
    expect([(memory[0] ?? 0) & 8, memory[5]]).toEqual([8, 0x5a]);
    expect(requests.filter(({ kind }) => kind === "write")).toHaveLength(4);
    expect(adus.map(({ pdu }) => pdu[0])).toEqual([16, 6, 5, 15]);
    expect(world.tunnel.stats()).toMatchObject({ writes: 4, writesRefused: 3 });
  });

  it("says when an allowed write failed at the PLC, or has no value that fits", async () => {
    const world = await setting(
      { refuse: ({ kind }) => (kind === "write" ? 4 : 0) },
      { writable: ["DB1,INT10"] },
    );
    const raw = await rawClient(world);
    await raw.ask(CONNECT + SETUP, 49);
    const word = item(0x04, 1, 1, 0x84, 8 * 10);
    expect((await raw.ask(job(`0501${word}`, "00040010abcd"), 22)).slice(-6)).toBe("050101");
    expect((await raw.ask(job(`0501${word}`, "00040008ab"), 22)).slice(-6)).toBe("050107");
    expect(world.events).toContainEqual({ kind: "write-failed", guest: 1, what: "DB1,INT10" });
  });

  it("refuses to start where what may be written cannot be", async () => {
    const device = await startFakeModbus();
    cleanups.push(() => device.close());
    const failure = tunnelOver(device, {
      writable: ["DB1,X0.3", "DB1,B0", "M0.3", "DB9,INT0", "DB1,INT1", "nonsense"],
    });
    await expect(failure).rejects.toMatchObject({ code: "ADDRESS_INVALID" });
    const { message } = await failure.catch((thrown) => thrown);
    expect(message.split("\n")).toHaveLength(6);
    expect(message).toContain('"DB1,X0.3" cannot be written: it is part of a register');
    expect(message).toContain('"M0.3" cannot be written: bit memory (M) cannot travel');
    const inputs = areas.map((area) => ({ ...area, kind: "input" as const, db: area.db + 10 }));
    await expect(tunnelOver(device, { areas: inputs.slice(0, 1), writable: ["DB11,INT0"] })).rejects.toThrow(
      "no area of kind holding or coil",
    );
  });

  it("says who it is, a tunnel, and what is behind it", async () => {
    const plc = { orderNumber: "6ES7 315-2EH13-0AB0", firmware: "V2.6.1" };
    const client = await s7Client(await setting({}, { plc, maxClients: 3 }));
    const list = await client.readSzl(0x0011, 0, signal);
    expect(list.records.map((record) => [record.readUInt16BE(0), record.toString("latin1", 2, 22)])).toEqual([
      [1, "Stethos tunnel      "],
      [6, "6ES7 315-2EH13-0AB0 "],
      [7, "6ES7 315-2EH13-0AB0 "],
    ]);
    expect(list.records[2]?.toString("hex", 24)).toBe("56020601");
    expect((await client.readSzl(0x0011, 7, signal)).records).toHaveLength(3);
    expect((await client.readSzl(0x0111, 7, signal)).records.map((record) => record[1])).toEqual([7]);
    expect((await client.readSzl(0x0131, 1, signal)).records[0]?.toString("hex", 0, 6)).toBe("000100f00003");
    expect((await client.readSzl(0x0424, 0, signal)).records[0]?.[3]).toBe(0);
    const names = await client.readSzl(0x001c, 0, signal);
    expect(names.records.map((record) => record.toString("latin1", 2, 16).replaceAll("\0", ""))).toEqual([
      "Stethos tunnel",
      "Stethos tunnel",
      "",
      "",
      "",
      "Stethos tunnel",
    ]);
    expect((await client.readSzl(0x011c, 7, signal)).records).toHaveLength(1);
    await expect(client.readSzl(0x0132, 4, signal)).rejects.toMatchObject({ code: "PLC_REFUSED" });
    const bare = await s7Client(await setting());
    const unknown = await bare.readSzl(0x0011, 0, signal);
    expect(unknown.records.map((record) => record.toString("latin1", 2, 16))).toEqual(
      [1, 2, 3].map(() => "Stethos tunnel"),
    );
    expect(unknown.records[2]?.toString("hex", 24)).toBe("56000000");
  });

  it("refuses everything else with the codes of a controller", async () => {
    const raw = await rawClient(await setting());
    await raw.ask(CONNECT + SETUP, 49);
    // Stop the controller; read the clock; a list with an index that there is none of.
    expect((await raw.ask(job("2900000000000950524f4752414d"), 19)).slice(-4)).toBe("8104");
    const clockRequest = packet("32070000000500080004" + "0001120411470100" + "0a000000");
    expect((await raw.ask(clockRequest, 33)).slice(-12)).toBe("81040a000000");
    const list = packet("32070000000500080008" + "0001120411440100" + "ff09000401310009");
    expect((await raw.ask(list, 33)).slice(-12)).toBe("d4020a000000");
    // A read without a list of items, as python-snap7 sends it where it wants the state of the CPU.
    expect((await raw.ask(job("04"), 19)).slice(-4)).toBe("8500");
    // More than an answer holds, and nothing at all.
    expect((await raw.ask(readJob(item(0x02, 223, 1, 0x84, 0)), 19)).slice(-4)).toBe("8500");
    expect((await raw.ask(readJob(item(0x02, 222, 1, 0x84, 0)), 243)).length / 2).toBe(247);
    expect((await raw.ask(job("0400"), 19)).slice(-4)).toBe("8500");
  });

  it("never answers with more than the client takes", async () => {
    const raw = await rawClient(await setting());
    await raw.ask(CONNECT + SETUP.replace("01e0", "0050"), 49);
    const list = packet("32070000000500080008" + "0001120411440100" + "ff090004001c0000");
    expect((await raw.ask(list, 19)).slice(-4)).toBe("8500");
    expect((await raw.ask(readJob(item(0x02, 63, 1, 0x84, 0)), 19)).slice(-4)).toBe("8500");
    expect(hex(await raw.ask(readJob(item(0x02, 62, 1, 0x84, 0)), 87))).toHaveLength(87);
  });

  it("answers in parts a client that takes no more at once", async () => {
    const world = await setting();
    const raw = await rawClient(world);
    await raw.ask(CONNECT.replace("c0010a", "c00107") + SETUP, 49);
    const answer = hex(await raw.ask(readJob(item(0x02, 200, 1, 0x84, 0)), 18 + 200 + 7));
    expect([answer.readUInt16BE(2), answer[6], answer[4 + 128 + 6]]).toEqual([132, 0, 0x80]);
  });

  it("maps exceptions of the PLC to what an S7 would say", async () => {
    const codes = [1, 2, 3, 4, 6, 10, 11];
    const seen: number[] = [];
    for (const code of codes) {
      const world = await setting({ refuse: () => code });
      const client = await s7Client(world);
      const [result] = await client.read([{ area: "DB", db: 1, start: 0, length: 2 }], signal);
      seen.push(result !== undefined && "refusal" in result ? result.refusal : 0);
    }
    expect(seen).toEqual([0x0a, 0x05, 0x07, 0x01, 0x01, 0x01, 0x01]);
  });

  it("lets reads of several clients travel together, over one connection", async () => {
    const released = Promise.withResolvers<void>();
    let isHeld = true;
    const world = await setting({
      answer(adu, _request, socket) {
        if (!isHeld) return false;
        isHeld = false;
        void released.promise.then(() =>
          socket.write(Buffer.from([adu.transaction >> 8, adu.transaction & 255, 0, 0, 0, 5, 1, 3, 2, 0, 0])),
        );
        return true;
      },
    });
    const clients = await Promise.all(Array.from({ length: 5 }, () => s7Client(world)));
    const reads = clients.map((client, i) =>
      client.read([{ area: "DB", db: 1, start: 2 * i, length: 2 }], signal),
    );
    await expect.poll(() => world.device.requests.length).toBe(1);
    await expect.poll(() => world.tunnel.stats().requests).toBe(10);
    released.resolve();
    const results = await Promise.all(reads);
    results.slice(1).forEach((result, i) => {
      const from = at(101 + i);
      expect(result).toEqual([{ bytes: world.device.memory.subarray(from, from + 2) }]);
    });
    expect(world.device.requests.map((request) => request.kind === "read" && request.count)).toEqual([1, 4]);
    expect(world.tunnel.stats()).toMatchObject({ plcRounds: 2, plcConnections: 1 });
    expect(world.device.connections).toBe(1);
  });

  it("says that it is busy when too many wait", async () => {
    const world = await setting({ refuse: () => undefined }, { maxQueue: 1, maxClients: 4 });
    const raws = await Promise.all([1, 2, 3].map(() => rawClient(world)));
    for (const raw of raws) await raw.ask(CONNECT + SETUP, 49);
    for (const raw of raws) {
      raw.socket.write(hex(readJob(item(0x02, 2, 1, 0x84, 0))));
      await expect.poll(() => world.device.requests.length).toBeGreaterThan(0);
    }
    await expect.poll(() => raws.filter((raw) => raw.text().endsWith("8302")).length).toBe(1);
    expect(world.tunnel.stats().busy).toBe(1);
  });

  it("answers with a hardware fault while the PLC is away, and well when it is back", async () => {
    const device = await startFakeModbus();
    const { port } = device;
    const world = await tunnelOver(device, { backoffFirstMs: 20, backoffMostMs: 50 });
    const client = await s7Client(world);
    const range = { area: "DB", db: 1, start: 0, length: 2 } as const;
    expect(await client.read([range], signal)).toEqual([{ bytes: device.memory.subarray(at(100), at(101)) }]);
    await device.close();
    await expect.poll(() => client.read([range], signal)).toEqual([{ refusal: 0x01 }]);
    expect(world.events.find(({ kind }) => kind === "plc-down")).toMatchObject({
      error: { code: expect.stringMatching(/^PLC_/) },
    });
    const again = await startFakeModbus({ port });
    cleanups.push(() => again.close());
    await expect
      .poll(() => client.read([range], signal), { timeout: 5000 })
      .toEqual([{ bytes: again.memory.subarray(at(100), at(101)) }]);
  });

  it("does not let a guest notice that the PLC closes idle connections", async () => {
    const world = await setting({}, { backoffFirstMs: 1 });
    const client = await s7Client(world);
    const range = { area: "DB", db: 1, start: 0, length: 2 } as const;
    for (let i = 0; i < 3; i += 1) {
      expect(await client.read([range], signal)).toEqual([
        { bytes: world.device.memory.subarray(at(100), at(101)) },
      ]);
      await new Promise((resolve) => setTimeout(resolve, 5));
      world.device.socket.destroy();
    }
    expect(world.tunnel.stats().plcConnections).toBeGreaterThanOrEqual(3);
  });

  it("turns away more guests than it takes, and takes others when these have left", async () => {
    const world = await setting({}, { maxClients: 1 });
    const first = await rawClient(world);
    await first.ask(CONNECT, 22);
    const second = await rawClient(world);
    await expect.poll(() => second.isClosed()).toBe(true);
    expect(world.tunnel.stats()).toMatchObject({ guests: 1, guestsRefused: 1 });
    first.socket.end();
    await expect.poll(() => world.tunnel.stats().guests).toBe(0);
    const third = await rawClient(world);
    await third.ask(CONNECT, 22);
  });

  it.each([
    ["does not finish its request", CONNECT.slice(0, 20), /does not finish its request/],
    ["does not greet", "", /does not finish its request/],
    ["speaks something else", "474554202f20485454502f312e310d0a", /malformed/],
    ["connects twice", CONNECT + CONNECT, /malformed/],
    ["sends a PDU that is too long", `${CONNECT}0300010002f080`, /longer than/],
    ["speaks S7-Plus", `${CONNECT}0300000b02f08072010000`, /malformed/],
  ])("sends away who %s", async (_, bytes, reason) => {
    const isSlow = reason.source.includes("finish");
    const world = await setting({}, { requestTimeoutMs: isSlow ? 300 : 20_000 });
    const raw = await rawClient(world);
    raw.socket.write(hex(bytes));
    await expect.poll(() => raw.isClosed(), { timeout: 5000 }).toBe(true);
    await expect.poll(() => world.events.find(({ kind }) => kind === "guest-left")).toBeDefined();
    expect(world.events.find(({ kind }) => kind === "guest-left")).toMatchObject({
      reason: expect.stringMatching(reason),
    });
    expect(world.device.requests).toEqual([]);
  });

  it("sends away who asks nothing for long", async () => {
    const world = await setting({}, { idleTimeoutMs: 1000 });
    const idle = await rawClient(world);
    await idle.ask(CONNECT + SETUP, 49);
    await expect.poll(() => idle.isClosed(), { timeout: 5000 }).toBe(true);
  });

  it("lets a guest say goodbye", async () => {
    const world = await setting();
    const raw = await rawClient(world);
    await raw.ask(CONNECT, 22);
    raw.socket.write(hex("0300000b0680000100000000".slice(0, 22)));
    await expect.poll(() => raw.isClosed()).toBe(true);
    expect(world.events.at(-1)).toMatchObject({ kind: "guest-left", reason: "it left" });
  });

  it("ends with the signal, whoever waits for what", async () => {
    const device = await startFakeModbus({ refuse: () => undefined });
    cleanups.push(() => device.close());
    const stopping = new AbortController();
    const tunnel = await startS7Proxy(
      { listen: { host: "127.0.0.1", port: 0 }, upstream: upstreamAt(device.port), areas },
      { clock, random: () => 0, onEvent: () => undefined },
      stopping.signal,
    );
    const raw = await rawClient({ tunnel, device, events: [] });
    await raw.ask(CONNECT + SETUP, 49);
    raw.socket.write(hex(readJob(item(0x02, 2, 1, 0x84, 0))));
    await expect.poll(() => device.requests.length).toBe(1);
    stopping.abort(new DOMException("stop", "AbortError"));
    await tunnel.close();
    await expect.poll(() => raw.isClosed()).toBe(true);
    expect(tunnel.stats()).toMatchObject({ guests: 0, plcUp: false });
  });

  it("says so where it cannot listen, and does not touch the PLC", async () => {
    const world = await setting();
    const taken = { host: "127.0.0.1", port: world.tunnel.port };
    await expect(tunnelOver(world.device, { listen: taken })).rejects.toMatchObject({
      code: "OPTION_INVALID",
    });
    await expect.poll(() => world.device.connections).toBe(1);
  });
});
