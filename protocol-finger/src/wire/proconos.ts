import { cText } from "./c-text.ts";
import { createCursor } from "./cursor.ts";
import { WireError } from "./wire-error.ts";

/** What a ProConOS runtime says of itself and its controller. */
export interface ProconosIdentity {
  /** "ProConOS V4.2.0214 Oct 28 2011". */
  readonly runtime: string;
  /** "ADAM5510KW 1.24 Build 005". */
  readonly type: string;
  readonly project: string;
}

const ANSWER = 0xcc;
// digitalbond/Redpoint proconos-info.nse.
const RUNTIME_AT = 12;
const TYPE_AT = 44;
const PROJECT_AT = 77;
const MOST_NAME = 255;

export function encodeProconosIdentity(): Buffer {
  return Buffer.from("cc01000b4002000047ee", "hex");
}

/** The answer bears no length that is known: it is whole when the project's name has ended.
 *  @throws WireError */
export function proconosLength(bytes: Buffer): number | undefined {
  if (bytes.length > 0 && bytes.readUInt8(0) !== ANSWER) throw new WireError(0, "this is no ProConOS answer");
  const end = bytes.indexOf(0, PROJECT_AT);
  if (end !== -1) return end + 1;
  if (bytes.length > PROJECT_AT + MOST_NAME)
    throw new WireError(PROJECT_AT, "the project's name does not end");
  return undefined;
}

/** @throws WireError */
export function decodeProconosIdentity(bytes: Buffer): ProconosIdentity {
  const length = proconosLength(bytes);
  if (length === undefined) throw new WireError(bytes.length, "the answer is cut short");
  const cursor = createCursor(bytes, RUNTIME_AT);
  return {
    runtime: cText(cursor.bytes(TYPE_AT - RUNTIME_AT, "the runtime")),
    type: cText(cursor.bytes(PROJECT_AT - TYPE_AT, "the type")),
    project: cText(cursor.bytes(length - PROJECT_AT, "the project")),
  };
}
