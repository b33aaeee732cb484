import type { FactValue } from "../fingerprint.ts";
import { createNoter, firstLine } from "./note.ts";
import type { Visit } from "./probe.ts";

/** Notes a fact of the ISO layer beneath S7. */
export function noteCotp(
  visit: Visit,
  name: string,
  value: FactValue,
  observed: string,
  bytes: Buffer,
): void {
  visit.note({ probe: "s7", key: `cotp.${name}`, value, observed, bytes: bytes.toString("hex") });
}

/** "03.02": connection type, then rack and slot; as STEP 7 writes it. */
export const tsapText = (tsap: number): string => `${byteText(tsap >> 8)}.${byteText(tsap & 0xff)}`;

export const byteText = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");

/** "0xD402". */
export const codeText = (code: number): string => `0x${code.toString(16).toUpperCase().padStart(4, "0")}`;

const FIRST_BYTES = 16;

/** Something listens here that does not speak ISO-on-TCP. */
export function noteStranger(visit: Visit, bytes: Buffer): void {
  const note = createNoter(visit, "s7", bytes);
  const hex = bytes.subarray(0, FIRST_BYTES).toString("hex");
  note("firstBytes", hex, `what answers begins with ${hex}`);
  const text = firstLine(bytes);
  if (text !== undefined) note("text", text, `answers with text: "${text}"`);
}
