export {
  createPduJoiner,
  DisconnectError,
  isFastAcknowledge,
  joinAnswer,
  type PduJoiner,
} from "./cotp.ts";
export { type ConnectReply, decodeConnectReply } from "./cotp-connect.ts";
export { type Cursor, createCursor, plainText } from "./cursor.ts";
export {
  type Adu,
  type AduCutter,
  aduLength,
  createAduCutter,
  decodeAdu,
  encodeAdu,
  MOST_PDU_BYTES,
} from "./mbap.ts";
export {
  decodeModbusRequest,
  encodeModbusException,
  encodeModbusReply,
} from "./modbus-pdu.ts";
export { answerNumber } from "./s7-header.ts";
export {
  buildReadJob,
  numberReadJob,
  type ReadItem,
  type ReadJob,
  type RefusedItem,
  type S7Range,
  takeReadAnswer,
} from "./s7-read.ts";
export { decodeSetupReply, type S7Setup, type S7SetupReply } from "./s7-setup.ts";
export { createPacketCutter, type PacketCutter } from "./tpkt.ts";
export { WireError } from "./wire-error.ts";
