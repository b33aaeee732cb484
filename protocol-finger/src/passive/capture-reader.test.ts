import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FingerError } from "../finger-error.ts";
import { readCapture } from "./capture-reader.ts";
import type { CapturedPacket } from "./captured.ts";
import {
  block,
  captured,
  enhancedPacket,
  interfaceDescription,
  pcapFile,
  sectionHeader,
  writer,
} from "./testing/build.ts";

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function packetsOf(
  bytes: Buffer,
  size = bytes.length,
): Promise<{ packets: CapturedPacket[]; isWhole: boolean }> {
  const packets: CapturedPacket[] = [];
  const { isWhole } = await readCapture(inPieces(bytes, Math.max(1, size)), (packet) => packets.push(packet));
  return { packets, isWhole };
}

const one = captured(Buffer.from("first"), 1_700_000_000_000_001);
const two = captured(Buffer.from("the second"), 1_700_000_001_999_999);

describe("a capture of tcpdump", () => {
  it.each([
    { isLittle: true, isNano: false },
    { isLittle: true, isNano: true },
    { isLittle: false, isNano: false },
    { isLittle: false, isNano: true },
  ])("is read in either byte order and unit of time: %o", async (shape) => {
    const { packets, isWhole } = await packetsOf(pcapFile([one, two], shape));
    expect(packets).toEqual([one, two]);
    expect(isWhole).toBe(true);
  });

  it("is read the same whatever way its bytes come", async () => {
    const bytes = pcapFile([one, two, one]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: bytes.length }), async (size) => {
        expect((await packetsOf(bytes, size)).packets).toEqual([one, two, one]);
      }),
    );
  });

  it("is good up to where it was cut off", async () => {
    const bytes = pcapFile([one, two]);
    const { packets, isWhole } = await packetsOf(bytes.subarray(0, bytes.length - 1));
    expect(packets).toEqual([one]);
    expect(isWhole).toBe(false);
  });

  it("knows its link type without the bits of the frame check sequence", async () => {
    const bytes = pcapFile([one]);
    bytes.writeUInt32LE(0x1400_0001, 20);
    expect((await packetsOf(bytes)).packets[0]?.linkType).toBe(1);
  });

  it("is refused where a packet is absurdly long", async () => {
    const bytes = pcapFile([one]);
    bytes.writeUInt32LE(0x7fff_ffff, 24 + 8);
    await expect(packetsOf(bytes)).rejects.toThrow(/a packet of 2147483647 bytes.*tcpdump -w/);
  });
});

