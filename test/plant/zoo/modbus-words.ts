/** Values as Modbus registers, highest word first (ABCD). */

export function float32(value: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return wordsOf(bytes);
}

export function int32(value: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return wordsOf(bytes);
}

export function float64(value: number): number[] {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return wordsOf(bytes);
}

export const int16 = (value: number): number[] => [value & 0xffff];

/** Two characters a register, the first one high, filled up with NUL. */
export function text(value: string, registers: number): number[] {
  const bytes = Buffer.alloc(registers * 2);
  bytes.write(value, "latin1");
  return wordsOf(bytes);
}

/** The lowest word first (CDAB). */
export const swapped = (words: readonly number[]): number[] => words.toReversed();

/** Registers that nobody reads by name. */
export const blank = (registers: number): number[] => new Array<number>(registers).fill(0);

function wordsOf(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(i * 2));
}
