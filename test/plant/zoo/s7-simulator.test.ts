import { afterEach, describe, expect, it } from "vitest";
import { createRandom } from "../random.ts";
import { FRAMES, openRawLine, type RawLine } from "./raw-line.ts";
import { BLOCK_CELLS, memoryOf, OTHER_CELLS, TRAITS_315 } from "./s7-300.ts";
import { type S7Simulator, startS7Simulator } from "./s7-simulator.ts";
import type { S7Traits } from "./s7-traits.ts";

const open: (() => void | Promise<void>)[] = [];
const memory = memoryOf([...BLOCK_CELLS, ...OTHER_CELLS]);

/** The CPU whose bytes were captured (ITI/ICS-Security-Tools, snap7_s300_everything.pcapng). */
const CAPTURED: S7Traits = {
  ...TRAITS_315,
  identity: {
    ...TRAITS_315.identity,
    orderNumber: "6ES7 315-2EH14-0AB0",
    firmware: "V3.2.7",
    stationName: "S7300/ET200M station_1",
    serial: "S C-B1U393142011",
  },
};

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function start(traits: Partial<S7Traits> = {}): Promise<S7Simulator> {
  const device = { traits: { ...CAPTURED, ...traits }, memory };
  const simulator = await startS7Simulator(device, { seed: 1, latencyScale: 0 });
  open.push(() => simulator.close());
  return simulator;
}

async function line(simulator: S7Simulator): Promise<RawLine> {
  const raw = await openRawLine(simulator.port);
  open.push(() => raw.close());
  return raw;
}

/** A line with COTP and setup behind it. */
async function session(traits: Partial<S7Traits> = {}): Promise<RawLine> {
  const raw = await line(await start(traits));
  await raw.ask(FRAMES.connect("0202"));
  await raw.ask(FRAMES.setup);
  return raw;
}

/** Without the header of TPKT and COTP: the PDU. */
const pduOf = (answer: string): string => answer.slice(14);

describe("connection request", () => {
  it("is confirmed as real CPUs do: TPDU size first, a small reference that counts up", async () => {
    const simulator = await start();
    const first = await (await line(simulator)).ask(FRAMES.connect("0202"));
    const second = await (await line(simulator)).ask(FRAMES.connect("0202"));
    expect(first).toBe("0300001611d00014000300c0010ac1020100c2020202");
    expect(second).toBe("0300001611d00014000400c0010ac1020100c2020202");
  });

  it("is confirmed in the order of the request with reference 1 where the traits say so", async () => {
    const simulator = await start({ confirm: { order: "as-asked", reference: "fixed" } });
    const answer = await (await line(simulator)).ask(FRAMES.connect("0202"));
    expect(answer).toBe("0300001611d00014000100c1020100c2020202c0010a");
  });

  it.each([
    ["reset", "reset"],
    ["fin", "fin"],
    ["silence", "silence"],
    ["disconnect-request", "0300000b06800014000002"],
  ] as const)("for another slot gets %s", async (otherTsaps, expected) => {
    const raw = await line(await start({ otherTsaps }));
    expect(await raw.ask(FRAMES.connect("0203"), 200)).toBe(expected);
  });

  it("serves a TSAP that is no rack and slot where the traits name it", async () => {
    const raw = await line(await start({ tsaps: [{ exact: 0x2000 }] }));
    expect(await raw.ask(FRAMES.connect("2000"))).toMatch(/^0300001611d0/);
  });
});

