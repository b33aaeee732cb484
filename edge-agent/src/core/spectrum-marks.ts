import { bearingFrequencies } from "./bearing.ts";
import type { BearingGeometry } from "./machine.ts";

/** Where a spectrum may show a line, and what it would mean. */
export interface SpectrumMark {
  readonly name: "1x" | "2x" | "BPFI" | "BPFO" | "BSF" | "FTF";
  readonly hz: number;
  /** 1 .. 3; of the shaft always 1, for its second has a name of its own. */
  readonly harmonic: number;
}

const HARMONICS = [1, 2, 3];

/** The turns of the shaft, and three harmonics of each line of its bearing, up to `mostHz`. A defect on a ball meets both rings
 *  in each turn of the ball: "BSF" stands at twice the spin, as in core/envelope-lines. */
export function spectrumMarks(
  bearing: BearingGeometry | undefined,
  shaftHz: number,
  mostHz: number,
): readonly SpectrumMark[] {
  if (!(shaftHz > 0)) return [];
  const shaft: readonly SpectrumMark[] = [
    { name: "1x", hz: shaftHz, harmonic: 1 },
    { name: "2x", hz: 2 * shaftHz, harmonic: 1 },
  ];
  return [...shaft, ...bearingMarks(bearing, shaftHz)].filter(({ hz }) => hz <= mostHz);
}

function bearingMarks(bearing: BearingGeometry | undefined, shaftHz: number): readonly SpectrumMark[] {
  if (bearing === undefined) return [];
  const { bpfo, bpfi, bsf, ftf } = bearingFrequencies(bearing, shaftHz);
  const lines = [
    ["BPFO", bpfo],
    ["BPFI", bpfi],
    ["BSF", 2 * bsf],
    ["FTF", ftf],
  ] as const;
  return lines.flatMap(([name, hz]) => HARMONICS.map((harmonic) => ({ name, hz: harmonic * hz, harmonic })));
}
