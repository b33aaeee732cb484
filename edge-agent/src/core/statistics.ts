/** Quantile of the standard normal distribution, relative error below 1.2e-9
 *  (P. J. Acklam, "An algorithm for computing the inverse normal cumulative distribution function", 2003).
 *  @param probability 0 < p < 1
 *  @throws RangeError elsewhere */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1)) throw new RangeError(`${probability} is no probability`);
  if (probability > 0.5) return -normalQuantile(1 - probability);
  if (probability >= 0.02425) {
    const q = probability - 0.5;
    const r = q * q;
    return (polynomial(CENTRE_TOP, r) * q) / polynomial(CENTRE_BOTTOM, r);
  }
  const q = Math.sqrt(-2 * Math.log(probability));
  return polynomial(TAIL_TOP, q) / polynomial(TAIL_BOTTOM, q);
}

const CENTRE_TOP = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const CENTRE_BOTTOM = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
  1,
];
const TAIL_TOP = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BOTTOM = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];

/** Horner's rule, highest power first. */
const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);

/** Quantile of Student's t distribution, as an expansion about the normal one
 *  (Abramowitz & Stegun, "Handbook of Mathematical Functions", 26.7.5). Within 0.1 % for 9 degrees of freedom or more
 *  and tail probabilities down to 1e-4. */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  const z = normalQuantile(probability);
  const z2 = z * z;
  const n = degreesOfFreedom;
  const g1 = (z2 + 1) / 4;
  const g2 = polynomial([5, 16, 3], z2) / 96;
  const g3 = polynomial([3, 19, 17, -15], z2) / 384;
  const g4 = polynomial([79, 776, 1482, -1920, -945], z2) / 92160;
  return z * (1 + g1 / n + g2 / n ** 2 + g3 / n ** 3 + g4 / n ** 4);
}

/** The deviations above the mean of `count` independent values that the next value exceeds with the given probability,
 *  when mean and deviation are estimated from those values (one-sided normal prediction limit;
 *  Hahn & Meeker, "Statistical Intervals", 1991, 4.8). */
export function predictionFactor(falseAlarmRate: number, count: number): number {
  return studentQuantile(1 - falseAlarmRate, count - 1) * Math.sqrt(1 + 1 / count);
}

/** Mean and sample standard deviation (n - 1). */
export function meanAndDeviation(values: readonly number[]): {
  readonly mean: number;
  readonly deviation: number;
} {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}

/** Log odds; certainty is taken as one in a million, which floats of a softmax cannot tell from more. */
export function logit(probability: number): number {
  const bounded = Math.min(1 - 1e-6, Math.max(1e-6, probability));
  return Math.log(bounded / (1 - bounded));
}
