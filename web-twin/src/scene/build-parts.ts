import type { Timers } from "../stream/timers.ts";
import type { DrawnPlant } from "./drawn-plant.ts";

/** Building may not hold up what the operator does. */
const SLICE_MS = 8;

export interface BuilderDeps {
  readonly timers: Timers;
  readonly plant: () => DrawnPlant | undefined;
  /** Something new is to be drawn. */
  readonly news: () => void;
  readonly done: () => void;
}

/** Merges the parts of what stands near, a slice at a time. */
export interface Builder {
  build(): void;
  isBusy(): boolean;
  stop(): void;
}

export function createBuilder({ timers, plant, news, done }: BuilderDeps): Builder {
  let stop = (): void => {};
  let isBusy = false;
  const build = (): void => {
    stop();
    isBusy = true;
    stop = timers.after(0, () => {
      isBusy = false;
      const layer = plant()?.plant;
      if (layer === undefined) return;
      const until = timers.now() + SLICE_MS;
      if (layer.work(() => timers.now() > until)) build();
      else done();
      if (layer.takeNews()) news();
    });
  };
  return { build, isBusy: () => isBusy, stop: () => stop() };
}
