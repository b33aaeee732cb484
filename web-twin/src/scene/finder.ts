import type { ExpandedLayout } from "@stethos/edge-agent/core";
import { rankOf } from "./glyph.ts";
import type { Lens } from "./lens.ts";
import { createScreenGrid, nearestBox, type ScreenGrid, type Target } from "./pick.ts";
import type { PointLayer } from "./point-layer.ts";

/** Finds what lies under a place of the page. */
export interface Finder {
  find(x: number, y: number, radius: number): Target | undefined;
  /** The camera or what is drawn changed. */
  forget(): void;
}

/** Nearer than this a box in front of a glyph does not hide it: glyphs stand on the skin of things, metres. */
const SKIN = 0.6;

/** Glyphs before boxes, the urgent before the others, and nothing that stands behind something else. */
export function createFinder(layout: ExpandedLayout, layer: PointLayer, lens: () => Lens): Finder {
  let grids: { readonly points: ScreenGrid; readonly rollUps: ScreenGrid } | undefined;
  const { detail, points, rollUps } = layer;

  const gridsNow = (): { readonly points: ScreenGrid; readonly rollUps: ScreenGrid } => {
    grids ??= {
      points: createScreenGrid(lens(), layout.position, detail.points, detail.pointCount),
      rollUps: createScreenGrid(lens(), rollUps.position, detail.assets, detail.assetCount),
    };
    return grids;
  };

  const isHidden = (target: Target): boolean => {
    const asset = target.kind === "point" ? (layout.assetOf[target.index] ?? 0) : target.index;
    const [x, y, z] = (target.kind === "point" ? points : rollUps).place(target.index);
    const spot = lens().project(x, y, z);
    if (spot === undefined) return true;
    const ray = lens().ray(spot.x, spot.y);
    const hit = nearestBox(ray, layout.box);
    if (hit === undefined || hit.index === asset) return false;
    const { origin, direction } = ray;
    const length = Math.hypot(direction.x, direction.y, direction.z);
    return hit.far * length < Math.hypot(x - origin.x, y - origin.y, z - origin.z) - SKIN;
  };

  return {
    find(x, y, radius) {
      const now = gridsNow();
      const candidates: { readonly target: Target; readonly rank: number; readonly far: number }[] = [];
      const gather = (
        kind: Target["kind"],
        grid: ScreenGrid,
        which: Uint32Array,
        glyph: Uint8Array,
      ): void => {
        for (const i of grid.near(x, y, radius, (k) => rankOf(glyph[which[k] ?? 0] ?? 0))) {
          const index = which[i] ?? 0;
          if (rankOf(glyph[index] ?? 0) < 0) continue;
          candidates.push({
            target: { kind, index },
            rank: rankOf(glyph[index] ?? 0),
            far: Math.hypot((grid.x[i] ?? 0) - x, (grid.y[i] ?? 0) - y),
          });
        }
      };
      gather("point", now.points, detail.points, points.glyph);
      gather("asset", now.rollUps, detail.assets, rollUps.glyph);
      candidates.sort((a, b) => b.rank - a.rank || a.far - b.far);
      const found = candidates.find(({ target }) => !isHidden(target))?.target;
      if (found !== undefined) return found;
      const box = nearestBox(lens().ray(x, y), layout.box);
      return box === undefined ? undefined : { kind: "asset", index: box.index };
    },
    forget() {
      grids = undefined;
    },
  };
}
