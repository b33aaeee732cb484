/** Repeatable chance for the simulated plant. */
export interface PlantRandom {
  uniform(): number;
  normal(): number;
}
/** mulberry32, a 32-bit generator by Tommy Ettinger (public domain). */
export declare function createRandom(seed: number): PlantRandom;
