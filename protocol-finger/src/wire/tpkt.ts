import { WireError } from "./wire-error.ts";

/** Cuts a TCP stream into TPKT packets (RFC 1006, section 6), whatever way TCP cut it. */
export interface PacketCutter {
  /** Hands on each packet that `chunk` completes; the packet is valid until the handler returns.
   *  @throws WireError where the bytes are no TPKT or longer than allowed */
  push(chunk: Buffer, onPacket: (packet: Buffer) => void): void;
}

const HEADER_BYTES = 4;
// A COTP data header of three bytes follows the TPKT header in the shortest packet (ISO 8073, 13.7).
const LEAST_BYTES = HEADER_BYTES + 3;
// The length field has two bytes.
const MOST_BYTES = 0xffff;

/** Bytes of the first packet of `bytes`, or undefined while its header is not all there.
 *  @throws WireError where this is no TPKT */
export function packetLength(bytes: Buffer): number | undefined {
  if (bytes.length > 0) checkVersion(bytes, 0);
  return bytes.length < HEADER_BYTES ? undefined : lengthAt(bytes, 0, MOST_BYTES);
}

/** @param mostBytes longest packet that the peer may send */
export function createPacketCutter(mostBytes: number): PacketCutter {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(chunk, onPacket) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      while (bytes.length - at >= HEADER_BYTES) {
        const end = at + lengthAt(bytes, at, mostBytes);
        if (end > bytes.length) break;
        onPacket(bytes.subarray(at, end));
        at = end;
      }
      // Less than one packet: the bound on its length bounds what waits here.
      rest = bytes.subarray(at);
    },
  };
}

function checkVersion(bytes: Buffer, at: number): void {
  const version = bytes.readUInt8(at);
  if (version !== 3) {
    throw new WireError(0, `a packet begins with byte 0x${version.toString(16)} where TPKT has 3`);
  }
}

function lengthAt(bytes: Buffer, at: number, mostBytes: number): number {
  checkVersion(bytes, at);
  const length = bytes.readUInt16BE(at + 2);
  if (length < LEAST_BYTES) throw new WireError(2, `a packet of ${length} bytes is too short`);
  if (length > mostBytes) {
    throw new WireError(2, `a packet of ${length} bytes is longer than the ${mostBytes} agreed upon`);
  }
  return length;
}
