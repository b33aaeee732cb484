/** Repeatable chance for the simulated plant. */
export interface PlantRandom {
  uniform(): number;
  normal(): number;
}

/** mulberry32, a 32-bit generator by Tommy Ettinger (public domain). */
export function createRandom(seed: number): PlantRandom {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    uniform,
    // Box and Muller, Ann. Math. Stat. 29, 1958.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}
