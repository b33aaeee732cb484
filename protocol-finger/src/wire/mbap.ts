import { WireError } from "./wire-error.ts";

/** A Modbus/TCP frame: header (MBAP) and PDU (Modbus Messaging on TCP/IP V1.0b, 3.1.3). */
export interface Adu {
  readonly transaction: number;
  readonly unit: number;
  /** Function code and data, 1 to 253 bytes. */
  readonly pdu: Buffer;
}

const HEADER_BYTES = 7;
const LENGTH_AT = 4;
const UNIT_AT = 6;
export const MOST_PDU_BYTES = 253;

export function encodeAdu({ transaction, unit, pdu }: Adu): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + pdu.length);
  bytes.writeUInt16BE(transaction, 0);
  bytes.writeUInt16BE(pdu.length + 1, LENGTH_AT);
  bytes.writeUInt8(unit, UNIT_AT);
  bytes.set(pdu, HEADER_BYTES);
  return bytes;
}

/** Bytes of the first frame of `bytes`, or undefined while its header is not all there.
 *  @throws WireError where this is no Modbus/TCP */
export function aduLength(bytes: Buffer): number | undefined {
  if (bytes.length >= 4 && bytes.readUInt16BE(2) !== 0) {
    throw new WireError(2, `the protocol is ${bytes.readUInt16BE(2)} where Modbus has 0`);
  }
  if (bytes.length < LENGTH_AT + 2) return undefined;
  const length = bytes.readUInt16BE(LENGTH_AT);
  if (length < 2 || length > MOST_PDU_BYTES + 1) {
    throw new WireError(LENGTH_AT, `a length of ${length} is outside of 2 to ${MOST_PDU_BYTES + 1}`);
  }
  return LENGTH_AT + 2 + length;
}

/** @param bytes exactly one frame
 *  @throws WireError */
export function decodeAdu(bytes: Buffer): Adu {
  const length = aduLength(bytes);
  if (length === undefined || length > bytes.length) {
    throw new WireError(bytes.length, `the frame is cut short: ${bytes.length} bytes`);
  }
  if (length < bytes.length) throw new WireError(length, `${bytes.length - length} bytes follow the frame`);
  return {
    transaction: bytes.readUInt16BE(0),
    unit: bytes.readUInt8(UNIT_AT),
    pdu: bytes.subarray(HEADER_BYTES, length),
  };
}

/** Cuts a TCP stream into frames, whatever way TCP cut it; never holds more than one frame. */
export interface AduCutter {
  /** @throws WireError where the stream is no Modbus/TCP: nothing after it can be trusted */
  push(chunk: Buffer, onAdu: (adu: Adu) => void): void;
}

export function createAduCutter(): AduCutter {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(chunk, onAdu) {
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let length = aduLength(bytes); length !== undefined && length <= bytes.length; ) {
        onAdu(decodeAdu(bytes.subarray(0, length)));
        bytes = bytes.subarray(length);
        length = aduLength(bytes);
      }
      rest = bytes;
    },
  };
}
