import { createCursor } from "./cursor.ts";
import { WireError } from "./wire-error.ts";

const START = 0x68;
const TEST_CONFIRMED = 0x83;
const LEAST_LENGTH = 4;
const MOST_LENGTH = 253;

/** TESTFR act: "are you there?" (IEC 60870-5-104, 5.2). Starts no transfer, unlike STARTDT. */
export function encodeTestFrame(): Buffer {
  return Buffer.from("680443000000", "hex");
}

/** Bytes of the frame that begins `bytes`; undefined while its length is not there.
 *  @throws WireError */
export function iec104Length(bytes: Buffer): number | undefined {
  if (bytes.length > 0 && bytes.readUInt8(0) !== START) throw new WireError(0, "this is no IEC 104 frame");
  if (bytes.length < 2) return undefined;
  const length = bytes.readUInt8(1);
  if (length < LEAST_LENGTH || length > MOST_LENGTH) throw new WireError(1, `a frame of ${length} bytes`);
  return 2 + length;
}

/** @throws WireError where this is not TESTFR con: what merely comes back as it was sent proves nothing */
export function decodeTestConfirmation(bytes: Buffer): true {
  const length = iec104Length(bytes);
  const cursor = createCursor(bytes);
  cursor.skip(2, "the start");
  const control = cursor.bytes((length ?? 0) - 2, "the frame").readUInt8(0);
  if (control !== TEST_CONFIRMED) throw new WireError(2, `frame 0x${control.toString(16)} confirms no test`);
  return true;
}
