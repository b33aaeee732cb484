import { type CapturedPacket, type CaptureFormat, MOST_RECORD_BYTES, unreadable } from "./captured.ts";
import { createRecordCutter } from "./record-cutter.ts";

// draft-ietf-opsawg-pcapng, section 4: block types.
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
// Type, length, and the length again at the end.
const LEAST_BLOCK_BYTES = 12;
// With the fixed fields of each (sections 4.1, 4.2, 4.3, 4.4 and 10.1).
const LEAST_BYTES: Readonly<Record<number, number>> = {
  [SECTION_HEADER]: 28,
  [INTERFACE_DESCRIPTION]: 20,
  [OBSOLETE_PACKET]: 32,
  [SIMPLE_PACKET]: 16,
  [ENHANCED_PACKET]: 32,
};
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;
/** Interfaces of one section; a capture of more is taken for a damaged file. */
const MOST_INTERFACES = 1024;

interface Interface {
  readonly linkType: number;
  /** Bytes kept of a packet; 0 for all. */
  readonly snapLength: number;
  readonly unitsPerSecond: bigint;
  readonly offsetSeconds: bigint;
}

export function isPcapng(bytes: Buffer): boolean {
  return bytes.length >= 4 && bytes.readUInt32BE(0) === SECTION_HEADER;
}

/** The format of Wireshark: sections of either byte order, several interfaces, any resolution of time. */
export function createPcapngFormat(): CaptureFormat {
  let isLittle = true;
  let interfaces: Interface[] = [];

  const cutter = createRecordCutter((bytes) => {
    if (bytes.length < LEAST_BLOCK_BYTES) return undefined;
    // The type of a section header reads the same both ways round; its magic tells the order of what follows.
    if (isPcapng(bytes)) isLittle = orderOf(bytes);
    const length = u32(bytes, 4);
    if (length < LEAST_BLOCK_BYTES || length % 4 !== 0 || length > MOST_RECORD_BYTES) {
      throw unreadable(`it has a block of ${length} bytes`);
    }
    return length;
  });

  const u32 = (bytes: Buffer, at: number) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const u16 = (bytes: Buffer, at: number) => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));

  function* options(block: Buffer): Generator<{ readonly code: number; readonly value: Buffer }> {
    for (let at = 16; at + 4 <= block.length - 4; ) {
      const length = u16(block, at + 2);
      yield { code: u16(block, at), value: block.subarray(at + 4, at + 4 + length) };
      at += 4 + Math.ceil(length / 4) * 4;
    }
  }

  function describe(block: Buffer): void {
    if (interfaces.length === MOST_INTERFACES) throw unreadable(`more than ${MOST_INTERFACES} interfaces`);
    let unitsPerSecond = 1_000_000n;
    let offsetSeconds = 0n;
    for (const { code, value } of options(block)) {
      if (code === OPTION_TIME_RESOLUTION && value.length >= 1) unitsPerSecond = unitsOf(value.readUInt8(0));
      if (code === OPTION_TIME_OFFSET && value.length === 8) {
        offsetSeconds = isLittle ? value.readBigInt64LE(0) : value.readBigInt64BE(0);
      }
    }
    interfaces.push({ linkType: u16(block, 8), snapLength: u32(block, 12), unitsPerSecond, offsetSeconds });
  }

  function interfaceAt(index: number): Interface {
    const found = interfaces[index];
    if (found === undefined) throw unreadable(`a packet names interface ${index}, which was not described`);
    return found;
  }

  function packet(block: Buffer, link: Interface, timeAt: number): CapturedPacket {
    const kept = u32(block, timeAt + 8);
    const start = timeAt + 16;
    if (start + kept > block.length - 4) throw unreadable(`a packet of ${kept} bytes exceeds its block`);
    return {
      timeUs: microseconds(u64(u32(block, timeAt), u32(block, timeAt + 4)), link),
      linkType: link.linkType,
      bytes: block.subarray(start, start + kept),
      wireBytes: u32(block, timeAt + 12),
    };
  }

  function simplePacket(block: Buffer): CapturedPacket {
    const link = interfaceAt(0);
    const wireBytes = u32(block, 8);
    const room = block.length - 16;
    const kept = Math.min(wireBytes, room, link.snapLength === 0 ? room : link.snapLength);
    return { timeUs: 0, linkType: link.linkType, bytes: block.subarray(12, 12 + kept), wireBytes };
  }

  function take(block: Buffer, onPacket: (packet: CapturedPacket) => void): void {
    const type = u32(block, 0);
    if (block.length < (LEAST_BYTES[type] ?? 0)) throw unreadable("a block is too short for what it is");
    if (type === SECTION_HEADER) interfaces = [];
    else if (type === INTERFACE_DESCRIPTION) describe(block);
    else if (type === ENHANCED_PACKET) onPacket(packet(block, interfaceAt(u32(block, 8)), 12));
    else if (type === OBSOLETE_PACKET) onPacket(packet(block, interfaceAt(u16(block, 8)), 12));
    else if (type === SIMPLE_PACKET) onPacket(simplePacket(block));
    // Names, statistics and blocks of single programs say nothing of packets.
  }

  return {
    push(chunk, onPacket) {
      cutter.push(chunk, (block) => take(block, onPacket));
    },
    get left() {
      return cutter.left;
    },
  };
}

function orderOf(bytes: Buffer): boolean {
  if (bytes.readUInt32LE(8) === BYTE_ORDER_MAGIC) return true;
  if (bytes.readUInt32BE(8) === BYTE_ORDER_MAGIC) return false;
  throw unreadable("a section does not tell its byte order");
}

const u64 = (high: number, low: number): bigint => (BigInt(high) << 32n) | BigInt(low);

/** Powers of ten, or of two where the highest bit is set (section 4.2). */
function unitsOf(resolution: number): bigint {
  const exponent = BigInt(resolution & 0x7f);
  return (resolution & 0x80) === 0 ? 10n ** exponent : 1n << exponent;
}

function microseconds(units: bigint, { unitsPerSecond, offsetSeconds }: Interface): number {
  return Number((units * 1_000_000n) / unitsPerSecond + offsetSeconds * 1_000_000n);
}
