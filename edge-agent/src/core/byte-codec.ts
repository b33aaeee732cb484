/** Bytes that grow as they are written. */
export interface ByteWriter {
  /** A whole number of up to 53 bits with its sign: six bits and the sign, then seven bits a byte. */
  signed(value: number): void;
  /** A whole number of up to 53 bits, 0 or more: seven bits a byte. */
  unsigned(value: number): void;
  bytes(source: Uint8Array): void;
  /** What was written, as a view that the next write may change. */
  view(): Uint8Array;
}

const LARGE = 0x40000000;

export function createByteWriter(capacity = 4096): ByteWriter {
  let buffer = new Uint8Array(capacity);
  let length = 0;

  function reserve(more: number): void {
    if (length + more <= buffer.length) return;
    const grown = new Uint8Array(Math.max(buffer.length * 2, length + more));
    grown.set(buffer.subarray(0, length));
    buffer = grown;
  }

  /** The groups of seven bits of what is left. */
  function groups(rest: number): void {
    let left = rest;
    // Bit operations know 32 bits; beyond them only division is right.
    while (left >= LARGE) {
      buffer[length++] = (left % 128) | 0x80;
      left = Math.floor(left / 128);
    }
    while (left >= 128) {
      buffer[length++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    buffer[length++] = left;
  }

  return {
    signed(value) {
      reserve(9);
      const sign = value < 0 ? 0x40 : 0;
      const magnitude = Math.abs(value);
      if (magnitude < 64) {
        buffer[length++] = sign | magnitude;
        return;
      }
      buffer[length++] = (magnitude % 64) | sign | 0x80;
      groups(Math.floor(magnitude / 64));
    },
    unsigned(value) {
      reserve(9);
      groups(value);
    },
    bytes(source) {
      reserve(source.length);
      buffer.set(source, length);
      length += source.length;
    },
    view: () => buffer.subarray(0, length),
  };
}

/** Reads what a {@link ByteWriter} wrote.
 *  @throws RangeError when the bytes end early */
export interface ByteReader {
  signed(): number;
  unsigned(): number;
  /** A view of the next `length` bytes. */
  bytes(length: number): Uint8Array;
  readonly left: number;
}

export function createByteReader(source: Uint8Array): ByteReader {
  let at = 0;

  function byte(): number {
    const value = source[at];
    if (value === undefined) throw new RangeError(`the bytes end at ${at}`);
    at += 1;
    return value;
  }

  /** Adds the groups that follow to `low`, the first of them worth `weight`. */
  function groups(low: number, weight: number): number {
    let value = low;
    for (let step = weight; step <= 2 ** 56; step *= 128) {
      const group = byte();
      value += (group & 0x7f) * step;
      if (group < 128) return value;
    }
    throw new RangeError(`the number at ${at} does not end`);
  }

  return {
    signed() {
      const first = byte();
      const low = first & 0x3f;
      const magnitude = first < 128 ? low : groups(low, 64);
      return (first & 0x40) === 0 ? magnitude : -magnitude;
    },
    unsigned: () => groups(0, 1),
    bytes(length) {
      if (length > source.length - at) throw new RangeError(`the bytes end at ${source.length}`);
      at += length;
      return source.subarray(at - length, at);
    },
    get left() {
      return source.length - at;
    },
  };
}
