import { normalQuantile } from "../statistics.ts";

/** Quantile of the F distribution by the cube-root transform (E. Paulson, "An approximate normalization of the analysis of
 *  variance distribution", Ann. Math. Stat. 13, 1942): within 4 % for 4 or more denominator degrees, tails to 1e-4. */
export function fQuantile(probability: number, above: number, below: number): number {
  const z2 = normalQuantile(probability) ** 2;
  const [a, b] = [2 / (9 * above), 2 / (9 * below)];
  // (1 - b) x - (1 - a) = z sqrt(b x^2 + a), x the cube root of F, solved for its upper root.
  const square = (1 - b) ** 2 - z2 * b;
  const half = (1 - a) * (1 - b);
  const constant = (1 - a) ** 2 - z2 * a;
  const x = (half + Math.sign(probability - 0.5) * Math.sqrt(half * half - square * constant)) / square;
  return x ** 3;
}
