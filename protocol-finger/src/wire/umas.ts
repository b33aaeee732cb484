import { createCursor } from "./cursor.ts";
import { decodeAdu, encodeAdu } from "./mbap.ts";
import { decodeException, type ModbusException } from "./modbus-identity.ts";

/** What a Modicon controller says of its processor. */
export interface UmasIdentity {
  readonly kind: "umas";
  /** "140 CPU 311 10". */
  readonly cpu: string;
}

// Schneider's own function; "00 02" asks who is there (ITI/ICS-Security-Tools modicon_test.pcap; digitalbond/Redpoint
// modicon-info.nse).
const UMAS = 0x5a;
const READ_ID = 0x02;
const NO_SESSION = 0x00;
const DONE = 0xfe;
// Length of the name, counted from the function code: the same in the answers of a 140 CPU 311 10 and of a BMX P34.
const NAME_LENGTH_AT = 25;

export function encodeReadUmasId(transaction: number): Buffer {
  return encodeAdu({ transaction, unit: 0, pdu: Buffer.from([UMAS, NO_SESSION, READ_ID]) });
}

/** @throws WireError */
export function decodeUmasId(frame: Buffer): UmasIdentity | ModbusException {
  const { pdu } = decodeAdu(frame);
  const exception = decodeException(pdu, UMAS);
  if (exception !== undefined) return exception;
  const cursor = createCursor(pdu, 1);
  cursor.skip(1, "the session");
  if (cursor.u8("the result") !== DONE) cursor.fail("the controller did not answer");
  cursor.seek(Math.min(NAME_LENGTH_AT, pdu.length), "the length of the name");
  return { kind: "umas", cpu: cursor.text(cursor.u8("the length of the name"), "the name") };
}
