import { createPacketCutter, packetLength } from "./tpkt.ts";
import { WireError } from "./wire-error.ts";

/** Makes S7 PDUs of a TCP stream: cuts packets and joins those that COTP split (ISO 8073, 13.7). */
export interface PduJoiner {
  /** Hands on each PDU that `chunk` completes; it is valid until the handler returns.
   *  @throws WireError; DisconnectError when the other side takes its leave */
  push(chunk: Buffer, onPdu: (pdu: Buffer) => void): void;
}

const LENGTH_AT = 4;
const KIND_AT = 5;
const LAST_AT = 6;
const PDU_AT = 7;
const DATA = 0xf0;
const DISCONNECT_REQUEST = 0x80;
const LAST = 0x80;
// After length, kind and the two references (ISO 8073, 13.5).
const REASON_AT = 10;

/** A COTP disconnect request: the other side ends the connection. */
export class DisconnectError extends Error {
  /** ISO 8073, 13.5.3; 0 where none is given. */
  readonly reason: number;

  constructor(reason: number) {
    super(`the other side ended the connection (disconnect request, reason ${reason})`);
    this.name = "DisconnectError";
    this.reason = reason;
  }
}

/** An empty data packet that is not the last of its row: older CPUs acknowledge with it before they answer.
 *  @param packet exactly one TPKT packet */
export const isFastAcknowledge = (packet: Buffer): boolean =>
  packet.length === PDU_AT && packet[KIND_AT] === DATA && ((packet[LAST_AT] ?? 0) & LAST) === 0;

/** Bytes of the first whole answer in `bytes`: of one packet, or of a row of data packets up to the one that is marked
 *  as its last; undefined while it cannot be told yet.
 *  @throws WireError where this is no TPKT */
export function answerLength(bytes: Buffer): number | undefined {
  for (let end = 0; end < bytes.length; ) {
    const start = end;
    const length = packetLength(bytes.subarray(start));
    if (length === undefined) return undefined;
    end = start + length;
    const isMore =
      end <= bytes.length && bytes[start + KIND_AT] === DATA && ((bytes[start + LAST_AT] ?? 0) & LAST) === 0;
    if (!isMore) return end;
  }
  return undefined;
}

/** An answer of `answerLength` bytes without its TPKT and COTP headers.
 *  @throws WireError where it is not exactly one PDU; DisconnectError */
export function joinAnswer(bytes: Buffer): Buffer {
  const pdus: Buffer[] = [];
  createPduJoiner(bytes.length).push(bytes, (pdu) => void pdus.push(pdu));
  const [pdu] = pdus;
  if (pdu === undefined) throw new WireError(bytes.length, "the answer is cut short");
  if (pdus.length > 1) throw new WireError(bytes.length - (pdus[1]?.length ?? 0), "a second answer follows");
  return pdu;
}

export function createPduJoiner(pduSize: number): PduJoiner {
  const packets = createPacketCutter(pduSize + PDU_AT);
  let parts: Buffer[] = [];
  let partBytes = 0;

  function take(packet: Buffer, onPdu: (pdu: Buffer) => void): void {
    const kind = packet.readUInt8(KIND_AT);
    if (kind === DISCONNECT_REQUEST) {
      throw new DisconnectError(packet.length > REASON_AT ? packet.readUInt8(REASON_AT) : 0);
    }
    if (kind !== DATA || packet.readUInt8(LENGTH_AT) !== 2)
      throw new WireError(KIND_AT, "this is no data packet");
    const isLast = (packet.readUInt8(LAST_AT) & LAST) !== 0;
    if (isLast && partBytes === 0) {
      onPdu(packet.subarray(PDU_AT));
      return;
    }
    // An empty part is the fast acknowledgement of older CPUs: it adds nothing.
    partBytes += packet.length - PDU_AT;
    if (partBytes > pduSize) throw new WireError(PDU_AT, `the parts of an answer exceed ${pduSize} bytes`);
    if (packet.length > PDU_AT) parts.push(Buffer.from(packet.subarray(PDU_AT)));
    if (!isLast) return;
    const pdu = Buffer.concat(parts);
    parts = [];
    partBytes = 0;
    onPdu(pdu);
  }

  return {
    push(chunk, onPdu) {
      packets.push(chunk, (packet) => take(packet, onPdu));
    },
  };
}
