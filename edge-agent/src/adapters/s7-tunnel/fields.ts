import type { S7Address } from "@stethos/protocol-finger/s7";
import type { TunnelReads } from "@stethos/protocol-finger/tunnel";
import type { S7TunnelOptions } from "./options.ts";
import { reorderFor } from "./word-order.ts";

/** Where the bytes of one row are. */
export interface Field {
  readonly view: DataView;
  readonly at: number;
  /** To be called after each read: puts the bytes into the order of an S7. */
  refresh(): void;
}

/** The bytes of row `row` of `reads`: in the image itself, or in a copy that is put in order. */
export function fieldOf(
  reads: TunnelReads,
  row: number,
  address: S7Address,
  wordOrder: S7TunnelOptions["wordOrder"],
): Field {
  const { image, positions } = reads;
  const at = positions[row] ?? 0;
  const reorder = reorderFor(address, wordOrder);
  if (reorder === undefined) {
    const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
    return { view, at, refresh() {} };
  }
  const copy = new Uint8Array(address.byteLength);
  return {
    view: new DataView(copy.buffer),
    at: 0,
    refresh() {
      copy.set(image.subarray(at, at + copy.length));
      reorder(copy);
    },
  };
}
