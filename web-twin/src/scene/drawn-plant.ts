import type { ExpandedLayout } from "@stethos/edge-agent/core";
import type { Scene } from "three";
import type { PointsView } from "../state/points.ts";
import { boundsOf } from "./blocks.ts";
import { createFinder, type Finder } from "./finder.ts";
import type { Lens } from "./lens.ts";
import { createMarkLayer, type MarkLayer } from "./mark-layer.ts";
import type { Materials } from "./materials.ts";
import type { Models } from "./models.ts";
import { createPlantLayer, type PlantLayer } from "./plant-layer.ts";
import { createPointLayer, type PointLayer } from "./point-layer.ts";
import type { Layers } from "./stage.ts";

/** All that is drawn of one layout. */
export interface DrawnPlant {
  readonly layout: ExpandedLayout;
  readonly plant: PlantLayer;
  readonly points: PointLayer;
  readonly marks: MarkLayer;
  readonly finder: Finder;
  /** Index of an asset by its id. */
  readonly indexOf: ReadonlyMap<string, number>;
  /** minX, minY, minZ, maxX, maxY, maxZ of everything. */
  readonly box: readonly number[];
  dispose(): void;
}

/** The floors count as well: a plant without machines in its far corner is still shown whole. */
function wholeBox({ box, assetCount, layout }: ExpandedLayout): readonly number[] {
  const [x0 = 0, y0 = 0, z0 = 0, x1 = 0, y1 = 0, z1 = 0] = boundsOf(
    box,
    Array.from({ length: assetCount }, (_, a) => a),
  );
  const least = (first: number, of: readonly number[]): number => of.reduce((a, b) => Math.min(a, b), first);
  const most = (first: number, of: readonly number[]): number => of.reduce((a, b) => Math.max(a, b), first);
  const { areas } = layout;
  return [
    least(
      x0,
      areas.map(({ minX }) => minX),
    ),
    Math.min(y0, 0),
    least(
      z0,
      areas.map(({ minZ }) => minZ),
    ),
    most(
      x1,
      areas.map(({ maxX }) => maxX),
    ),
    Math.max(y1, 0),
    most(
      z1,
      areas.map(({ maxZ }) => maxZ),
    ),
  ];
}

export interface DrawnBy {
  readonly lens: () => Lens;
  readonly isSoftware: boolean;
  readonly models: Models;
}

export function drawPlant(
  view: PointsView,
  { plant: below, over, changed }: Layers,
  materials: Materials,
  { lens, isSoftware, models }: DrawnBy,
): DrawnPlant {
  const { layout } = view;
  const plant = createPlantLayer(below, layout, materials, {
    drawnBy: isSoftware ? "software" : "card",
    models,
  });
  const marks = createMarkLayer(over, materials.mark);
  const points = createPointLayer(view, materials);
  const glyphs = [points.rollUps, points.points];
  const add = (scene: Scene, which: "all" | "changed"): void => {
    for (const one of glyphs) scene.add(...one[which]);
  };
  add(over, "all");
  add(changed, "changed");
  points.all();
  return {
    layout,
    plant,
    points,
    marks,
    finder: createFinder(layout, points, lens),
    indexOf: new Map(layout.layout.assets.map(({ id }, a) => [id, a])),
    box: layout.assetCount === 0 ? [0, 0, 0, 20, 3, 20] : wholeBox(layout),
    dispose() {
      for (const { all, changed: some } of glyphs) {
        over.remove(...all);
        changed.remove(...some);
      }
      points.dispose();
      marks.dispose();
      plant.dispose();
    },
  };
}