describe("a capture of Wireshark", () => {
  const MICROSECONDS = 1_700_000_000_000_001n;

  it.each([true, false])("is read in either byte order (little-endian: %s)", async (isLittle) => {
    const bytes = Buffer.concat([
      sectionHeader(isLittle),
      interfaceDescription(1, [], { isLittle }),
      enhancedPacket(one.bytes, MICROSECONDS, { isLittle }),
    ]);
    expect(await packetsOf(bytes, 7)).toEqual({ packets: [one], isWhole: true });
  });

  it("may have sections of different byte order, each with interfaces of its own", async () => {
    const bytes = Buffer.concat([
      sectionHeader(true),
      interfaceDescription(1),
      enhancedPacket(one.bytes, MICROSECONDS),
      sectionHeader(false),
      interfaceDescription(113, [], { isLittle: false }),
      enhancedPacket(one.bytes, MICROSECONDS, { isLittle: false }),
    ]);
    expect((await packetsOf(bytes)).packets.map(({ linkType }) => linkType)).toEqual([1, 113]);
  });

  it.each([
    { name: "nanoseconds", resolution: 9, units: MICROSECONDS * 1000n },
    { name: "milliseconds", resolution: 3, units: MICROSECONDS / 1000n },
    {
      name: "parts of two to the 20th",
      resolution: 0x80 | 20,
      units: (MICROSECONDS << 20n) / 1_000_000n + 1n,
    },
  ])("tells time in $name", async ({ resolution, units }) => {
    const comment: [number, Buffer] = [1, Buffer.from("a comment")];
    const bytes = Buffer.concat([
      sectionHeader(),
      interfaceDescription(1, [comment, [9, Buffer.from([resolution])]]),
      enhancedPacket(one.bytes, units),
    ]);
    const [packet] = (await packetsOf(bytes)).packets;
    expect(Math.abs((packet?.timeUs ?? 0) - Number(MICROSECONDS))).toBeLessThanOrEqual(1000);
  });

  it.each([true, false])("counts from where the interface says (little-endian: %s)", async (isLittle) => {
    const offset = Buffer.alloc(8);
    if (isLittle) offset.writeBigInt64LE(-2n);
    else offset.writeBigInt64BE(-2n);
    const bytes = Buffer.concat([
      sectionHeader(isLittle),
      interfaceDescription(1, [[14, offset]], { isLittle }),
      enhancedPacket(one.bytes, MICROSECONDS, { isLittle }),
    ]);
    expect((await packetsOf(bytes)).packets[0]?.timeUs).toBe(Number(MICROSECONDS) - 2_000_000);
  });

  it("may have packets without times, and of the old kind", async () => {
    const w = writer(true);
    const simple = block(3, Buffer.concat([w.u32(100), Buffer.from("kept")]));
    const old = Buffer.concat([
      w.u16(0),
      w.u16(0),
      w.u32(0),
      w.u32(5),
      w.u32(3),
      w.u32(3),
      Buffer.from("old"),
    ]);
    const bytes = Buffer.concat([
      sectionHeader(),
      interfaceDescription(1, [], { snapLength: 4 }),
      simple,
      block(2, old),
      // Statistics: nothing to be heard in them.
      block(5, Buffer.alloc(12)),
    ]);
    expect((await packetsOf(bytes)).packets).toEqual([
      { timeUs: 0, linkType: 1, bytes: Buffer.from("kept"), wireBytes: 100 },
      { timeUs: 5, linkType: 1, bytes: Buffer.from("old"), wireBytes: 3 },
    ]);
  });

  it.each([
    { name: "a packet names no interface", bytes: enhancedPacket(one.bytes, 0n), what: /interface 0/ },
    {
      name: "a packet exceeds its block",
      bytes: Buffer.concat([
        interfaceDescription(1),
        block(6, Buffer.concat([Buffer.alloc(12), writer(true).u32(99), writer(true).u32(99)])),
      ]),
      what: /99 bytes exceeds its block/,
    },
    { name: "a block is too short", bytes: block(1, Buffer.alloc(4)), what: /too short/ },
    { name: "a block has no length", bytes: Buffer.alloc(12), what: /a block of 0 bytes/ },
    {
      name: "its interfaces have no end",
      bytes: Buffer.concat(Array.from({ length: 1025 }, () => interfaceDescription(1))),
      what: /more than 1024 interfaces/,
    },
  ])("is refused where $name", async ({ bytes, what }) => {
    await expect(packetsOf(Buffer.concat([sectionHeader(), bytes]))).rejects.toThrow(what);
  });

  it("is refused where a section has no byte order", async () => {
    const bytes = sectionHeader();
    bytes.writeUInt32LE(0, 8);
    await expect(packetsOf(bytes)).rejects.toThrow(/byte order/);
  });
});

describe("anything else", () => {
  it.each([
    { name: "nothing", bytes: Buffer.alloc(0), what: /it is empty/ },
    { name: "three bytes", bytes: Buffer.from("abc"), what: /ends after a few bytes/ },
    { name: "a text", bytes: Buffer.from("GET / HTTP/1.1"), what: /begins with 47455420/ },
  ])("is no capture: $name", async ({ bytes, what }) => {
    await expect(packetsOf(bytes, 2)).rejects.toThrow(what);
  });

  it("ends in CAPTURE_UNREADABLE or in packets, whatever bytes come", async () => {
    const beginnings = [Buffer.alloc(0), pcapFile([]).subarray(0, 24), sectionHeader(), pcapFile([one])];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...beginnings),
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        async (beginning, bytes, size) => {
          try {
            await packetsOf(Buffer.concat([beginning, bytes]), size);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(FingerError);
            expect((thrown as FingerError).code).toBe("CAPTURE_UNREADABLE");
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
