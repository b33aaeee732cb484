import { randomInt } from "node:crypto";
import type { Random } from "../../ports/random.ts";

const RANGE = 2 ** 47;

/** The machine's own chance. */
export const systemRandom: Random = () => randomInt(RANGE) / RANGE;
