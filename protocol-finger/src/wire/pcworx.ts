import { cText } from "./c-text.ts";
import { createCursor } from "./cursor.ts";
import { WireError } from "./wire-error.ts";

/** What a controller of Phoenix Contact says of itself. */
export interface PcworxIdentity {
  /** "ILC 151 ETH". */
  readonly model: string;
  /** "2700974". */
  readonly orderNumber: string;
  readonly firmware: string;
  readonly firmwareDate: string;
}

const ANSWER = 0x81;
const LENGTH_AT = 2;
const HEADER_BYTES = 4;
const SESSION_AT = 17;
// Places of the texts in the answers of an ILC 151 ETH and of an ILC 191 ETH 2TX, and in nmap's pcworx-info.nse.
const MODEL_AT = 30;
const FIRMWARE_AT = 66;
const DATE_AT = 79;
const TIME_AT = 91;
const ORDER_NUMBER_AT = 152;

export function encodePcworxHello(): Buffer {
  return Buffer.from("0101001a0000000078800003000c494245544830314e305f4d00", "hex");
}

/** @param session as the controller gave it */
export function encodePcworxSession(session: number): Buffer {
  const frame = Buffer.from("01050016000100007880000000000006000402950000", "hex");
  frame.writeUInt8(session, 11);
  return frame;
}

export function encodePcworxIdentity(session: number): Buffer {
  const frame = Buffer.from("0106000e00020000000000000400", "hex");
  frame.writeUInt8(session, 11);
  return frame;
}

/** Bytes of the message that begins `bytes`; undefined while its length is not there.
 *  @throws WireError */
export function pcworxLength(bytes: Buffer): number | undefined {
  if (bytes.length > 0 && bytes.readUInt8(0) !== ANSWER) throw new WireError(0, "this is no PC WORX answer");
  if (bytes.length < HEADER_BYTES) return undefined;
  const length = bytes.readUInt16BE(LENGTH_AT);
  if (length < HEADER_BYTES) throw new WireError(LENGTH_AT, `a message of ${length} bytes`);
  return length;
}

/** @returns the session
 *  @throws WireError */
export function decodePcworxHello(bytes: Buffer): number {
  return whole(bytes, SESSION_AT + 1).readUInt8(SESSION_AT);
}

/** @throws WireError */
export function decodePcworxIdentity(bytes: Buffer): PcworxIdentity {
  const message = whole(bytes, ORDER_NUMBER_AT + 1);
  const date = cText(message.subarray(DATE_AT, TIME_AT));
  return {
    model: cText(message.subarray(MODEL_AT, FIRMWARE_AT)),
    orderNumber: cText(message.subarray(ORDER_NUMBER_AT)),
    firmware: cText(message.subarray(FIRMWARE_AT, DATE_AT)),
    firmwareDate: date,
  };
}

function whole(bytes: Buffer, least: number): Buffer {
  const length = pcworxLength(bytes) ?? HEADER_BYTES;
  if (length < least) throw new WireError(LENGTH_AT, `a message of ${length} bytes where ${least} are due`);
  return createCursor(bytes).bytes(length, "the message");
}
