import { COTP_PARAMETER, connectCursor, sizeOf, takeParameters } from "./cotp-connect.ts";
import { WireError } from "./wire-error.ts";

/** A connection request as the called side gets it. */
export interface IncomingConnect {
  /** The caller's name of the connection. */
  readonly reference: number;
  /** Bytes of the longest TPDU, its header included. */
  readonly tpduSize: number;
  readonly callingTsap: Buffer;
  readonly calledTsap: Buffer;
}

const CONNECT_REQUEST = 0xe0;
const CONNECT_CONFIRM = 0xd0;
const LENGTH_AT = 4;
/** What controllers confirm to a caller that proposes none. */
const USUAL_TPDU_SIZE = 1024;
// Programming devices name themselves in 2 bytes, S7-1500s are called by names of 16 (icsnpp-s7comm's captures).
const MOST_TSAP_BYTES = 32;
/** TPKT and COTP data header before each part of a PDU. */
const DATA_HEADER_BYTES = 7;
const COTP_DATA_HEADER_BYTES = 3;

/** @param packet exactly one TPKT packet
 *  @throws WireError where it is no connection request of class 0 (ISO 8073, 13.3; RFC 1006, section 5) */
export function decodeConnectRequest(packet: Buffer): IncomingConnect {
  const cursor = connectCursor(packet);
  const kind = cursor.u8("the kind of packet");
  if (kind !== CONNECT_REQUEST) throw new WireError(5, `kind 0x${kind.toString(16)} asks for no connection`);
  const destination = cursor.u16("the destination's reference");
  if (destination !== 0)
    throw new WireError(6, `reference ${destination} names a connection that is none yet`);
  const reference = cursor.u16("the source's reference");
  const options = cursor.u8("the class");
  if (options >> 4 !== 0) throw new WireError(10, `class ${options >> 4} is not class 0`);
  const values = takeParameters(cursor);
  const size = values.get(COTP_PARAMETER.tpduSize);
  return {
    reference,
    tpduSize: (size?.length === 1 ? sizeOf(size.readUInt8(0)) : undefined) ?? USUAL_TPDU_SIZE,
    callingTsap: tsapOf(values, COTP_PARAMETER.callingTsap),
    calledTsap: tsapOf(values, COTP_PARAMETER.calledTsap),
  };
}

function tsapOf(values: ReadonlyMap<number, Buffer>, code: number): Buffer {
  const tsap = values.get(code) ?? Buffer.alloc(0);
  if (tsap.length > MOST_TSAP_BYTES)
    throw new WireError(LENGTH_AT, `a TSAP of ${tsap.length} bytes is too long`);
  return tsap;
}

/** Confirms as real controllers do: the TPDU size first, whatever order was asked in, then both TSAPs as they were
 *  (ITI/ICS-Security-Tools, snap7_s300_setupCommunication.pcapng).
 *  @param reference this side's name of the connection
 *  @returns the packet, TPKT included */
export function encodeConnectConfirm(request: IncomingConnect, reference: number): Buffer {
  const { callingTsap, calledTsap, tpduSize } = request;
  const parameters = Buffer.concat([
    Buffer.of(COTP_PARAMETER.tpduSize, 1, Math.log2(tpduSize)),
    Buffer.of(COTP_PARAMETER.callingTsap, callingTsap.length),
    callingTsap,
    Buffer.of(COTP_PARAMETER.calledTsap, calledTsap.length),
    calledTsap,
  ]);
  const header = Buffer.from([3, 0, 0, 0, 6 + parameters.length, CONNECT_CONFIRM, 0, 0, 0, 0, 0]);
  const packet = Buffer.concat([header, parameters]);
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt16BE(request.reference, 6);
  packet.writeUInt16BE(reference, 8);
  return packet;
}

/** A PDU in data packets that hold no more than the caller takes at once; the last one is marked. */
export function encodeDataPackets(pdu: Buffer, tpduSize: number): Buffer {
  const most = tpduSize - COTP_DATA_HEADER_BYTES;
  const packets: Buffer[] = [];
  for (let at = 0; at < pdu.length; at += most) {
    const part = pdu.subarray(at, at + most);
    const isLast = at + most >= pdu.length;
    const header = Buffer.of(3, 0, 0, 0, 2, 0xf0, isLast ? 0x80 : 0);
    header.writeUInt16BE(DATA_HEADER_BYTES + part.length, 2);
    packets.push(header, part);
  }
  return Buffer.concat(packets);
}
