import { type CapturedPacket, type CaptureFormat, MOST_RECORD_BYTES, unreadable } from "./captured.ts";
import { createRecordCutter } from "./record-cutter.ts";

// draft-ietf-opsawg-pcap: the magic number tells byte order and the unit of time.
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
// The upper bits tell of a frame check sequence (libpcap, pcap-common.h: LT_LINKTYPE).
const LINK_TYPE_MASK = 0x03ff_ffff;

interface Layout {
  readonly isLittle: boolean;
  /** Sub-second units in a microsecond. */
  readonly perMicrosecond: number;
}

export function isPcap(bytes: Buffer): boolean {
  return layoutOf(bytes) !== undefined;
}

/** The classic format of tcpdump, both byte orders, microseconds and nanoseconds. */
export function createPcapFormat(): CaptureFormat {
  let layout: Layout | undefined;
  let linkType = 0;
  const cutter = createRecordCutter((bytes) => {
    if (layout === undefined) return FILE_HEADER_BYTES;
    if (bytes.length < RECORD_HEADER_BYTES) return undefined;
    const kept = u32(bytes, 8, layout);
    if (kept > MOST_RECORD_BYTES) throw unreadable(`it has a packet of ${kept} bytes`);
    return RECORD_HEADER_BYTES + kept;
  });

  function open(header: Buffer): void {
    layout = layoutOf(header);
    if (layout === undefined) throw unreadable("it does not begin as a pcap file does");
    linkType = u32(header, 20, layout) & LINK_TYPE_MASK;
  }

  return {
    push(chunk, onPacket) {
      cutter.push(chunk, (record) => {
        if (layout === undefined) open(record);
        else onPacket(packetOf(record, layout, linkType));
      });
    },
    get left() {
      return cutter.left;
    },
  };
}

function packetOf(record: Buffer, layout: Layout, linkType: number): CapturedPacket {
  const fraction = Math.floor(u32(record, 4, layout) / layout.perMicrosecond);
  return {
    timeUs: u32(record, 0, layout) * 1_000_000 + fraction,
    linkType,
    bytes: record.subarray(RECORD_HEADER_BYTES),
    wireBytes: u32(record, 12, layout),
  };
}

function layoutOf(bytes: Buffer): Layout | undefined {
  if (bytes.length < 4) return undefined;
  for (const isLittle of [true, false]) {
    const magic = isLittle ? bytes.readUInt32LE(0) : bytes.readUInt32BE(0);
    if (magic === MICROSECONDS) return { isLittle, perMicrosecond: 1 };
    if (magic === NANOSECONDS) return { isLittle, perMicrosecond: 1000 };
  }
  return undefined;
}

function u32(bytes: Buffer, at: number, { isLittle }: Layout): number {
  return isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}
