export { createPduJoiner, DisconnectError, type PduJoiner } from "./cotp.ts";
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
export { createPacketCutter, type PacketCutter } from "./tpkt.ts";
export { WireError } from "./wire-error.ts";
