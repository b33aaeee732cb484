import type { ByteReader, ByteWriter } from "../byte-codec.ts";
import { readIntegers, writeIntegers } from "../integer-columns.ts";

/** How a column of numbers is laid out: the first of these that holds all of them exactly. */
const Layout = { integers: 0, float32: 1, float64: 2 } as const;
type Layout = (typeof Layout)[keyof typeof Layout];

/** Differences of differences stay exact, and times reach the year 2112. */
const MOST_WHOLE = 2 ** 52;
const MOST_SIGNED = 2 ** 51;
/** Beyond this whole numbers of several tags take no fewer bytes than single precision does. */
const MOST_SMALL = 2 ** 20;

/** Writes the first `count` numbers. */
export function writeNumbers(out: ByteWriter, column: Float64Array, count: number): void {
  const layout = layoutOf(column, count);
  out.unsigned(layout);
  if (layout === Layout.integers) writeIntegers(out, column, count);
  else if (layout === Layout.float32) out.bytes(bytesOf(Float32Array.from(column.subarray(0, count))));
  else out.bytes(bytesOf(column.subarray(0, count)));
}

/** The inverse of {@link writeNumbers}.
 *  @throws RangeError on bytes that do not fit the count */
export function readNumbers(source: ByteReader, count: number): Float64Array {
  const layout = source.unsigned();
  if (layout === Layout.integers) return readIntegers(source, new Float64Array(count), count);
  if (layout === Layout.float32) return Float64Array.from(new Float32Array(copied(source, count * 4)));
  if (layout === Layout.float64) return new Float64Array(copied(source, count * 8));
  throw new RangeError(`there is no layout ${layout} of numbers`);
}

/** Values of single-precision sensors, counters and switches are found out by looking at each. */
function layoutOf(column: Float64Array, count: number): Layout {
  let i = 0;
  while (i < count && isSmall(column[i] as number)) i += 1;
  if (i === count) return Layout.integers;
  i = 0;
  while (i < count && isSingle(column[i] as number)) i += 1;
  return i === count ? Layout.float32 : Layout.float64;
}

/** -0 is no such number: its sign would be lost. */
const isSmall = (value: number): boolean =>
  value >= -MOST_SMALL && value <= MOST_SMALL && (value | 0) === value && (value !== 0 || 1 / value > 0);

const isSingle = (value: number): boolean => Math.fround(value) === value || Number.isNaN(value);

interface Times {
  readonly sourceTimeUs: Float64Array;
  readonly agentTimeUs: Float64Array;
}

/** Times of the first `count` rows: the agent's, and by how much the source's differ, which is nothing or little. */
export function writeTimes(out: ByteWriter, { sourceTimeUs, agentTimeUs }: Times, count: number): void {
  const lag = lagsOf(sourceTimeUs, agentTimeUs, count);
  out.unsigned(lag === undefined ? Layout.float64 : Layout.integers);
  if (lag === undefined) {
    out.bytes(bytesOf(agentTimeUs.subarray(0, count)));
    out.bytes(bytesOf(sourceTimeUs.subarray(0, count)));
    return;
  }
  writeIntegers(out, agentTimeUs, count);
  writeIntegers(out, lag, count);
}

/** The inverse of {@link writeTimes}.
 *  @throws RangeError on bytes that do not fit the count */
export function readTimes(source: ByteReader, count: number): Times {
  const layout = source.unsigned();
  if (layout === Layout.float64) {
    const agentTimeUs = new Float64Array(copied(source, count * 8));
    return { agentTimeUs, sourceTimeUs: new Float64Array(copied(source, count * 8)) };
  }
  if (layout !== Layout.integers) throw new RangeError(`there is no layout ${layout} of times`);
  const agentTimeUs = readIntegers(source, new Float64Array(count), count);
  const sourceTimeUs = readIntegers(source, new Float64Array(count), count);
  for (let i = 0; i < count; i += 1) {
    sourceTimeUs[i] = (sourceTimeUs[i] as number) + (agentTimeUs[i] as number);
  }
  return { sourceTimeUs, agentTimeUs };
}

/** Source time less agent time, whole microseconds; undefined where that would not be exact for each row (an OPC UA null
 *  time is the year 1601). */
function lagsOf(source: Float64Array, agent: Float64Array, count: number): Float64Array | undefined {
  const lag = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    const at = agent[i] as number;
    const by = (source[i] as number) - at;
    if (!(at >= 0 && at <= MOST_WHOLE && by >= -MOST_SIGNED && by <= MOST_SIGNED)) return undefined;
    if (Math.floor(at) !== at || Math.floor(by) !== by || by + at !== source[i]) return undefined;
    if (at === 0 && (1 / at < 0 || (by === 0 && 1 / (source[i] as number) < 0))) return undefined;
    lag[i] = by;
  }
  return lag;
}

const bytesOf = (values: Float32Array | Float64Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** The next bytes in a buffer of their own, where a column may begin. */
function copied(source: ByteReader, length: number): ArrayBuffer {
  const bytes = source.bytes(length);
  const copy = new ArrayBuffer(length);
  new Uint8Array(copy).set(bytes);
  return copy;
}
