import type { ByteReader, ByteWriter } from "../../core/byte-codec.ts";

/** How the numbers of a chunk are laid out: whichever of these holds them exactly in fewest bytes. */
const Layout = { constant: 0, dictionary: 1, float32: 2, float64: 3 } as const;

/** More distinct values than a byte can index, and a dictionary is no gain. */
const MOST_DISTINCT = 256;

/** Writes the first `count` numbers so that a compressor finds what repeats. NaN stays NaN. */
export function writeValues(out: ByteWriter, values: Float64Array, count: number): void {
  const distinct = distinctOf(values, count);
  if (distinct !== undefined && distinct.size <= 1) {
    out.unsigned(Layout.constant);
    out.bytes(bytesOf(Float64Array.of(values[0] ?? Number.NaN)));
    return;
  }
  if (distinct !== undefined) {
    writeDictionary(out, values, count, distinct);
    return;
  }
  if (isFloat32(values, count)) {
    out.unsigned(Layout.float32);
    out.bytes(transpose(bytesOf(Float32Array.from(values.subarray(0, count))), count, 4));
    return;
  }
  out.unsigned(Layout.float64);
  out.bytes(transpose(bytesOf(values.subarray(0, count)), count, 8));
}

/** The inverse of {@link writeValues}.
 *  @throws RangeError on bytes that do not fit the count */
export function readValues(source: ByteReader, count: number): Float64Array {
  const layout = source.unsigned();
  switch (layout) {
    case Layout.constant:
      return new Float64Array(count).fill(float64s(source.bytes(8), 1)[0] ?? Number.NaN);
    case Layout.dictionary:
      return readDictionary(source, count);
    case Layout.float32:
      return Float64Array.from(
        new Float32Array(untransposed(source.bytes(count * 4), count, 4).buffer, 0, count),
      );
    case Layout.float64:
      return float64s(source.bytes(count * 8), count);
    default:
      throw new RangeError(`there is no layout ${layout} of numbers`);
  }
}

/** Distinct values with their place; undefined as soon as a dictionary would not pay. */
function distinctOf(values: Float64Array, count: number): ReadonlyMap<number, number> | undefined {
  const most = Math.min(MOST_DISTINCT, Math.max(1, count >> 2));
  const places = new Map<number, number>();
  let last = Number.NaN;
  for (let i = 0; i < count; i += 1) {
    const value = values[i] as number;
    if (value === last) continue;
    last = value;
    if (places.has(value)) continue;
    if (places.size === most) return undefined;
    places.set(value, places.size);
  }
  return places;
}

function writeDictionary(
  out: ByteWriter,
  values: Float64Array,
  count: number,
  places: ReadonlyMap<number, number>,
): void {
  const indices = new Uint8Array(count);
  for (let i = 0; i < count; i += 1) indices[i] = places.get(values[i] as number) ?? 0;
  out.unsigned(Layout.dictionary);
  out.unsigned(places.size);
  out.bytes(transpose(bytesOf(Float64Array.from(places.keys())), places.size, 8));
  out.bytes(indices);
}

function readDictionary(source: ByteReader, count: number): Float64Array {
  const size = source.unsigned();
  const distinct = float64s(source.bytes(size * 8), size);
  const indices = source.bytes(count);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i += 1) values[i] = distinct[indices[i] as number] ?? Number.NaN;
  return values;
}

function isFloat32(values: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i += 1) {
    const value = values[i] as number;
    if (Math.fround(value) !== value && !Number.isNaN(value)) return false;
  }
  return true;
}

const bytesOf = (values: Float32Array | Float64Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** All first bytes, then all second bytes, ...: exponents stand together, where a compressor sees them repeat. */
function transpose(bytes: Uint8Array, count: number, width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let place = 0; place < width; place += 1) {
    const base = place * count;
    for (let i = 0; i < count; i += 1) out[base + i] = bytes[i * width + place] as number;
  }
  return out;
}

function untransposed(bytes: Uint8Array, count: number, width: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  for (let place = 0; place < width; place += 1) {
    const base = place * count;
    for (let i = 0; i < count; i += 1) out[i * width + place] = bytes[base + i] as number;
  }
  return out;
}

const float64s = (bytes: Uint8Array, count: number): Float64Array =>
  new Float64Array(untransposed(bytes, count, 8).buffer, 0, count);
