import { below, pick, type Random } from "./random.ts";

type Change = (bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

const INTERESTING = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x10, 0x20, 0x32] as const;

/** What fuzzers change (AFL's havoc stage): bits, bytes, words that may be lengths, parts cut out, doubled or taken from
 *  other inputs. */
const CHANGES: readonly Change[] = [
  (bytes, random) => atAny(bytes, random, (value) => value ^ (1 << below(random, 8))),
  (bytes, random) => atAny(bytes, random, () => below(random, 256)),
  (bytes, random) => atAny(bytes, random, () => pick(random, INTERESTING)),
  (bytes, random) => atAny(bytes, random, (value) => value + (random() < 0.5 ? 1 : -1)),
  setWord,
  (bytes, random) => bytes.subarray(0, below(random, bytes.length + 1)),
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  (bytes, random) => {
    const more = Buffer.alloc(1 + below(random, 16), below(random, 256));
    const at = below(random, bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  },
  (bytes, random, others) => {
    const other = pick(random, others);
    const [from, to] = span(other, random);
    const at = below(random, bytes.length + 1);
    const isOver = random() < 0.5;
    return Buffer.concat([
      bytes.subarray(0, at),
      other.subarray(from, to),
      bytes.subarray(isOver ? at + to - from : at),
    ]);
  },
];

const MOST_CHANGES = 5;
const MOST_BYTES = 1024;

/** @param others at least one */
export function mutate(bytes: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  let changed = Buffer.from(bytes);
  const changes = 1 + below(random, MOST_CHANGES);
  for (let i = 0; i < changes; i += 1) changed = Buffer.from(pick(random, CHANGES)(changed, random, others));
  return changed.subarray(0, MOST_BYTES);
}

function atAny(bytes: Buffer, random: Random, change: (value: number) => number): Buffer {
  const at = below(random, bytes.length);
  if (bytes.length > 0) bytes[at] = change(bytes[at] ?? 0) & 0xff;
  return bytes;
}

/** A word that fits what is there, or just does not: most words of a PDU are lengths and counts. */
function setWord(bytes: Buffer, random: Random): Buffer {
  if (bytes.length < 2) return bytes;
  const at = below(random, bytes.length - 1);
  const value = pick(random, [
    bytes.length,
    bytes.length - at - 2,
    bytes.length - at,
    0,
    0xffff,
    below(random, 0x10000),
  ]);
  const near = (value + below(random, 3) - 1) & 0xffff;
  if (random() < 0.5) bytes.writeUInt16BE(near, at);
  else bytes.writeUInt16LE(near, at);
  return bytes;
}

function span(bytes: Buffer, random: Random): readonly [number, number] {
  const from = below(random, bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + below(random, 16))];
}
