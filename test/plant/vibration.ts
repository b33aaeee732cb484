import { createRandom } from "./random.ts";

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
  /** The next block. @param severity 0 healthy .. 1 failing
   *  @param load 0 as commissioned .. 1 full: the flow's noise swells with the blades' passing, the mesh grows. No damage */
  next(samples: number, severity: number, load?: number): Float32Array;
}

/** Of the impeller or fan. */
const BLADES = 5;
const SWELL_UNDER_LOAD = 0.5;
/** m/s2. */
const MESH_UNDER_LOAD = 0.35;

interface Line {
  readonly hz: number;
  readonly amplitude: number;
  phase: number;
}

/** Healthy: shaft harmonics, gear mesh or blade pass, hum, and broad noise modulated once a revolution. Damaged: each
 *  roller's impact rings a resonance (McFadden & Smith, J. Sound Vib. 96, 1984), with 1 % slip (Randall & Antoni 2011). */
export function createVibration(options: VibrationOptions): Vibration {
  const { sampleRateHz, shaftHz } = options;
  const random = createRandom(options.seed);
  const lines: Line[] = [1, 2, 3, 4, 5, 7, 9].map((order) => ({
    hz: order * shaftHz * (1 + 1e-4 * random.normal()),
    amplitude: (0.5 / order) * (0.5 + random.uniform()),
    phase: 2 * Math.PI * random.uniform(),
  }));
  lines.push({ hz: 100, amplitude: 0.1 * random.uniform(), phase: 0 });
  const meshOrder = 11 + Math.floor(12 * random.uniform());
  const mesh = { hz: meshOrder * shaftHz, amplitude: 0.2 * random.uniform(), phase: 1 };
  lines.push(mesh);
  const ring = createResonator(sampleRateHz, 1800 + 2200 * random.uniform(), 0.03 + 0.03 * random.uniform());
  const body = createResonator(sampleRateHz, 500 + 900 * random.uniform(), 0.08);
  let revolutions = 0;
  let nextImpact = 0;

  return {
    next(samples, severity, load = 0) {
      const block = new Float32Array(samples);
      const impact = severity * (40 + 10 * random.uniform());
      for (let i = 0; i < samples; i += 1) {
        revolutions += shaftHz / sampleRateHz;
        const turn = 2 * Math.PI * revolutions;
        let strike = 0;
        if (revolutions >= nextImpact) {
          const slip = 1 + 0.01 * random.normal();
          nextImpact = revolutions + slip / options.faultOrder;
          strike =
            impact *
            (options.isFaultModulated ? 0.55 + 0.45 * Math.cos(turn) : 0.85 + 0.15 * random.uniform());
        }
        const noise = random.normal() * 0.45 * (1 + 0.25 * Math.cos(turn));
        let sum = ring(strike + noise * 0.5) + body(noise) + noise;
        for (const line of lines) {
          line.phase += (2 * Math.PI * line.hz) / sampleRateHz;
          sum += line.amplitude * Math.sin(line.phase);
        }
        sum += load * MESH_UNDER_LOAD * Math.sin(mesh.phase);
        block[i] = sum * (1 + load * SWELL_UNDER_LOAD * Math.cos(BLADES * turn));
      }
      return block;
    },
  };
}

/** A damped mass: what an impact makes ring. Unit gain for a single impact. */
function createResonator(sampleRateHz: number, hz: number, damping: number): (force: number) => number {
  const radius = Math.exp((-damping * 2 * Math.PI * hz) / sampleRateHz);
  const a1 = 2 * radius * Math.cos((2 * Math.PI * hz) / sampleRateHz);
  const a2 = -radius * radius;
  let y1 = 0;
  let y2 = 0;
  return (force) => {
    const y = a1 * y1 + a2 * y2 + force * 0.35;
    y2 = y1;
    y1 = y;
    return y;
  };
}