describe("connections", () => {
  it("keeps the seventeenth client out until one leaves", async () => {
    const simulator = await start();
    // Fourteen that serve all and the one reserved for OPs; the programmer's stays free.
    const inside: RawLine[] = [];
    for (let i = 0; i < 15; i += 1) {
      const raw = await line(simulator);
      expect(await raw.ask(FRAMES.connect("0202"))).toMatch(/^0300001611d0/);
      inside.push(raw);
    }
    expect(await (await line(simulator)).ask(FRAMES.connect("0202"))).toBe("reset");
    expect(await (await line(simulator)).ask(FRAMES.connect("0102"))).toMatch(/^0300001611d0/);
    expect(await (await line(simulator)).ask(FRAMES.connect("0102"))).toBe("reset");
    inside[0]?.close();
    await expect
      .poll(async () => (await line(simulator)).ask(FRAMES.connect("0302")))
      .toMatch(/^0300001611d0/);
    expect(simulator.connections).toBeGreaterThan(17);
  });

  it("are taken by others and given back", async () => {
    const simulator = await start();
    simulator.occupy(16);
    expect(await (await line(simulator)).ask(FRAMES.connect("0102"))).toBe("reset");
    simulator.occupy(0);
    expect(await (await line(simulator)).ask(FRAMES.connect("0102"))).toMatch(/^0300001611d0/);
  });

  it("of the programmer are gone where others hold them", async () => {
    const simulator = await start({
      connections: { total: 2, reserved: { pg: 1, op: 1 }, taken: { pg: 1 }, whenFull: "fin" },
    });
    expect(await (await line(simulator)).ask(FRAMES.connect("0102"))).toBe("fin");
    expect(await (await line(simulator)).ask(FRAMES.connect("0202"))).toMatch(/^0300001611d0/);
  });
});

describe("setup communication", () => {
  it.each([
    [
      "0300001902f0803201 0000ffff00080000 f000000100010780",
      "0300001b02f08032030000ffff000800000000f0000001000100f0",
    ],
    [
      "0300001902f0803201 0000000100080000 f0000001000300f0",
      "0300001b02f080320300000001000800000000f0000001000200f0",
    ],
  ])("grants what the captured CPU granted: %s", async (request, reply) => {
    const raw = await line(await start());
    await raw.ask(FRAMES.connect("0202"));
    expect(await raw.ask(request)).toBe(reply);
  });

  it("is not answered where the traits say so", async () => {
    const raw = await line(await start({ setup: "silence" }));
    await raw.ask(FRAMES.connect("0202"));
    expect(await raw.ask(FRAMES.setup, 200)).toBe("silence");
  });

  it("must come before any job", async () => {
    const raw = await line(await start());
    await raw.ask(FRAMES.connect("0202"));
    expect(await raw.ask(FRAMES.readList("0011", "0000"))).toBe("fin");
  });
});

describe("system status lists", () => {
  it("0011 is the captured one, byte for byte but for the sequence", async () => {
    const raw = await session();
    const answer = await raw.ask(FRAMES.readList("0011", "0000"));
    expect(answer).toBe(
      "0300009902f080320700000100000c007c000112081284010100000000ff0900780011" +
        "0000001c0004000136455337203331352d32454831342d304142302000c000030001" +
        "000636455337203331352d32454831342d304142302000c000030001" +
        "0007202020202020202020202020202020202020202000c056030207" +
        "0081426f6f74204c6f61646572202020202020202020000041200909",
    );
  });

  it("0011 tells a new firmware as soon as it is loaded", async () => {
    const simulator = await start();
    const raw = await line(simulator);
    await raw.ask(FRAMES.connect("0202"));
    await raw.ask(FRAMES.setup);
    simulator.setFirmware("V2.6.1");
    expect(await raw.ask(FRAMES.readList("0111", "0007"))).toContain("56020601");
  });

  it("001C comes in two parts at PDU 240, the second one when it is asked for", async () => {
    const raw = await session();
    const first = await raw.ask(FRAMES.readList("001c", "0000"));
    expect(first).toMatch(
      /^030000f702f080320700000100000c00da0001120812840101d5010000ff0900d6001c00000022000a0001533733303/,
    );
    expect(first.length / 2).toBe(247);
    const second = await raw.ask("03000021 02f080 320700000300000c0004 0001120812440101 00000000 0a000000");
    expect(second).toMatch(
      /^030000a702f080320700000300000c008a0001120812840101d5000000ff0900864d4d4320344131414330313900/,
    );
    expect(second.length / 2).toBe(167);
    expect(second).toContain("0009002af6000001");
  });

  it("001C is whole at PDU 480", async () => {
    const raw = await session({ pduSize: 480 });
    expect((await raw.ask(FRAMES.readList("001c", "0000"))).length / 2).toBe(33 + 8 + 10 * 34);
  });

  it("refuses a part that nobody began", async () => {
    const raw = await session();
    const answer = await raw.ask("03000021 02f080 320700000300000c0004 0001120812440101 00000000 0a000000");
    expect(answer).toMatch(/d4020a000000$/);
  });

  it.each([
    ["0131", "0001", `0131000100280001000100f0001000b71b000002dc6c05f5e100${"00".repeat(22)}`],
    ["0132", "0004", "01320004002800010004" + "0001000000010002"],
    ["0232", "0004", "02320004002800010004" + "0001000000010002"],
    ["0424", "0004", "042400000014000151" + "44ff0800000000000000001602081451375692"],
    ["0111", "0006", "01110006001c0001000636455337203331352d32454831342d304142302000c000030001"],
    ["011c", "0007", "011c0007002200010007435055203331352d3220504e2f4450"],
  ])("%s index %s is as captured", async (id, index, bytes) => {
    const raw = await session();
    expect(await raw.ask(FRAMES.readList(id, index))).toContain(bytes);
  });

  it("0132 tells level 3 as captured from a protected CPU", async () => {
    const raw = await session({ protection: 3 });
    expect(await raw.ask(FRAMES.readList("0132", "0004"))).toContain("0004000100030003000200");
  });

  it("0424 tells STOP", async () => {
    const raw = await session({ state: "stop" });
    expect(await raw.ask(FRAMES.readList("0424", "0000"))).toContain("5144ff04");
  });

  it.each([
    ["0c91", "0000"],
    ["0131", "0077"],
  ])("%s index %s, which it has not, is refused as captured", async (id, index) => {
    const raw = await session();
    expect(await raw.ask(FRAMES.readList(id, index))).toBe(
      "0300002102f080320700000100000c000400011208128401010000d4020a000000",
    );
  });

  it("end the connection of a device that knows none", async () => {
    const raw = await session({ szl: "closes" });
    expect(await raw.ask(FRAMES.readList("0011", "0000"))).toBe("fin");
  });
});

