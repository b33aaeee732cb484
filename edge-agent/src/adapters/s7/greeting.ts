// Offsets in a TPKT packet: RFC 1006 section 6, ISO 8073 section 13, S7 header and setup service as in nodeS7.js.
const COTP_LENGTH_AT = 4;
const COTP_KIND_AT = 5;
const COTP_LAST_AT = 6;
const S7_AT = 7;
const S7_KIND_AT = 8;
const PARAMETER_LENGTH_AT = 13;
const DATA_LENGTH_AT = 15;
const ERROR_AT = 17;
const FUNCTION_AT = 19;
const PARALLEL_AT = 21;
const PDU_AT = 25;
const SETUP_BYTES = 27;

const CONNECT_CONFIRM = 0xd0;
const DISCONNECT_REQUEST = 0x80;
const DATA = 0xf0;
const LAST = 0x80;
const S7 = 0x32;
const ACK_DATA = 3;
const SETUP = 0xf0;
// nodes7 wants a confirmation with all three parameters, as every CPU sends it.
const CONFIRM_BYTES = 22;
// An answer with one byte of data needs 19; below what any S7 grants there is an error.
const LEAST_PDU = 64;

/** An empty data packet that is not the last of its row: older CPUs acknowledge with it before they answer. */
export const isFastAcknowledge = (packet: Buffer): boolean =>
  packet.length === S7_AT && packet[COTP_KIND_AT] === DATA && ((packet[COTP_LAST_AT] ?? 0) & LAST) === 0;

/** What is wrong with the answer to the ISO connection request, for a sentence that begins with the address. */
export function refuseConnectReply(packet: Buffer): string | undefined {
  const kind = packet[COTP_KIND_AT];
  if (kind === DISCONNECT_REQUEST) {
    return "refuses the ISO connection: check rack and slot (or the TSAPs)";
  }
  const isConfirm =
    kind === CONNECT_CONFIRM &&
    packet.length >= CONFIRM_BYTES &&
    packet[COTP_LENGTH_AT] === packet.length - 5;
  return isConfirm ? undefined : "answers the ISO connection request with something else: is it an S7?";
}

/** What is wrong with the answer to the S7 greeting. */
export function refuseSetupReply(packet: Buffer): string | undefined {
  if (packet.length < SETUP_BYTES || packet[COTP_LENGTH_AT] !== 2 || packet[COTP_KIND_AT] !== DATA) {
    return "answers the S7 greeting with something else: is it an S7?";
  }
  const stated = FUNCTION_AT + packet.readUInt16BE(PARAMETER_LENGTH_AT) + packet.readUInt16BE(DATA_LENGTH_AT);
  const isAnswer = packet[S7_AT] === S7 && packet[S7_KIND_AT] === ACK_DATA && stated === packet.length;
  const error = packet.readUInt16BE(ERROR_AT);
  if (isAnswer && error !== 0)
    return `refuses the S7 greeting with error 0x${error.toString(16).toUpperCase()}`;
  const isLast = ((packet[COTP_LAST_AT] ?? 0) & LAST) !== 0;
  if (!isAnswer || !isLast || packet[FUNCTION_AT] !== SETUP) {
    return "answers the S7 greeting with something else: is it an S7?";
  }
  const pduSize = packet.readUInt16BE(PDU_AT);
  // nodes7 reads these as signed numbers.
  const areSound = pduSize >= LEAST_PDU && pduSize < 0x8000 && packet.readInt16BE(PARALLEL_AT) >= 0;
  return areSound ? undefined : `offers a PDU of ${pduSize} bytes, which is none`;
}
