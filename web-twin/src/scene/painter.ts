import type { Timers } from "../stream/timers.ts";
import type { Budget } from "./budget.ts";
import type { SceneCamera } from "./camera.ts";
import type { DrawnPlant } from "./drawn-plant.ts";
import type { Level } from "./level.ts";
import type { Materials } from "./materials.ts";
import type { Layers, Stage } from "./stage.ts";

/** Glyphs drawn over their old selves may leave a pixel wrong where two lie equally deep: drawn anew when it is quiet. */
const REPAIR_MS = 500;

export interface PainterDeps {
  readonly timers: Timers;
  readonly stage: Stage;
  readonly layers: Layers;
  readonly materials: Materials;
  readonly camera: SceneCamera;
  readonly budget: Budget;
  readonly plant: () => DrawnPlant | undefined;
  /** Every point by itself, however small. */
  readonly isEvery: () => boolean;
  /** The points to draw were chosen anew for another view of them. */
  readonly aimed: () => void;
  readonly request: (level: Level) => void;
}

/** Makes one picture: chooses what of the plant to draw where that may have changed, and draws it. */
export interface Painter {
  /** The camera stands elsewhere, or other points are wanted: the next picture chooses anew. */
  renew(): void;
  isRenewed(): boolean;
  paint(level: Level): void;
  stop(): void;
}

export function createPainter(deps: PainterDeps): Painter {
  const { timers, stage, layers, materials, camera, budget } = deps;
  let isNew = true;
  let budgetUsed = 0;
  let stopRepair = (): void => {};

  const aim = (): void => {
    const lens = camera.lens();
    stage.setLens(lens);
    materials.setLens(lens, stage.pixelRatio());
    isNew = false;
    budgetUsed = budget.most();
    const plant = deps.plant();
    if (plant === undefined) return;
    plant.points.choose(lens, { budget: budgetUsed, isEvery: deps.isEvery() }, stage.pixelRatio());
    plant.finder.forget();
    deps.aimed();
  };

  return {
    renew() {
      isNew = true;
    },
    isRenewed: () => isNew,
    paint(level) {
      if (level === "none" || stage.isLost()) return;
      const isNewChoice = level !== "changed" && budgetUsed !== budget.most();
      if (isNew || isNewChoice) aim();
      const points = deps.plant()?.points;
      stopRepair();
      if (level === "changed" && points !== undefined) {
        points.points.seal();
        points.rollUps.seal();
        stopRepair = timers.after(REPAIR_MS, () => deps.request("points"));
      } else points?.gather();
      points?.forget();
      stage.draw(level, layers);
      const { changed, points: redrawn, everything } = stage.clock.stats.total;
      stage.canvas.dataset["frames"] = String(changed + redrawn + everything);
    },
    stop: () => stopRepair(),
  };
}
