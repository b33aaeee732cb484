import { createPacketCutter } from "./tpkt.ts";
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
