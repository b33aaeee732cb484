type Rgb = readonly [number, number, number];

/** matplotlib's "inferno" (CC0, Nathaniel Smith and Stéfan van der Walt, 2015) at ten equal steps: perceptually even, and
 *  still a ramp from dark to light in grey and to colour-blind eyes. */
const ANCHORS: readonly Rgb[] = [
  [0, 0, 4],
  [27, 12, 65],
  [74, 12, 107],
  [120, 28, 109],
  [165, 44, 96],
  [207, 68, 70],
  [237, 105, 37],
  [251, 155, 6],
  [247, 209, 61],
  [252, 255, 164],
];

/** The colour of a level. @param share 0 lowest .. 1 highest; beyond is clamped */
export function inferno(share: number): Rgb {
  const at = Math.min(1, Math.max(0, share)) * (ANCHORS.length - 1);
  const index = Math.min(ANCHORS.length - 2, Math.floor(at));
  const low = ANCHORS[index] ?? [0, 0, 0];
  const high = ANCHORS[index + 1] ?? low;
  const part = at - index;
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(low[channel] + (high[channel] - low[channel]) * part);
  return [mix(0), mix(1), mix(2)];
}
