import type { Timers } from "../stream/timers.ts";
import type { DrawnPlant } from "./drawn-plant.ts";
import type { Level } from "./level.ts";
import type { Materials } from "./materials.ts";

const BLINK_MS = 500;
/** So many blinking glyphs are drawn with all the others. */
const MOST_BLINKING = 20_000;

export interface BlinkDeps {
  readonly timers: Timers;
  readonly isStill: () => boolean;
  readonly materials: Materials;
  /** Undefined where nothing can be seen, or is drawn anew anyway. */
  readonly plant: () => DrawnPlant | undefined;
  readonly draw: (level: Extract<Level, "changed">) => void;
  readonly request: (level: Extract<Level, "points">) => void;
}

/** Shows and hides what nobody acknowledged yet, twice a second; where nothing may move it is given a ring instead.
 *  @returns ends it */
export function startBlinking(deps: BlinkDeps): () => void {
  const { timers, materials } = deps;
  let isPhaseOff = false;
  let stop = (): void => {};
  const blink = (): void => {
    stop = timers.after(BLINK_MS, blink);
    const isStill = deps.isStill();
    materials.setMotion(isStill);
    const points = isStill ? undefined : deps.plant()?.points;
    const count = points?.noteUnseen() ?? 0;
    if (points === undefined || count === 0) return;
    isPhaseOff = !isPhaseOff;
    materials.setPhase(isPhaseOff);
    if (count > MOST_BLINKING) deps.request("points");
    else deps.draw("changed");
    points.forget();
  };
  blink();
  return () => stop();
}
