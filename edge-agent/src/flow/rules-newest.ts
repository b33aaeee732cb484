import { isUsable } from "../core/quality.ts";
import type { ReadingBatch } from "../core/reading.ts";
import type { TimeUs } from "../core/time.ts";

/** A number as it was read last. */
export interface NewestValue {
  readonly value: number;
  readonly sourceUs: TimeUs;
  readonly agentUs: TimeUs;
}

/** The newest number of every tag, in columns: a rule that comes with a reload may look at a tag that comes by change, and
 *  whose value may stand for hours. */
export interface NewestValues {
  setTags(count: number): void;
  take(batch: ReadingBatch): void;
  /** Undefined where there is none, or the newest reading cannot be used. */
  of(tag: number): NewestValue | undefined;
}

export function createNewestValues(): NewestValues {
  let values = new Float64Array(0);
  let sources = new Float64Array(0);
  let agents = new Float64Array(0);
  return {
    setTags(count) {
      if (count === values.length) return;
      const wider = (old: Float64Array): Float64Array<ArrayBuffer> => {
        const wide = new Float64Array(count).fill(Number.NaN);
        wide.set(old.subarray(0, count));
        return wide;
      };
      [values, sources, agents] = [wider(values), wider(sources), wider(agents)];
    },
    take({ count, tag, value, status, sourceTimeUs, agentTimeUs }) {
      for (let row = 0; row < count; row += 1) {
        const index = tag[row] as number;
        values[index] = isUsable(status[row] as number) ? (value[row] as number) : Number.NaN;
        sources[index] = sourceTimeUs[row] as number;
        agents[index] = agentTimeUs;
      }
    },
    of(tag) {
      const value = values[tag] ?? Number.NaN;
      if (!Number.isFinite(value)) return undefined;
      return { value, sourceUs: sources[tag] as number, agentUs: agents[tag] as number };
    },
  };
}
