import { type ByteReader, createByteReader, createByteWriter } from "../byte-codec.ts";
import { readIntegers, writeIntegers } from "../integer-columns.ts";
import { readNumbers, readTimes, writeNumbers, writeTimes } from "./number-columns.ts";

/** How the value of a row is to be read. */
export const ValueKind = { number: 0, boolean: 1, json: 2 } as const;

/** Readings as they lie in a batch: columns of `count` places or more. */
export interface BatchColumns {
  readonly count: number;
  /** Keys of the tags that are named; rising or not, none twice. */
  readonly keys: Uint32Array;
  /** Index into `keys`. */
  readonly tag: Uint32Array;
  /** The number, or 0 or 1 for a boolean. */
  readonly value: Float64Array;
  readonly status: Uint32Array;
  readonly sourceTimeUs: Float64Array;
  readonly agentTimeUs: Float64Array;
  readonly sequence: Float64Array;
  readonly kind: Uint8Array;
  /** JSON of the rows of kind json, in their order, as UTF-8. */
  readonly texts: readonly Uint8Array[];
}

/** What a batch holds: readings in columns, or documents of another stream as JSON in UTF-8. */
export type BatchBody =
  | ({ readonly form: "columns" } & BatchColumns)
  | { readonly form: "documents"; readonly documents: readonly Uint8Array[] };

/** Bytes that are no batch: damaged, or of a later version. */
export class BatchError extends Error {
  override readonly name = "BatchError";
}

const VERSION = 1;
const FORMS = ["columns", "documents"] as const;
/** More rows than a batch can have. */
export const MOST_ROWS = 65_536;

/** Times and sequences lie as differences of differences, values in the fewest bytes that hold them exactly; every number
 *  comes back bit by bit, but for the payload of a NaN.
 *  @returns a view that nobody else has */
export function encodeBatch(body: BatchBody): Uint8Array {
  const out = createByteWriter(body.form === "columns" ? body.count * 14 + 256 : 1024);
  out.unsigned(VERSION);
  out.unsigned(FORMS.indexOf(body.form));
  if (body.form === "documents") {
    out.unsigned(body.documents.length);
    for (const text of body.documents) writeText(text);
    return out.view();
  }
  const { count, keys } = body;
  out.unsigned(count);
  out.unsigned(keys.length);
  writeIntegers(out, keys, keys.length);
  writeIntegers(out, body.tag, count);
  writeIntegers(out, body.status, count);
  writeIntegers(out, body.kind, count);
  writeTimes(out, body, count);
  writeNumbers(out, body.sequence, count);
  writeNumbers(out, body.value, count);
  for (const text of body.texts) writeText(text);
  return out.view();

  function writeText(text: Uint8Array): void {
    out.unsigned(text.length);
    out.bytes(text);
  }
}

/** The inverse of {@link encodeBatch}. Whatever the bytes are, it ends soon and takes little memory.
 *  @throws BatchError */
export function decodeBatch(bytes: Uint8Array): BatchBody {
  try {
    return bodyOf(createByteReader(bytes));
  } catch (cause) {
    if (cause instanceof BatchError) throw cause;
    // The bytes end early or ask for the impossible.
    throw new BatchError("the bytes are no batch", { cause });
  }
}

/** Bytes that are enough for {@link claimedRows}: three numbers of at most five bytes. */
export const CLAIM_BYTES = 15;

/** Rows that the beginning of a batch tells of, whatever became of the rest; undefined where it is none. */
export function claimedRows(bytes: Uint8Array): number | undefined {
  try {
    return headOf(createByteReader(bytes)).count;
  } catch {
    // Damage is what the caller asks about.
    return undefined;
  }
}

function headOf(source: ByteReader) {
  const version = source.unsigned();
  if (version !== VERSION)
    throw new BatchError(`a batch of version ${version}; this program knows ${VERSION}`);
  const form = FORMS[source.unsigned()];
  const count = source.unsigned();
  if (form === undefined || count > MOST_ROWS) throw new BatchError(`a batch of ${count} rows`);
  return { form, count };
}

function bodyOf(source: ByteReader): BatchBody {
  const { form, count } = headOf(source);
  const body: BatchBody =
    form === "documents"
      ? { form, documents: readTexts(source, count) }
      : { form, ...columnsOf(source, count) };
  if (source.left > 0) throw new BatchError(`${source.left} bytes follow the batch`);
  return body;
}

function columnsOf(source: ByteReader, count: number): BatchColumns {
  const tags = source.unsigned();
  if (tags > count) throw new BatchError(`${tags} tags in ${count} rows`);
  const keys = readIntegers(source, new Uint32Array(tags), tags);
  const tag = readIntegers(source, new Uint32Array(count), count);
  const status = readIntegers(source, new Uint32Array(count), count);
  const kind = readIntegers(source, new Uint8Array(count), count);
  const { sourceTimeUs, agentTimeUs } = readTimes(source, count);
  const sequence = readNumbers(source, count);
  const value = readNumbers(source, count);
  let documents = 0;
  for (let i = 0; i < count; i += 1) {
    if ((tag[i] as number) >= tags) throw new BatchError(`row ${i} names tag ${tag[i]} of ${tags}`);
    if (kind[i] === ValueKind.json) documents += 1;
    else if ((kind[i] as number) > ValueKind.json) throw new BatchError(`row ${i} is of kind ${kind[i]}`);
  }
  const texts = readTexts(source, documents);
  return { count, keys, tag, value, status, sourceTimeUs, agentTimeUs, sequence, kind, texts };
}

/** Views of the batch's own bytes. */
function readTexts(source: ByteReader, count: number): Uint8Array[] {
  const texts: Uint8Array[] = [];
  for (let i = 0; i < count; i += 1) texts.push(source.bytes(source.unsigned()));
  return texts;
}
