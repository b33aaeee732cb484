/** A ramp whose lightness grows evenly from low to high, readable in grey and by the colour-blind.
 *  Sampled from cividis, Nuñez et al. 2018, doi 10.1371/journal.pone.0199239. */
export const HEAT_RAMP = [
  "#00224e",
  "#2a3f6d",
  "#575d6d",
  "#7d7c78",
  "#a59c74",
  "#d2c060",
  "#fee838",
] as const;

/** core/twin-delta: a point without a value. */
const NO_VALUE = 65_535;

/** What the shader reads: 0 not of that kind or without a value, 1..255 from the low end of the range to its high end.
 *  @param value quantised over the kind's range */
export const heatOf = (value: number): number =>
  value === NO_VALUE ? 0 : 1 + Math.round((value / (NO_VALUE - 1)) * 254);

/** Fills the heat of all points of one kind; the others get none. */
export function fillHeat(heat: Uint8Array, kindOf: Uint8Array, kind: number, value: Uint16Array): void {
  for (let p = 0; p < heat.length; p += 1) heat[p] = kindOf[p] === kind ? heatOf(value[p] ?? NO_VALUE) : 0;
}

/** One value for each asset: the highest among its points of that kind. */
export function rollUpHeat(rolled: Uint8Array, heat: Uint8Array, firstPoint: Uint32Array): void {
  for (let a = 0; a < rolled.length; a += 1) {
    let most = 0;
    for (let p = firstPoint[a] ?? 0; p < (firstPoint[a + 1] ?? 0); p += 1)
      most = Math.max(most, heat[p] ?? 0);
    rolled[a] = most;
  }
}
