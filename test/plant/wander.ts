import { createRandom } from "./random.ts";

/** What a point does: it swings slowly about a mean, inside its limits or, of very few, now and then beyond. */
export interface Wander {
  readonly limits: { readonly low: number; readonly high: number } | undefined;
  /** Value at a time of the plant, seconds. */
  at(seconds: number): number;
  /** From then on the value runs away, below its lower limit where `isDown`, within `overSeconds`. */
  runAway(fromSeconds: number, overSeconds: number, isDown: boolean): void;
}

/** Of the points with limits, so many swing beyond them: half of the time each, so half as many alarms stand. */
const RESTLESS = 0.001;
/** Points of these units have limits, some of them: an engineer gives limits where something can be done. */
const LIMITED = new Set(["Cel", "kPa", "mm/s", "A", "m"]);
const LIMITED_SHARE = 0.35;

export function createWanders(
  points: readonly { readonly unit: string; readonly low: number; readonly high: number }[],
  seed: number,
): Wander[] {
  const random = createRandom(seed);
  return points.map(({ unit, low, high }) => {
    const range = high - low;
    const mean = low + range * (0.3 + 0.3 * random.uniform());
    const isLimited = LIMITED.has(unit) && random.uniform() < LIMITED_SHARE;
    const isRestless = isLimited && random.uniform() < RESTLESS;
    const swing = range * (0.02 + 0.05 * random.uniform());
    const reach = isRestless ? 0.1 * swing : range * 0.12;
    const periodS = 240 + 1200 * random.uniform();
    const phase = 2 * Math.PI * random.uniform();
    const limits = isLimited
      ? { low: rounded(Math.max(low, mean - range * 0.2)), high: rounded(mean + reach) }
      : undefined;
    let away: { from: number; over: number; to: number } | undefined;
    return {
      limits,
      at(seconds) {
        const usual = mean + swing * Math.sin((2 * Math.PI * seconds) / periodS + phase);
        if (away === undefined || seconds < away.from) return usual;
        const share = Math.min(1, (seconds - away.from) / away.over);
        return usual + (away.to - usual) * share;
      },
      runAway(from, over, isDown) {
        const to = isDown
          ? Math.max(low, (limits?.low ?? low) - range * 0.05)
          : (limits?.high ?? high) + range * 0.05;
        away = { from, over, to };
      },
    };
  });
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
