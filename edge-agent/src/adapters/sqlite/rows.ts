import type { TimeUs } from "../../core/time.ts";

/** How the value of a row is to be read. */
export const Kind = { number: 0, boolean: 1, text: 2 } as const;

/** Rows on their way through the file, in columns of at least `count` places. */
export interface Rows {
  readonly count: number;
  /** Key of the row's series in the file. */
  readonly key: Uint32Array;
  /** Index into `batchTimeUs`: rows that the agent got together share its time. */
  readonly batch: Uint32Array;
  /** Source time less the time of the batch, whole microseconds. */
  readonly lagUs: Float64Array;
  readonly status: Uint32Array;
  readonly sequence: Float64Array;
  readonly kind: Uint8Array;
  readonly value: Float64Array;
  /** JSON of the rows of kind text, in their order. */
  readonly texts: readonly string[];
  /** Agent time of each batch. */
  readonly batchTimeUs: Float64Array;
}

/** Rows that are being filled. */
export interface RowsDraft extends Rows {
  count: number;
  readonly texts: string[];
}

export function draftRows(capacity: number, batches: number): RowsDraft {
  return {
    count: 0,
    key: new Uint32Array(capacity),
    batch: new Uint32Array(capacity),
    lagUs: new Float64Array(capacity),
    status: new Uint32Array(capacity),
    sequence: new Float64Array(capacity),
    kind: new Uint8Array(capacity),
    value: new Float64Array(capacity),
    texts: [],
    batchTimeUs: new Float64Array(batches),
  };
}

// The columns hold differences of differences of these, which must stay below 2^53 to be exact.
const MOST_TIME_US = 2 ** 52;
const MOST_LAG_US = 2 ** 51;

/** A time that the file can hold: a whole microsecond between 1970 and 2112. */
export const storableTime = (timeUs: TimeUs): TimeUs =>
  timeUs >= 0 && timeUs <= MOST_TIME_US ? Math.round(timeUs) : 0;

/** Source time as a lag behind `batchTimeUs`. A source time out of 1970..2112 is not to be believed (an OPC UA
 *  null time is the year 1601): the agent's own time stands for it. */
export function lagOf(sourceTimeUs: TimeUs, batchTimeUs: TimeUs): number {
  const lag = Math.round(sourceTimeUs) - batchTimeUs;
  return sourceTimeUs >= 0 && Math.abs(lag) <= MOST_LAG_US ? lag : 0;
}

/** A sequence number that the file can hold; 0 for what is none. */
export const storableSequence = (sequence: number): number =>
  sequence >= 0 && sequence <= MOST_TIME_US ? Math.floor(sequence) : 0;

export const sourceTimeOf = (rows: Pick<Rows, "batch" | "batchTimeUs" | "lagUs">, i: number): TimeUs =>
  (rows.batchTimeUs[rows.batch[i] as number] as number) + (rows.lagUs[i] as number);
