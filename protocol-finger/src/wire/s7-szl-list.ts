import { createCursor } from "./cursor.ts";

/** A system status list, or a part of one, as the controller keeps it. */
export interface SzlList {
  readonly id: number;
  readonly index: number;
  /** Records that the controller tells of. */
  readonly count: number;
  /** Those that came whole: fewer than `count` where a server cuts off what its PDU does not hold. */
  readonly records: readonly Buffer[];
}

// The longest list of a CPU has a few kilobytes; 0x0011 and 0x001c have less than 400 bytes.
export const MOST_SZL_BYTES = 16_384;

/** @param bytes all parts of one list, joined
 *  @throws WireError where the header of the list is not whole or contradicts itself */
export function decodeSzlList(bytes: Buffer): SzlList {
  const cursor = createCursor(bytes);
  const id = cursor.u16("the id of the list");
  const index = cursor.u16("the index of the list");
  const recordBytes = cursor.u16("the length of a record");
  const count = cursor.u16("the number of records");
  if (recordBytes === 0 && count > 0) cursor.fail(`${count} records of no bytes`);
  if (count * recordBytes > MOST_SZL_BYTES)
    cursor.fail(`${count} records of ${recordBytes} bytes are too many`);
  const records: Buffer[] = [];
  while (records.length < count && cursor.left >= recordBytes) {
    records.push(cursor.bytes(recordBytes, "a record"));
  }
  return { id, index, count, records };
}
