import { type Quality, qualityOf, StatusCode, statusName } from "./quality.ts";
import type { Protocol, Tag } from "./tag.ts";
import { rfc3339, type TimeUs } from "./time.ts";

/** What a scalar tag can hold. 64-bit integers beyond 2^53 travel as decimal text: JSON numbers would round them. */
export type Scalar = number | boolean | string;
export type Value = Scalar | readonly Scalar[] | null;

/** The normalised JSON form of one value of one tag: the only form in which readings leave the process. */
export interface Reading {
  readonly tag: string;
  readonly value: Value;
  readonly unit: string;
  readonly quality: Quality;
  /** OPC UA status code, as a number and by name. */
  readonly statusCode: number;
  readonly status: string;
  /** When the device says it was so; the agent's own time where the protocol carries none. RFC 3339, microseconds. */
  readonly sourceTime: string;
  /** When the agent got it. RFC 3339, microseconds. */
  readonly agentTime: string;
  /** Counts the readings of this tag since the agent started; a gap is a loss. */
  readonly sequence: number;
  readonly device: string;
  /** The one in use; "auto" until it is known. */
  readonly protocol: Protocol;
  readonly address: string;
}

/** Raw values as one scan of a driver gave them, in columns of equal length `count`.
 *  The batch owns its arrays until its consumer returns. */
export interface RawBatch {
  readonly count: number;
  /** Index into the tags the driver was given. */
  readonly tag: Uint32Array;
  /** The number, or 0/1 for a boolean; NaN where `other` holds the value or there is none. */
  readonly value: Float64Array;
  /** OPC UA status codes. */
  readonly status: Uint32Array;
  readonly sourceTimeUs: Float64Array;
  /** Values that are no plain number, by row: texts, booleans, arrays, large integers. */
  readonly other: ReadonlyMap<number, Value>;
}

/** Readings in columns: what moves inside the agent. Row i of each column belongs to reading i. */
export interface ReadingBatch {
  readonly count: number;
  /** Index into the agent's tag table. */
  readonly tag: Uint32Array;
  /** In engineering units; NaN where `other` holds the value or quality is bad. */
  readonly value: Float64Array;
  readonly status: Uint32Array;
  readonly sourceTimeUs: Float64Array;
  readonly agentTimeUs: TimeUs;
  readonly sequence: Float64Array;
  readonly other: ReadonlyMap<number, Value>;
  /** Over which the values came, where their tags leave that open. */
  readonly protocol?: Protocol;
}

/** The value of row `i`: null where there is none. */
export function valueAt(batch: Pick<ReadingBatch, "other" | "value">, i: number): Value {
  const other = batch.other.get(i);
  if (other !== undefined) return other;
  const value = batch.value[i];
  return value === undefined || !Number.isFinite(value) ? null : value;
}

/** Row `i` of a batch as JSON sees it. */
export function readingAt(batch: ReadingBatch, i: number, tags: readonly Tag[]): Reading {
  const tag = tags[batch.tag[i] ?? -1];
  if (tag === undefined) throw new RangeError(`row ${i} names no tag of ${tags.length}`);
  const status = batch.status[i] ?? 0;
  return {
    tag: tag.id,
    value: valueAt(batch, i),
    unit: tag.unit,
    quality: qualityOf(status),
    statusCode: status,
    status: statusName(status),
    sourceTime: rfc3339(batch.sourceTimeUs[i] ?? batch.agentTimeUs),
    agentTime: rfc3339(batch.agentTimeUs),
    sequence: batch.sequence[i] ?? 0,
    device: tag.device,
    protocol: batch.protocol ?? tag.protocol,
    address: tag.address,
  };
}

/** A RawBatch that is being filled. */
export interface RawColumns extends RawBatch {
  readonly other: Map<number, Value>;
}

/** Empty columns for `rows` rows: tag 0, no value, status Good, source time `nowUs`. */
export function rawColumns(rows: number, nowUs: TimeUs): RawColumns {
  return {
    count: rows,
    tag: new Uint32Array(rows),
    value: new Float64Array(rows).fill(Number.NaN),
    status: new Uint32Array(rows),
    sourceTimeUs: new Float64Array(rows).fill(nowUs),
    other: new Map(),
  };
}

/** Puts a value into row `row`, or the status that says why there is none: a number that is not finite is no reading, and
 *  undefined stands for bytes that are no value of their type. The row keeps its NaN then. */
export function putValue(out: RawColumns, row: number, value: Scalar | readonly Scalar[] | undefined): void {
  if (typeof value === "number") {
    if (Number.isFinite(value)) out.value[row] = value;
    else out.status[row] = StatusCode.BadOutOfRange;
  } else if (value === undefined) out.status[row] = StatusCode.BadDataEncodingInvalid;
  else {
    if (typeof value === "boolean") out.value[row] = value ? 1 : 0;
    out.other.set(row, value);
  }
}

/** One row a tag, all without a value and of the same status: what is left of a device that is not there. */
export function rowsOfStatus(tags: number, status: number, nowUs: TimeUs): RawBatch {
  const rows = rawColumns(tags, nowUs);
  for (let i = 0; i < tags; i += 1) rows.tag[i] = i;
  rows.status.fill(status);
  return rows;
}
