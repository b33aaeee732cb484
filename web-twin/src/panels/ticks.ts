/** Round values from 0 to `end`, about as many as asked for: steps of 1, 2 or 5 times a power of ten. */
export function ticks(end: number, about: number): readonly number[] {
  if (!(end > 0) || !Number.isFinite(end)) return [0];
  const rough = end / Math.max(1, about);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  // Counted, not added up: 0.1 + 0.2 is not 0.3.
  const last = Math.floor(end / step + 1e-9);
  return Array.from({ length: last + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}
