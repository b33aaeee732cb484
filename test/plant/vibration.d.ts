/** What makes one machine sound like itself. */
export interface VibrationOptions {
  readonly seed: number;
  readonly sampleRateHz: number;
  readonly shaftHz: number;
  /** Impacts a revolution of the shaft when the bearing is damaged: BPFO or BPFI order. */
  readonly faultOrder: number;
  /** Inner-race damage passes through the load zone once a revolution and is modulated by it. */
  readonly isFaultModulated: boolean;
}
/** An accelerometer on a machine, m/s2. Not the generator that the model learnt from: another hand wrote it, so that
 *  the demonstration is no replay of the training. */
export interface Vibration {
  /** The next block. @param severity 0 healthy .. 1 failing */
  next(samples: number, severity: number): Float32Array;
}
/** Healthy: shaft harmonics, gear mesh or blade pass, hum, and broad noise modulated once a revolution. Damaged: each
 *  roller's impact rings a resonance (McFadden & Smith, J. Sound Vib. 96, 1984), with 1 % slip (Randall & Antoni 2011). */
export declare function createVibration(options: VibrationOptions): Vibration;
