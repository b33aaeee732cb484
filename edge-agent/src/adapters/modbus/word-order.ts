// Magnitudes of what is measured in a plant, with room on both sides. Of numbers whose two halves were exchanged about
// three quarters fall outside.
const LEAST_CREDIBLE = 1e-9;
const MOST_CREDIBLE = 1e12;
const LEAST_PLAUSIBLE = 1e-6;
const MOST_PLAUSIBLE = 1e9;

const isBetween = (value: number, least: number, most: number): boolean =>
  Math.abs(value) >= least && Math.abs(value) <= most;

/** Whether most of these 32-bit floats are absurd as they stand and plausible with their registers exchanged.
 *  @param rows of `values`; zeros and what is no number say nothing
 *  @returns a row that shows it */
export function looksExchanged(values: Float64Array, rows: readonly number[]): number | undefined {
  let told = 0;
  let suspects = 0;
  let found: number | undefined;
  for (const row of rows) {
    const value = values[row] ?? Number.NaN;
    if (value === 0 || !Number.isFinite(value)) continue;
    told += 1;
    if (isBetween(value, LEAST_CREDIBLE, MOST_CREDIBLE)) continue;
    if (!isBetween(withExchangedWords(value), LEAST_PLAUSIBLE, MOST_PLAUSIBLE)) continue;
    suspects += 1;
    found ??= row;
  }
  return suspects * 2 > told ? found : undefined;
}

/** A 32-bit float with its two 16-bit halves exchanged. */
export function withExchangedWords(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const high = view.getUint16(0);
  view.setUint16(0, view.getUint16(2));
  view.setUint16(2, high);
  return view.getFloat32(0);
}
