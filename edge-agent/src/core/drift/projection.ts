import { createPrng } from "../prng.ts";

/** Writes `size` numbers that stand for a longer vector. */
export interface Projection {
  readonly from: number;
  readonly size: number;
  project(values: ArrayLike<number>, out: Float32Array, offset: number): void;
}

/** Random signs: what sets vectors of many values apart does so, in the mean, in a few random directions of them too
 *  (D. Achlioptas, "Database-friendly random projections", J. Comput. Syst. Sci. 66, 2003). The same seed gives the same
 *  directions on every machine. */
export function createProjection(seed: number, from: number, size: number): Projection {
  const random = createPrng(seed);
  const scale = 1 / Math.sqrt(from);
  const directions = Float32Array.from({ length: from * size }, () => (random() < 0.5 ? -scale : scale));
  return {
    from,
    size,
    project(values, out, offset) {
      for (let k = 0; k < size; k += 1) {
        let sum = 0;
        const row = k * from;
        for (let i = 0; i < from; i += 1) sum += (directions[row + i] ?? 0) * (values[i] ?? 0);
        out[offset + k] = sum;
      }
    },
  };
}
