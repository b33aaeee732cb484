import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { decoyProfiles } from "./decoys.ts";
import { fetchWriteProfile } from "./fetch-write.ts";
import { zooProfiles } from "./index.ts";
import { FRAMES, openRawLine, type RawLine } from "./raw-line.ts";
import { s7300Profiles } from "./s7-300-profiles.ts";
import { s7ModbusProfiles } from "./s7-modbus-profiles.ts";
import { s7OtherProfiles } from "./s7-other-profiles.ts";
import { s7SmallProfiles } from "./s7-small-profiles.ts";
import { snap7Profiles } from "./snap7-profiles.ts";
import type { ZooDevice, ZooProfile } from "./zoo-profile.ts";

const ours: readonly ZooProfile[] = [
  ...s7300Profiles,
  ...s7ModbusProfiles,
  ...snap7Profiles,
  fetchWriteProfile,
  ...s7OtherProfiles,
  ...s7SmallProfiles,
  ...decoyProfiles,
];

const open: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function start(id: string): Promise<ZooDevice> {
  const profile = zooProfiles.find((one) => one.id === id);
  if (profile === undefined) throw new TypeError(`no profile ${id}`);
  const device = await profile.start({ seed: 1, latencyScale: 0 });
  open.push(() => device.close());
  return device;
}

async function line(device: ZooDevice, protocol: "s7" | "modbus" = "s7", endpoint = 0): Promise<RawLine> {
  const raw = await openRawLine(device.endpoints[endpoint]?.ports[protocol] ?? 0);
  open.push(() => raw.close());
  return raw;
}

/** Sockets, servers and children of this process. */
const handles = (): number =>
  process.getActiveResourcesInfo().filter((kind) => /^(TCP|UDP|Process|Pipe)/.test(kind)).length;

describe("profiles of the zoo", () => {
  it("have ids of their own and something to read", () => {
    const ids = zooProfiles.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { tags } of ours) expect(new Set(tags.map(({ name }) => name)).size).toBe(tags.length);
  });

  it.each(ours.map((profile) => [profile.id, profile] as const))(
    "%s leaves nothing open",
    async (_, profile) => {
      const before = handles();
      const device = await profile.start({ seed: 1, latencyScale: 0 });
      expect(handles()).toBeGreaterThan(before);
      await device.close();
      await vi.waitFor(() => expect(handles()).toBeLessThanOrEqual(before));
    },
  );

  it("count connections and note frames, snap7's server too", async () => {
    for (const id of [
      "s7-315-v26",
      "s7-315-v32",
      "s7-300-fetch-write",
      "s7-400h",
      "logo-8",
      "s7-317-cp343-modbuscp",
    ]) {
      const device = await start(id);
      const raw = await line(device);
      await raw.ask(FRAMES.connect("0202"));
      expect(device.connections).toBe(1);
      expect(device.received[0]?.bytes.toString("hex")).toMatch(/^0300001611e0/);
    }
  });
});

describe("registers of an S7", () => {
  it.each([
    ["a REAL, high word first", "000100000006010300000002", "000100000007010304422a0000"],
    ["as any unit", "0001000000064d0300000001", "0001000000054d0302422a"],
    ["an odd offset in the second area", "0001000000060103 07d6 0003", "000100000009010306" + "0cbe200000be"],
    ["a coil", "00010000000601 01 000a 0001", "00010000000401010101"],
    ["beyond an area", "000100000006010300800001", "000100000003018302"],
    ["across the end of an area", "0001000000060103007f0002", "000100000003018302"],
    ["identification", "0001000000050 12b0e0100".replace(" ", ""), "00010000000301ab01"],
  ])("answer %s", async (_, request, reply) => {
    const raw = await line(await start("s7-315-v26-modbuspn"), "modbus");
    expect(await raw.ask(request)).toBe(reply);
  });

  it("serve one client", async () => {
    const device = await start("s7-315-v26-modbuspn");
    const first = await line(device, "modbus");
    await first.ask("000100000006010300000001");
    const socket = connect(device.endpoints[0].ports.modbus ?? 0, "127.0.0.1");
    const [error] = await once(socket, "error");
    expect(error).toMatchObject({ code: expect.stringMatching(/ECONNREFUSED|ECONNRESET/) });
  });

  it("are all that a CPU gives that refuses S7", async () => {
    const device = await start("s7-315-v26-tunnel-only");
    for (const tsap of ["0102", "0202", "0302", "0301"]) {
      expect(await (await line(device)).ask(FRAMES.connect(tsap))).toBe("reset");
    }
    expect(await (await line(device, "modbus")).ask("000100000006010300000001")).toBe(
      "0001000000050103" + "02422a",
    );
  });

  it("are served at the CP's address alone", async () => {
    const device = await start("s7-317-cp343-modbuscp");
    for (const endpoint of [0, 1]) {
      expect(await (await line(device, "s7", endpoint)).ask(FRAMES.connect("0302"))).toMatch(/^0300001611d0/);
    }
    expect(device.endpoints[1]?.ports.modbus).toBeLessThan(1024);
    device.setFirmware?.("V2.6.8");
    await device.occupy?.(16);
    expect(await (await line(device, "s7", 1)).ask(FRAMES.connect("0302"))).toBe("reset");
  });
});