describe("other user data", () => {
  it("reads the clock as captured", async () => {
    const raw = await session();
    const answer = await raw.ask("0300001d 02f080 3207000016000008 0004 0001120411470100 0a000000");
    expect(answer).toBe(
      "0300002b02f080320700001600000c000e000112081287010000000000ff09000a00191602081451379162",
    );
  });

  it("does not set the clock", async () => {
    const raw = await session();
    const answer = await raw.ask(
      "03000027 02f080 3207000017000008 000e 0001120411470200 ff09000a00191602082308100002",
    );
    expect(answer).toMatch(/81040a000000$/);
  });

  it("counts its data blocks", async () => {
    const raw = await session();
    const answer = await raw.ask("0300001d 02f080 3207000007000008 0004 0001120411430100 0a000000");
    expect(answer).toBe(
      "0300003d02f080320700000700000c0020000112081283010000000000ff09001c" +
        "30380001304500003043000030410002304200083044004d3046000f",
    );
  });

  it.each([
    ["a block that is not there", "0001120411430300ff0900083041303030303041", "d2090a000000"],
    ["a password", "0001120411450100ff090008213a1b1d6e681b1d", "d6020a000000"],
    ["a subscription", "0001120411440200ff0900080103004d6972746d", "81040a000000"],
  ])("refuses %s", async (_, body, end) => {
    const raw = await session();
    const answer = await raw.ask(`03000025 02f080 320700000b000008 000c ${body}`);
    expect(answer.endsWith(end)).toBe(true);
  });
});

/** One item of a read or write. */
const item = (transport: string, count: string, db: string, area: string, pointer: string): string =>
  `120a10${transport}${count}${db}${area}${pointer}`;

function read(...items: readonly string[]): string {
  const parameters = `04${items.length.toString(16).padStart(2, "0")}${items.join("")}`;
  const length = (parameters.length / 2).toString(16).padStart(4, "0");
  const total = (17 + parameters.length / 2).toString(16).padStart(4, "0");
  return `0300${total}02f0803201000000${"05"}${length}0000${parameters}`;
}

