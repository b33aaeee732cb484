import { type Cursor, createCursor } from "./cursor.ts";
import { WireError } from "./wire-error.ts";

/** Codes of the parameters of connection PDUs (ISO 8073, 13.3.4). */
export const COTP_PARAMETER = { tpduSize: 0xc0, callingTsap: 0xc1, calledTsap: 0xc2 } as const;

export interface ConnectRequest {
  /** Names the connection on this side. */
  readonly reference: number;
  readonly localTsap: number;
  readonly remoteTsap: number;
  /** Bytes of the longest TPDU: a power of 2, 128 to 8192. */
  readonly tpduSize: number;
}

/** An answer to a connection request. */
export type ConnectReply =
  | {
      readonly kind: "confirm";
      /** The requester's own reference, given back. */
      readonly destinationReference: number;
      /** The answering side's name of the connection. */
      readonly sourceReference: number;
      /** 0 in all of S7. */
      readonly classAndOptions: number;
      /** Codes of the parameters in the order in which they stand: controllers, simulators and decoys differ in it. */
      readonly parameters: readonly number[];
      /** In bytes; undefined where none is told, or none that ISO 8073 knows. */
      readonly tpduSize: number | undefined;
      readonly callingTsap: Buffer | undefined;
      readonly calledTsap: Buffer | undefined;
    }
  /** ISO 8073, 13.5.3: 0 not specified, 1 congestion, 2 session entity not attached, 3 address unknown. */
  | { readonly kind: "disconnect"; readonly reason: number };

const CONNECT_REQUEST = 0xe0;
const CONNECT_CONFIRM = 0xd0;
const DISCONNECT_REQUEST = 0x80;
const LENGTH_AT = 4;
const KIND_AT = 5;
// 07 is 128 bytes, 0d is 8192 (ISO 8073, 13.3.4 b).
const LEAST_SIZE_CODE = 7;
const MOST_SIZE_CODE = 13;

/** A connection request with its parameters in the order C1, C2, C0: a CPU confirms with C0 first all the same, so that
 *  whoever merely echoes is found out (nmap, s7-info.nse, asks the same way).
 *  @returns the packet, TPKT included */
export function encodeConnectRequest(request: ConnectRequest): Buffer {
  const packet = Buffer.alloc(22);
  packet.set([3, 0, 0, packet.length, packet.length - 5, CONNECT_REQUEST]);
  packet.writeUInt16BE(request.reference, 8);
  packet.set([COTP_PARAMETER.callingTsap, 2], 11);
  packet.writeUInt16BE(request.localTsap, 13);
  packet.set([COTP_PARAMETER.calledTsap, 2], 15);
  packet.writeUInt16BE(request.remoteTsap, 17);
  packet.set([COTP_PARAMETER.tpduSize, 1, sizeCode(request.tpduSize)], 19);
  return packet;
}

function sizeCode(bytes: number): number {
  const code = Math.log2(bytes);
  if (Number.isInteger(code) && code >= LEAST_SIZE_CODE && code <= MOST_SIZE_CODE) return code;
  throw new RangeError(`a TPDU has 128, 256 ... 8192 bytes, not ${bytes}`);
}

/** @param packet exactly one TPKT packet
 *  @throws WireError where it is neither a confirmation nor a refusal */
export function decodeConnectReply(packet: Buffer): ConnectReply {
  const cursor = connectCursor(packet);
  const kind = cursor.u8("the kind of packet");
  const destinationReference = cursor.u16("the destination's reference");
  const sourceReference = cursor.u16("the source's reference");
  if (kind === DISCONNECT_REQUEST) return { kind: "disconnect", reason: cursor.u8("the reason") };
  // The low half may carry a credit, which class 0 does not use.
  if ((kind & 0xf0) !== CONNECT_CONFIRM) {
    throw new WireError(KIND_AT, `kind 0x${kind.toString(16)} answers no connection request`);
  }
  const classAndOptions = cursor.u8("the class");
  const values = takeParameters(cursor);
  const size = values.get(COTP_PARAMETER.tpduSize);
  return {
    kind: "confirm",
    destinationReference,
    sourceReference,
    classAndOptions,
    parameters: [...values.keys()],
    tpduSize: size?.length === 1 ? sizeOf(size.readUInt8(0)) : undefined,
    callingTsap: values.get(COTP_PARAMETER.callingTsap),
    calledTsap: values.get(COTP_PARAMETER.calledTsap),
  };
}

/** Stands before the kind of a connection PDU, whose header is all there is of the packet.
 *  @throws WireError where it is not */
export function connectCursor(packet: Buffer): Cursor {
  const cursor = createCursor(packet, LENGTH_AT);
  const headerBytes = cursor.u8("the COTP header");
  if (LENGTH_AT + 1 + headerBytes === packet.length) return cursor;
  const came = packet.length - LENGTH_AT - 1;
  throw new WireError(LENGTH_AT, `the COTP header tells of ${headerBytes} bytes and ${came} came`);
}

/** The parameters of a connection PDU, by their codes, in the order in which they stand; the last of those that come
 *  twice. */
export function takeParameters(cursor: Cursor): Map<number, Buffer> {
  const values = new Map<number, Buffer>();
  while (cursor.left > 0) {
    const code = cursor.u8("a parameter");
    values.set(code, cursor.bytes(cursor.u8("the length of a parameter"), "a parameter"));
  }
  return values;
}

/** Bytes of a TPDU by their code; undefined for codes that ISO 8073 does not know. */
export const sizeOf = (code: number): number | undefined =>
  code >= LEAST_SIZE_CODE && code <= MOST_SIZE_CODE ? 2 ** code : undefined;
