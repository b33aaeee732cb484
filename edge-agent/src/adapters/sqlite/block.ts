/** Readings on their way to the worker: columns side by side in one buffer, so that handing it over moves nothing. */
export interface Block {
  readonly buffer: ArrayBuffer;
  readonly capacity: number;
  readonly rows: number;
  readonly batches: number;
  /** JSON of values that are no plain number, with their rows. */
  readonly texts: readonly { readonly row: number; readonly json: string }[];
}

export interface BlockColumns {
  readonly value: Float64Array;
  readonly sourceTimeUs: Float64Array;
  readonly sequence: Float64Array;
  /** Agent time of each batch. */
  readonly batchTimeUs: Float64Array;
  /** Index into the agent's tag table. */
  readonly tag: Uint32Array;
  readonly status: Uint32Array;
  /** Row after the last of each batch. */
  readonly batchEnd: Uint32Array;
  readonly kind: Uint8Array;
  /** Over which each batch came, where its tags leave that open: place in PROTOCOLS and 1; else 0. */
  readonly protocol: Uint8Array;
}

/** Four columns of 8 bytes, three of 4, two of 1. */
const ROW_BYTES = 4 * 8 + 3 * 4 + 2;

export const blockBytes = (capacity: number): number => capacity * ROW_BYTES;

/** Views of a block's columns. @param buffer of at least {@link blockBytes} bytes */
export function blockColumns(buffer: ArrayBuffer, capacity: number): BlockColumns {
  const wide = (column: number) => new Float64Array(buffer, column * capacity * 8, capacity);
  const narrow = (column: number) => new Uint32Array(buffer, capacity * (32 + column * 4), capacity);
  return {
    value: wide(0),
    sourceTimeUs: wide(1),
    sequence: wide(2),
    batchTimeUs: wide(3),
    tag: narrow(0),
    status: narrow(1),
    batchEnd: narrow(2),
    kind: new Uint8Array(buffer, capacity * 44, capacity),
    protocol: new Uint8Array(buffer, capacity * 45, capacity),
  };
}