describe("reading", () => {
  it("refuses a data block that is not there as captured", async () => {
    const raw = await session();
    expect(await raw.ask("0300001f 02f080 320100000000000e0000 0401 120a10020040000984000000")).toBe(
      "0300001902f0803203000000000002000400000401" + "0a000000",
    );
  });

  it.each([
    ["four bytes", item("02", "0004", "0001", "84", "000000"), "ff040020422a0000"],
    ["a REAL", item("08", "0001", "0001", "84", "000000"), "ff070004422a0000"],
    ["an INT", item("05", "0001", "0001", "84", "000020"), "ff050010fa38"],
    ["a bit", item("01", "0001", "0001", "84", "000033"), "ff03000101"],
    ["a bit that is not set", item("01", "0001", "0001", "84", "000034"), "ff03000100"],
    ["characters", item("03", "0006", "0001", "84", "0000b0"), "ff09000650756d702037"],
    ["bit memory", item("02", "0002", "0000", "83", "000050"), "ff0400100309"],
    ["a timer", item("1d", "0001", "0000", "1d", "000001"), "ff0900020000"],
    ["beyond the end", item("02", "0002", "0001", "84", "0007f8"), "05000000"],
    ["a bit beyond the end", item("01", "0001", "0001", "84", "000800"), "05000000"],
    ["two bits", item("01", "0002", "0001", "84", "000000"), "06000000"],
    ["an area that is not there", item("02", "0001", "0000", "99", "000000"), "05000000"],
    ["a type that is not there", item("77", "0001", "0001", "84", "000000"), "06000000"],
  ])("answers %s", async (_, one, expected) => {
    const raw = await session();
    const answer = await raw.ask(read(one));
    expect(pduOf(answer).slice(28)).toBe(expected);
  });

  it("fills items up to even lengths, but for the last", async () => {
    const raw = await session();
    const byte = item("02", "0001", "0001", "84", "000000");
    expect(pduOf(await raw.ask(read(byte, byte))).slice(28)).toBe("ff04000842" + "00" + "ff04000842");
  });

  it("refuses an answer that would not fit into the PDU", async () => {
    const raw = await session();
    const fits = await raw.ask(read(item("02", "00de", "0001", "84", "000000")));
    expect(fits.length / 2).toBe(247);
    const beyond = await raw.ask(read(item("02", "00df", "0001", "84", "000000")));
    expect(pduOf(beyond)).toBe("320300000005000000008500");
  });

  it("refuses a request that is larger than the PDU", async () => {
    const raw = await session();
    const bit = item("01", "0001", "0001", "84", "000000");
    expect(pduOf(await raw.ask(read(...Array.from({ length: 20 }, () => bit))))).toMatch(/8500$/);
  });

  it("refuses more than 160 bytes where a CP is in between", async () => {
    const raw = await session({ mostJobBytes: 160 });
    expect(pduOf(await raw.ask(read(item("02", "00a0", "0001", "84", "000000"))))).toMatch(/^3203.{16}0000/);
    expect(pduOf(await raw.ask(read(item("02", "00a1", "0001", "84", "000000"))))).toMatch(/8500$/);
  });

  it("must be one whole variable of a drive", async () => {
    const raw = await session({ reads: "whole-variables" });
    expect(pduOf(await raw.ask(read(item("08", "0001", "0001", "84", "000000"))))).toContain("ff07");
    expect(pduOf(await raw.ask(read(item("02", "0008", "0001", "84", "000000"))))).toMatch(/05000000$/);
  });

  it("is refused with 8104 in a ROSCTR 2 where PUT/GET is off", async () => {
    const raw = await session({ reads: 0x8104, errorRosctr: 2 });
    expect(pduOf(await raw.ask(read(item("02", "0001", "0001", "84", "000000"))))).toBe(
      "320200000005000000008104",
    );
  });

  it("needs a password at level 3", async () => {
    const raw = await session({ protection: 3 });
    expect(pduOf(await raw.ask(read(item("02", "0001", "0001", "84", "000000"))))).toMatch(/d241$/);
  });
});

describe("everything else", () => {
  const write = "03000024 02f080 320100000018000e00050501 120a10020001000184000000 0004000842";

  it("refuses to be written", async () => {
    const raw = await session();
    expect(pduOf(await raw.ask(write))).toBe("3203000000180002000100000501" + "03");
    expect(pduOf(await raw.ask(read(item("02", "0001", "0001", "84", "000000"))))).toMatch(/ff04000842$/);
  });

  it("refuses to be written as a protected CPU does", async () => {
    const raw = await session({ protection: 2 });
    expect(pduOf(await raw.ask(write))).toMatch(/d0a1$/);
  });

  it("refuses a block that is not there as captured", async () => {
    const raw = await session();
    const answer = await raw.ask(
      "03000023 02f080 3201000015000012 0000 1d00000000000000095f3038303030303041",
    );
    expect(answer).toBe("0300001302f08032020000150000000000d20c");
  });

  it("refuses to be stopped", async () => {
    const raw = await session();
    const answer = await raw.ask("03000021 02f080 320100001c000010 0000 29000000000009505f50524f4752414d");
    expect(pduOf(answer)).toMatch(/8104$/);
  });

  it("puts a message together that comes in two DTs", async () => {
    const raw = await line(await start());
    await raw.ask(FRAMES.connect("0202"));
    const answer = await raw.ask("03000009 02f000 3201 03000017 02f080 000000000008 0000 f00000010001 01e0");
    expect(answer).toMatch(/f0000001000100f0$/);
  });
});

