import { isUsable, StatusCode } from "../core/quality.ts";
import type { RawBatch, ReadingBatch, Value } from "../core/reading.ts";
import type { Tag } from "../core/tag.ts";
import type { TimeUs } from "../core/time.ts";

/** Turns the raw batches of one device into readings: scale and offset, deadband, sequence. */
export interface Normaliser {
  /** @returns undefined when the deadband let nothing through */
  normalise(raw: RawBatch, agentTimeUs: TimeUs): ReadingBatch | undefined;
  /** Readings that the deadband held back since the start. */
  readonly suppressed: number;
}

/** @param tags those of the device, in the order of its plan
 *  @param places where each stands in the agent's tag table */
export function createNormaliser(tags: readonly Tag[], places: Uint32Array): Normaliser {
  const scale = Float64Array.from(tags, (tag) => tag.scale);
  const offset = Float64Array.from(tags, (tag) => tag.offset);
  // Without a deadband every sample passes: no change is smaller than "less than nothing".
  const deadband = Float64Array.from(tags, (tag) => tag.deadband ?? -1);
  const sequence = new Float64Array(tags.length);
  const lastValue = new Float64Array(tags.length).fill(Number.NaN);
  const lastStatus = new Uint32Array(tags.length).fill(StatusCode.BadWaitingForInitialData);
  const lastOther = new Map<number, string>();
  // Reused by every value: this runs 200,000 times a second.
  const scaled: Scaled = { value: 0, status: 0, other: undefined };
  // Filled anew by every batch; what passes is copied out of it, so that what is held back costs no memory.
  let out = columnsFor(tags.length);
  let suppressed = 0;

  function isHeld(tag: number, value: number, status: number, other: Value | undefined): boolean {
    const band = deadband[tag] ?? -1;
    if (band < 0 || status !== lastStatus[tag]) return false;
    if (other !== undefined) return JSON.stringify(other) === lastOther.get(tag);
    const last = lastValue[tag] ?? Number.NaN;
    if (Number.isNaN(value)) return Number.isNaN(last);
    // A deadband of 0 holds back exact repeats only.
    return value === last || Math.abs(value - last) < band;
  }

  /** Writes the scaled value into row `row` and remembers it. */
  function keep(row: number, tag: number, other: Map<number, Value>): void {
    lastValue[tag] = scaled.value;
    lastStatus[tag] = scaled.status;
    const next = (sequence[tag] ?? 0) + 1;
    sequence[tag] = next;
    out.tag[row] = places[tag] ?? 0;
    out.value[row] = scaled.value;
    out.status[row] = scaled.status;
    out.sequence[row] = next;
    if (scaled.other === undefined) return;
    other.set(row, scaled.other);
    if ((deadband[tag] ?? -1) >= 0) lastOther.set(tag, JSON.stringify(scaled.other));
  }

  return {
    normalise(raw, agentTimeUs) {
      if (out.tag.length < raw.count) out = columnsFor(raw.count);
      const other = new Map<number, Value>();
      let rows = 0;
      for (let i = 0; i < raw.count; i += 1) {
        const tag = raw.tag[i] ?? 0;
        engineering(scaled, raw, i, scale[tag] ?? 1, offset[tag] ?? 0);
        if (isHeld(tag, scaled.value, scaled.status, scaled.other)) {
          suppressed += 1;
          continue;
        }
        keep(rows, tag, other);
        out.sourceTimeUs[rows] = raw.sourceTimeUs[i] ?? agentTimeUs;
        rows += 1;
      }
      return rows === 0 ? undefined : { ...firstRows(out, rows), agentTimeUs, other };
    },
    get suppressed() {
      return suppressed;
    },
  };
}

/** One value in engineering units. */
interface Scaled {
  value: number;
  status: number;
  other: Value | undefined;
}

function engineering(result: Scaled, raw: RawBatch, i: number, scale: number, offset: number): Scaled {
  const status = raw.status[i] ?? 0;
  result.status = status;
  result.other = undefined;
  if (!isUsable(status)) {
    result.value = Number.NaN;
    return result;
  }
  const other = raw.other.size === 0 ? undefined : raw.other.get(i);
  if (other === undefined) {
    result.value = (raw.value[i] ?? Number.NaN) * scale + offset;
    // A number that is none, or that scaling drove out of range, is never passed on as a value.
    if (!Number.isFinite(result.value)) {
      result.value = Number.NaN;
      result.status = StatusCode.BadOutOfRange;
    }
    return result;
  }
  return scaleOther(result, other, raw.value[i] ?? Number.NaN, scale, offset);
}

function scaleOther(result: Scaled, other: Value, value: number, scale: number, offset: number): Scaled {
  const isPlain = scale === 1 && offset === 0;
  result.value = value;
  result.other = other;
  if (isPlain || typeof other === "boolean") return result;
  if (Array.isArray(other) && other.every((item) => typeof item === "number")) {
    result.other = other.map((item) => item * scale + offset);
    return result;
  }
  // Text, and integers too large for a double, cannot be scaled without saying something untrue.
  result.value = Number.NaN;
  result.other = undefined;
  result.status = StatusCode.BadConfigurationError;
  return result;
}

type Columns = Pick<ReadingBatch, "sequence" | "sourceTimeUs" | "status" | "tag" | "value">;

const columnsFor = (rows: number): Columns => ({
  tag: new Uint32Array(rows),
  value: new Float64Array(rows),
  status: new Uint32Array(rows),
  sourceTimeUs: new Float64Array(rows),
  sequence: new Float64Array(rows),
});

const firstRows = (from: Columns, rows: number) => ({
  count: rows,
  tag: from.tag.slice(0, rows),
  value: from.value.slice(0, rows),
  status: from.status.slice(0, rows),
  sourceTimeUs: from.sourceTimeUs.slice(0, rows),
  sequence: from.sequence.slice(0, rows),
});
