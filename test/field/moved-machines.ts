import type { ScriptedMachine } from "../e2e/model-plant.ts";
import type { SeenWindow } from "./plant.ts";

/** Three machines were moved and are well; on the others a bearing is damaged. */
export const isDamaged = (machine: number): boolean => machine >= 3;

export const windowsOf = (machine: number, windows: readonly SeenWindow[]): readonly Float32Array[] =>
  windows
    .filter(
      ({ frame, isFault }) => frame.machine.endsWith(`pump-${machine}`) && isFault === isDamaged(machine),
    )
    .map(({ frame }) => frame.samples);

/** Sounds as it did while its baseline was learnt until it has moved, then as it does since. */
export function scripted(
  machine: number,
  shaftHz: number,
  baseline: readonly Float32Array[],
  moved: readonly Float32Array[],
  hasMoved: () => boolean,
): ScriptedMachine {
  let block = 0;
  return {
    asset: `area/line/cell/pump-${machine}`,
    shaftHz,
    next() {
      const windows = hasMoved() ? moved : baseline;
      const window = windows[block % windows.length];
      block += 1;
      if (window === undefined) throw new RangeError(`machine ${machine} has no windows`);
      return window;
    },
  };
}
