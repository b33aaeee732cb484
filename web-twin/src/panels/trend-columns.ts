import type { TrendColumns } from "../state/trend-buffer.ts";

/** null breaks the line; undefined is no point, the line goes on. */
export type Cell = number | null | undefined;

export interface Bridged {
  readonly time: readonly number[];
  readonly mean: readonly Cell[];
  readonly min: readonly Cell[];
  readonly max: readonly Cell[];
}

/** A gap of up to so many usual distances is a slow tag's rest, not a loss. */
const REST = 3;

/** Empty buckets say nothing by themselves: a tag that speaks each minute leaves most of them empty. The line goes on over
 *  a rest such as the series usually takes, and breaks where it takes longer: there values were missing or bad. */
export function bridge({ time, mean, min, max }: TrendColumns): Bridged {
  const filled = mean.flatMap((value, i) => (value === null ? [] : [i]));
  if (filled.length === mean.length || filled.length < 2) return { time, mean, min, max };
  const distances = filled.slice(1).map((at, n) => at - (filled[n] ?? 0));
  const usual = [...distances].sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 1;
  // Where each bucket normally has a value an empty one is a loss.
  const longest = usual === 1 ? 1 : usual * REST;
  const out = { mean: [...mean] as Cell[], min: [...min] as Cell[], max: [...max] as Cell[] };
  distances.forEach((distance, n) => {
    if (distance > longest) return;
    const from = filled[n] ?? 0;
    for (let i = from + 1; i < from + distance; i += 1) {
      out.mean[i] = undefined;
      out.min[i] = undefined;
      out.max[i] = undefined;
    }
  });
  return { time, ...out };
}

/** All series over the times of any of them: per series its min, max and mean. */
export function align(series: readonly Bridged[]): {
  readonly time: number[];
  readonly columns: Cell[][];
} {
  const [only] = series;
  if (series.length === 1 && only !== undefined) {
    return { time: [...only.time], columns: [[...only.min], [...only.max], [...only.mean]] };
  }
  const time = [...new Set(series.flatMap((one) => one.time))].sort((a, b) => a - b);
  const place = new Map(time.map((at, i) => [at, i]));
  const columns = series.flatMap((one) =>
    [one.min, one.max, one.mean].map((column) => {
      const spread = new Array<Cell>(time.length).fill(undefined);
      one.time.forEach((at, i) => {
        spread[place.get(at) ?? 0] = column[i];
      });
      return spread;
    }),
  );
  return { time, columns };
}

/** The value that stands at a moment: of the nearest point within `withinS`. */
export function valueAt(
  { time, mean }: Pick<TrendColumns, "time" | "mean">,
  atS: number,
  withinS: number,
): number | undefined {
  let low = 0;
  let high = time.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((time[middle] ?? 0) < atS) low = middle + 1;
    else high = middle;
  }
  let best: number | undefined;
  let distance = withinS;
  // A slow series has empty buckets between its values.
  for (const step of [-1, 1] as const) {
    for (let i = step < 0 ? low - 1 : low; i >= 0 && i < time.length; i += step) {
      const away = Math.abs((time[i] ?? 0) - atS);
      if (away > distance) break;
      const value = mean[i];
      if (value === null || value === undefined) continue;
      best = value;
      distance = away;
      break;
    }
  }
  return best;
}