describe("the second address of an H system", () => {
  it("refuses with DR while the first serves", async () => {
    const device = await start("s7-400h");
    expect(await (await line(device, "s7", 0)).ask(FRAMES.connect("0303"))).toMatch(/^0300001611d0/);
    expect(await (await line(device, "s7", 1)).ask(FRAMES.connect("0303"))).toBe("0300000b06800014000002");
  });
});

describe("FETCH", () => {
  /** Asks a CP 343-1 for words of a data block. */
  const fetch = (block: string, word: string, words: string): string =>
    `5335100103050308 01${block}${word}${words} ff02`.replaceAll(" ", "");

  async function ask(hex: string): Promise<string> {
    const device = await start("s7-300-fetch-write");
    const socket = connect(device.endpoints[0].ports.s7 ?? 0, "127.0.0.1");
    open.push(() => void socket.destroy());
    socket.write(Buffer.from(hex, "hex"));
    const [bytes] = (await once(socket, "data")) as [Buffer];
    return bytes.toString("hex");
  }

  it.each([
    [
      "answers the words of a data block",
      fetch("01", "0000", "0002"),
      `533510010306 0f0300ff070000000000 422a0000`,
    ],
    ["knows no other block", fetch("63", "0000", "0002"), "533510010306 0f0302ff070000000000"],
    ["ends with the block", fetch("01", "007f", "0002"), "533510010306 0f0303ff070000000000"],
    [
      "refuses WRITE",
      fetch("01", "0000", "0002").replace("10010305", "10010303"),
      "533510010304 0f0306ff070000000000",
    ],
  ])("%s", async (_, request, reply) => {
    expect(await ask(request)).toBe(reply.replaceAll(" ", ""));
  });

  it("ends the connection of whoever speaks something else", async () => {
    const raw = await line(await start("s7-300-fetch-write"));
    expect(await raw.ask(FRAMES.connect("0302"))).toBe("fin");
  });
});

describe("decoys", () => {
  it("conpot confirms without a size and with reference 0, and knows two lists", async () => {
    const raw = await line(await start("decoy-conpot"));
    expect(await raw.ask(FRAMES.connect("0777"))).toBe("030000130ed00014000000c1020100c2020777");
    expect(await raw.ask(FRAMES.setup)).toMatch(/f0000001000101e0$/);
    expect(await raw.ask(FRAMES.readList("001c", "0000"))).toContain(
      Buffer.from("Mouser Factory").toString("hex"),
    );
    expect(await raw.ask(FRAMES.readList("0011", "0007"))).toMatch(/^03000041.*00005633053a$/);
    expect(await raw.ask(FRAMES.readList("0011", "0000"))).toBe(
      "0300001902f080320700000100000800000001120812840101",
    );
    expect(await raw.ask(FRAMES.readList("0424", "0000"))).toBe("fin");
  });

  it.each(["03000007 02f08032", "474554", "0300001f02f080320100000001000e00000401120a10020004000184000000"])(
    "conpot hangs up on what it does not know: %s",
    async (hex) => {
      const raw = await line(await start("decoy-conpot"));
      await raw.ask(FRAMES.connect("0102"));
      expect(await raw.ask(hex, 300)).toMatch(/fin|reset/);
    },
  );

  it.each([
    ["decoy-http-102", "s7"],
    ["decoy-http-502", "modbus"],
  ] as const)("%s answers in text", async (id, protocol) => {
    const raw = await line(await start(id), protocol);
    const answer = await raw.ask("000100000006010300000001");
    expect(Buffer.from(answer, "hex").toString()).toMatch(/^HTTP\/1\.1 400/);
    expect(await raw.next()).toBe("fin");
  });

  it("a tar pit drips", async () => {
    const raw = await line(await start("decoy-tar-pit"));
    expect(await raw.ask(FRAMES.connect("0102"), 700)).toBe("silence");
  });

  it("a forwarded port says nothing", async () => {
    const raw = await line(await start("decoy-port-forward"));
    expect(await raw.ask(FRAMES.connect("0102"), 100)).toBe("silence");
  });

  it("another resets after the connection request", async () => {
    const raw = await line(await start("decoy-reset-after-cr"));
    expect(await raw.ask(FRAMES.connect("0102"))).toBe("reset");
  });
});
