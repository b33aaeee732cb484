import type { TrendDto } from "@stethos/edge-agent/core";

type Column = readonly (number | null)[];

/** Seconds since 1970 and the values: what the chart draws. */
export interface TrendColumns {
  readonly time: readonly number[];
  readonly mean: Column;
  readonly min: Column;
  readonly max: Column;
}

/** History from the agent with the live values that came after it. Bounded: what leaves the span is dropped. */
export interface TrendBuffer {
  readonly spanS: number;
  load(history: TrendDto): void;
  /** @param value null where there was no good value: the line breaks there */
  append(timeS: number, value: number | null): void;
  columns(): TrendColumns;
}

interface Point {
  readonly time: number;
  readonly mean: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** @param most live points kept at most */
export function createTrendBuffer(spanS: number, most: number): TrendBuffer {
  let history: readonly Point[] = [];
  let live: readonly Point[] = [];

  const trimmed = (points: readonly Point[], newest: number): readonly Point[] => {
    const first = points.findIndex((point) => point.time >= newest - spanS);
    return first <= 0 ? points : points.slice(first);
  };

  const trim = (): void => {
    const newest = live.at(-1)?.time ?? history.at(-1)?.time ?? 0;
    history = trimmed(history, newest);
    live = trimmed(live, newest).slice(-most);
  };

  return {
    spanS,
    load(dto) {
      history = dto.time.map((time, i) => ({
        time,
        mean: dto.mean[i] ?? null,
        min: dto.min[i] ?? null,
        max: dto.max[i] ?? null,
      }));
      // The agent's buckets may reach beyond what came live while the question was under way.
      const last = history.findLast((point) => point.mean !== null)?.time ?? Number.NEGATIVE_INFINITY;
      history = history.filter((point) => point.time <= last);
      live = live.filter((point) => point.time > last);
      trim();
    },
    append(timeS, value) {
      const last = live.at(-1)?.time ?? history.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
      if (timeS <= last) return;
      live = [...live, { time: timeS, mean: value, min: value, max: value }];
      trim();
    },
    columns() {
      const points = [...history, ...live];
      return {
        time: points.map((point) => point.time),
        mean: points.map((point) => point.mean),
        min: points.map((point) => point.min),
        max: points.map((point) => point.max),
      };
    },
  };
}
