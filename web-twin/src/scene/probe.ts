import type { SceneCamera } from "./camera.ts";
import type { DrawStats } from "./draw-clock.ts";
import type { DrawnPlant } from "./drawn-plant.ts";
import type { Hands } from "./hands.ts";
import type { Level } from "./level.ts";
import type { Stage } from "./stage.ts";

/** What tests and benches see of the scene. It changes nothing but the camera. */
export interface SceneProbe {
  /** ms of the page's clock; absent until it happened. */
  readonly t: { readonly gl: number; firstFrame?: number; plant?: number };
  counts(): {
    readonly points: number;
    readonly assets: number;
    readonly drawCalls: number;
    /** Shown singly, also where others cover them. */
    readonly drawnPoints: number;
    readonly drawnAssets: number;
  };
  readonly frame: DrawStats;
  readonly isSoftware: boolean;
  /** The byte that is drawn for a point; see glyph.ts. */
  glyph(point: number): number | undefined;
  /** What lies there: an asset's id or a point's tag. */
  pick(x: number, y: number): string | undefined;
  /** Where a point stands on the page. */
  project(point: number): { readonly x: number; readonly y: number } | undefined;
  /** Where the one glyph of an asset stands on the page. */
  projectAsset(asset: number): { readonly x: number; readonly y: number } | undefined;
  goto(asset: string): void;
  /** The camera stands still, and nothing waits to be built or drawn. */
  isAtRest(): boolean;
  /** Draws at once and waits until it is drawn; ms. */
  renderNow(level: Level): number;
  /** RGBA of a rectangle of the picture, row by row from the lower left corner; all of it without one. */
  pixels(x?: number, y?: number, width?: number, height?: number): Uint8Array;
  loseContext(): void;
  restoreContext(): void;
}

export interface ProbeDeps {
  readonly t: SceneProbe["t"];
  readonly stage: Stage;
  readonly camera: SceneCamera;
  readonly hands: Hands;
  readonly plant: () => DrawnPlant | undefined;
  readonly isEvery: () => boolean;
  readonly isAtRest: () => boolean;
  readonly renderNow: (level: Level) => number;
}

export function createSceneProbe({ t, stage, camera, hands, ...deps }: ProbeDeps): SceneProbe {
  return {
    t,
    frame: stage.clock.stats,
    isSoftware: stage.isSoftware,
    counts() {
      const plant = deps.plant();
      const points = plant?.layout.pointCount ?? 0;
      return {
        points,
        assets: plant?.layout.assetCount ?? 0,
        drawCalls: stage.drawCalls(),
        drawnPoints: deps.isEvery() ? points : (plant?.points.detail.pointCount ?? 0),
        drawnAssets: plant?.points.detail.assetCount ?? 0,
      };
    },
    glyph: (point) => deps.plant()?.points.points.glyph[point],
    pick(x, y) {
      const target = hands.targetAt(x, y);
      return target === undefined ? undefined : hands.nameOf(target);
    },
    project(point) {
      const [x, y, z] = deps.plant()?.layout.position.subarray(3 * point, 3 * point + 3) ?? [];
      if (x === undefined || y === undefined || z === undefined) return undefined;
      return camera.lens().project(x, y, z);
    },
    projectAsset(a) {
      const top = deps.plant()?.points.rollUps.place(a);
      return top === undefined ? undefined : camera.lens().project(...top);
    },
    goto: (asset) => hands.approach(deps.plant()?.indexOf.get(asset)),
    isAtRest: deps.isAtRest,
    renderNow: deps.renderNow,
    pixels: (x = 0, y = 0, width = stage.canvas.width, height = stage.canvas.height) =>
      stage.targets.read(x, y, width, height),
    ...stage.contextLoss,
  };
}
