import { WireError } from "./wire-error.ts";

/** What an S7 PDU is (Wireshark, packet-s7comm.c: ROSCTR). A real S7-300 sends an error with kind 2 where others use
 *  3 (ITI/ICS-Security-Tools, snap7_s300_everything.pcapng). */
export const S7_KIND = { job: 1, ack: 2, ackData: 3, userdata: 7 } as const;

export interface S7Header {
  readonly kind: number;
  /** The answer carries the number of its request. */
  readonly number: number;
  /** Error class in the high byte, code in the low one; 0 where all is well or the kind has none. */
  readonly error: number;
  readonly parameters: Buffer;
  readonly data: Buffer;
}

export const S7_PROTOCOL_ID = 0x32;
const KIND_AT = 1;
const NUMBER_AT = 4;
const PARAMETER_LENGTH_AT = 6;
const DATA_LENGTH_AT = 8;
const ERROR_AT = 10;
/** Jobs and userdata have no error in their headers. */
const HEADER_BYTES = 10;
const ANSWER_HEADER_BYTES = 12;
// TPKT and COTP data header before a PDU (RFC 1006 section 6, ISO 8073 13.7).
const TRANSPORT = [0x03, 0x00, 0x00, 0x00, 0x02, 0xf0, 0x80] as const;

/** @param pdu exactly one PDU, without TPKT and COTP
 *  @throws WireError where it is no S7 or its lengths disagree */
export function decodeS7Header(pdu: Buffer): S7Header {
  const headerBytes = checkedHeaderBytes(pdu);
  const parametersEnd = headerBytes + pdu.readUInt16BE(PARAMETER_LENGTH_AT);
  return {
    kind: pdu.readUInt8(KIND_AT),
    number: pdu.readUInt16BE(NUMBER_AT),
    error: headerBytes === ANSWER_HEADER_BYTES ? pdu.readUInt16BE(ERROR_AT) : 0,
    parameters: pdu.subarray(headerBytes, parametersEnd),
    data: pdu.subarray(parametersEnd),
  };
}

/** The number of the request that `pdu` answers; allocates nothing.
 *  @throws WireError where it is no S7 answer or its lengths disagree */
export function answerNumber(pdu: Buffer): number {
  if (checkedHeaderBytes(pdu) !== ANSWER_HEADER_BYTES) {
    throw new WireError(KIND_AT, `kind ${pdu.readUInt8(KIND_AT)} is no answer`);
  }
  return pdu.readUInt16BE(NUMBER_AT);
}

/** One packet ready to send: TPKT, COTP data header, S7 header of a job or userdata, parameters and data. */
export function encodeS7Request(
  kind: typeof S7_KIND.job | typeof S7_KIND.userdata,
  number: number,
  parameters: Uint8Array,
  data: Uint8Array,
): Buffer {
  const parametersAt = TRANSPORT.length + HEADER_BYTES;
  const packet = Buffer.alloc(parametersAt + parameters.length + data.length);
  packet.set(TRANSPORT);
  packet.writeUInt16BE(packet.length, 2);
  const pdu = packet.subarray(TRANSPORT.length);
  pdu.set([S7_PROTOCOL_ID, kind]);
  pdu.writeUInt16BE(number, NUMBER_AT);
  pdu.writeUInt16BE(parameters.length, PARAMETER_LENGTH_AT);
  pdu.writeUInt16BE(data.length, DATA_LENGTH_AT);
  packet.set(parameters, parametersAt);
  packet.set(data, parametersAt + parameters.length);
  return packet;
}

function checkedHeaderBytes(pdu: Buffer): number {
  if (pdu.length < HEADER_BYTES) throw new WireError(pdu.length, "the S7 header is cut short");
  if (pdu.readUInt8(0) !== S7_PROTOCOL_ID) throw new WireError(0, "this is no S7 header");
  const kind = pdu.readUInt8(KIND_AT);
  const isAnswer = kind === S7_KIND.ack || kind === S7_KIND.ackData;
  if (!isAnswer && kind !== S7_KIND.job && kind !== S7_KIND.userdata) {
    throw new WireError(KIND_AT, `kind ${kind} is none of S7`);
  }
  const headerBytes = isAnswer ? ANSWER_HEADER_BYTES : HEADER_BYTES;
  if (pdu.length < headerBytes) throw new WireError(pdu.length, "the S7 header is cut short");
  const stated = headerBytes + pdu.readUInt16BE(PARAMETER_LENGTH_AT) + pdu.readUInt16BE(DATA_LENGTH_AT);
  if (stated !== pdu.length) {
    throw new WireError(PARAMETER_LENGTH_AT, `the header tells of ${stated} bytes and ${pdu.length} came`);
  }
  return headerBytes;
}
