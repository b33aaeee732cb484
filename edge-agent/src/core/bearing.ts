import type { BearingGeometry } from "./machine.ts";

/** How often each part of a bearing passes a defect, in Hz (or in shaft turns for a shaft of 1 Hz). */
export interface BearingFrequencies {
  /** Ball pass frequency, outer ring. */
  readonly bpfo: number;
  /** Ball pass frequency, inner ring. */
  readonly bpfi: number;
  /** Ball spin frequency; a defect on a ball strikes both rings, hence at twice this. */
  readonly bsf: number;
  /** Fundamental train (cage) frequency. */
  readonly ftf: number;
}

/** Kinematics without slip: inner ring turns with the shaft, outer ring stands
 *  (Randall & Antoni, "Rolling element bearing diagnostics - a tutorial", MSSP 25, 2011, eqs. 1-4). */
export function bearingFrequencies(bearing: BearingGeometry, shaftHz: number): BearingFrequencies {
  const slope = bearing.diameterRatio * Math.cos((bearing.contactAngleDeg * Math.PI) / 180);
  return {
    bpfo: (bearing.rollers / 2) * (1 - slope) * shaftHz,
    bpfi: (bearing.rollers / 2) * (1 + slope) * shaftHz,
    bsf: ((1 - slope * slope) / (2 * bearing.diameterRatio)) * shaftHz,
    ftf: ((1 - slope) / 2) * shaftHz,
  };
}