describe("jobs in flight", () => {
  const two = read(item("02", "0001", "0001", "84", "000000")).repeat(2);

  async function busy(surplusJobs: S7Traits["surplusJobs"]): Promise<RawLine> {
    const device = { traits: { ...CAPTURED, surplusJobs, amq: { calling: 1, called: 1 } }, memory };
    const simulator = await startS7Simulator(device, { seed: 1, latencyScale: 10 });
    open.push(() => simulator.close());
    const raw = await line(simulator);
    await raw.ask(FRAMES.connect("0202"));
    await raw.ask(FRAMES.setup);
    return raw;
  }

  it("beyond those granted wait where the CPU lets them", async () => {
    const raw = await busy("wait");
    expect(await raw.ask(two)).toMatch(/ff04000842$/);
    expect(await raw.next()).toMatch(/ff04000842$/);
  });

  it("beyond those granted are cancelled by a CP", async () => {
    const raw = await busy(0x8503);
    expect(await raw.ask(two)).toMatch(/8503$/);
    expect(await raw.next()).toMatch(/ff04000842$/);
  });

  it("beyond those granted are forgotten by a worse one", async () => {
    const raw = await busy("silence");
    expect(await raw.ask(two)).toMatch(/ff04000842$/);
    expect(await raw.next(200)).toBe("silence");
  });

  it("without end are cut off", async () => {
    const raw = await busy("wait");
    let answer = await raw.ask(two.repeat(40), 100);
    while (answer !== "fin" && answer !== "reset") answer = await raw.next();
    expect(["fin", "reset"]).toContain(answer);
  });
});

describe("garbage", () => {
  it.each([
    ["text", "474554202f20485454502f312e310d0a0d0a"],
    ["a TPKT without room for a TPDU", "03000005 0000"],
    ["a TPKT that is too long", "0300ffff 02f080"],
    ["a CR that ends within a parameter", "03000016 11e00000001400c1ff0100c2020202c0010a"],
    ["a CR with another length", "03000016 0fe00000001400c1020100c2020202c0010a"],
    ["a TPDU of another kind", "03000007 02700080"],
    ["data before a connection", FRAMES.setup],
  ])("of %s ends the connection", async (_, hex) => {
    const raw = await line(await start());
    const answer = await raw.ask(hex);
    expect(["fin", "reset"]).toContain(answer);
  });

  it.each([
    ["no S7 PDU", "0300000b 02f080 72010000"],
    ["a PDU that is shorter than it says", "03000013 02f080 320100000000ffff0000 0000"],
    ["a second CR", FRAMES.connect("0202")],
    ["user data without parameters", "03000011 02f080 32070000000000000000"],
    ["a PDU of no known kind", "03000011 02f080 32090000000000000000"],
  ])("of %s ends a session", async (_, hex) => {
    const raw = await session();
    const answer = await raw.ask(hex);
    expect(["fin", "reset"]).toContain(answer);
  });

  it("of any kind does not keep the next client from being served", async () => {
    const simulator = await start();
    const random = createRandom(7);
    for (let i = 0; i < 50; i += 1) {
      const raw = await line(simulator);
      const bytes = Buffer.from(
        Array.from({ length: 1 + Math.floor(random.uniform() * 60) }, () =>
          Math.floor(random.uniform() * 256),
        ),
      );
      if (i % 2 === 0) bytes.set(Buffer.from([3, 0, 0, bytes.length]).subarray(0, bytes.length));
      await raw.ask(bytes.toString("hex"), 5);
      raw.close();
    }
    expect(await (await line(simulator)).ask(FRAMES.connect("0202"))).toMatch(/^0300001611d0/);
  });
});
