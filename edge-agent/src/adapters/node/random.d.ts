import type { Random } from "../../ports/random.ts";
/** The machine's own chance. */
export declare const systemRandom: Random;
