import { invertPositive, meanOfRows, shrunkCovariance } from "./covariance.ts";

/** Where the healthy spectra of a machine lie, and how they scatter. */
export interface SpectrumReference {
  readonly mean: Float64Array;
  /** Inverse covariance, row-major. */
  readonly precision: Float64Array;
}

/** Fits a reference to healthy spectra.
 *  @param leastDeviation no band is taken to be steadier than this, in the spectrum's unit */
export function fitReference(
  spectra: readonly ArrayLike<number>[],
  leastDeviation: number,
): SpectrumReference {
  const mean = meanOfRows(spectra);
  const covariance = shrunkCovariance(spectra, mean);
  for (let i = 0; i < mean.length; i += 1) {
    const diagonal = i * (mean.length + 1);
    covariance[diagonal] = (covariance[diagonal] ?? 0) + leastDeviation * leastDeviation;
  }
  return { mean, precision: invertPositive(covariance, mean.length) };
}

/** Mahalanobis distance of a spectrum from the healthy ones. */
export function distanceFrom(reference: SpectrumReference, spectrum: ArrayLike<number>): number {
  const { mean, precision } = reference;
  const offset = mean.map((value, i) => (spectrum[i] ?? 0) - value);
  let sum = 0;
  offset.forEach((left, i) => {
    const row = precision.subarray(i * mean.length, (i + 1) * mean.length);
    sum += left * row.reduce((product, value, j) => product + value * (offset[j] ?? 0), 0);
  });
  return Math.sqrt(Math.max(0, sum));
}

/** Distances that healthy spectra show when they were not part of the fit: each of `folds` contiguous runs of windows
 *  is left out in turn. A group is a window with its copies, which must not be parted: a fit that saw a copy knows the
 *  window (measured: limits far too high, nothing detected). */
export function leaveOutDistances(
  groups: readonly (readonly ArrayLike<number>[])[],
  folds: number,
  leastDeviation: number,
): readonly number[] {
  return Array.from({ length: folds }, (_, fold) => {
    const from = Math.floor((fold * groups.length) / folds);
    const to = Math.floor(((fold + 1) * groups.length) / folds);
    const kept = [...groups.slice(0, from), ...groups.slice(to)];
    const reference = fitReference(kept.flat(), leastDeviation);
    return groups
      .slice(from, to)
      .flatMap((group) => group.map((spectrum) => distanceFrom(reference, spectrum)));
  }).flat();
}
