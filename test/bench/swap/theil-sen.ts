import { median } from "../harness.ts";

export interface Slope {
  readonly perStep: number;
  /** 95 % bounds. */
  readonly low: number;
  readonly high: number;
}

// Of the standard normal distribution, two-sided 95 %.
const Z = 1.96;

/** Median of the slopes between all pairs of values: a few outliers do not move it
 *  (P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63, 1968; bounds as there). */
export function theilSen(values: readonly number[]): Slope {
  const n = values.length;
  const slopes: number[] = [];
  values.forEach((a, i) => {
    values.slice(i + 1).forEach((b, j) => {
      slopes.push((b - a) / (j + 1));
    });
  });
  slopes.sort((a, b) => a - b);
  const width = Z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const at = (rank: number) => slopes[Math.min(slopes.length - 1, Math.max(0, rank))] ?? Number.NaN;
  return {
    perStep: median(slopes),
    low: at(Math.floor((slopes.length - width) / 2)),
    high: at(Math.ceil((slopes.length + width) / 2)),
  };
}
