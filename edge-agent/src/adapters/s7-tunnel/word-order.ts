import type { WordOrder } from "@stethos/protocol-finger/modbus";
import { S7_TYPE_BYTES, type S7Address } from "@stethos/protocol-finger/s7";

/** Puts the bytes of a value into the order of an S7, in place. */
export type Reorder = (bytes: Uint8Array) => void;

/** What is no number of two or four registers has its bytes one after the other, whatever the order of words. */
const TEXTS_AND_TIMES: readonly S7Address["type"][] = ["DATE_AND_TIME", "DTZ"];

/** @returns undefined where the bytes are right as they come */
export function reorderFor({ type, elementBytes }: S7Address, order: WordOrder): Reorder | undefined {
  const bytes = S7_TYPE_BYTES[type];
  if (order === "ABCD" || (bytes !== 4 && bytes !== 8) || TEXTS_AND_TIMES.includes(type)) return undefined;
  // CDAB exchanges the registers, BADC the bytes in each of them, DCBA both.
  const isWordSwapped = order !== "BADC";
  const isByteSwapped = order !== "CDAB";
  return (value) => {
    for (let at = 0; at + elementBytes <= value.length; at += elementBytes) {
      const element = value.subarray(at, at + elementBytes);
      if (isWordSwapped) element.reverse();
      // Reversing a whole element has swapped the bytes of its registers too.
      if (isByteSwapped !== isWordSwapped) swapPairs(element);
    }
  };
}

function swapPairs(bytes: Uint8Array): void {
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const first = bytes[at] ?? 0;
    bytes[at] = bytes[at + 1] ?? 0;
    bytes[at + 1] = first;
  }
}
