import type { ExpandedLayout } from "@stethos/edge-agent/core";
import type { Palette, View } from "../state/store.ts";
import { LOOKS } from "./look.ts";
import type { Mark } from "./mark-layer.ts";
import { SCENE_COLOURS } from "./palette.ts";
import { frameTriangles, type Oval, ringTriangles } from "./ring.ts";

const RING_GAP = 0.55;
const FRAME_GAP = 0.3;
/** Pixels of the frame around what is selected, however far it stands. */
const FRAME_PX = 2.5;
const FLOOR_Y = 0.03;

interface Stand extends Oval {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Where an asset stands and how far it reaches. */
export function standOf({ box }: ExpandedLayout, a: number, outset: number): Stand {
  const [x0 = 0, y = 0, z0 = 0, x1 = 0, , z1 = 0] = box.subarray(6 * a, 6 * a + 6);
  return {
    x: (x0 + x1) / 2,
    y: y + FLOOR_Y,
    z: (z0 + z1) / 2,
    halfX: (x1 - x0) / 2 + outset,
    halfZ: (z1 - z0) / 2 + outset,
  };
}

/** A ring after the health of each machine that is listened to, and a frame around the selected asset.
 *  @param metresPerPixel where the selected asset stands */
export function healthMarks(
  layout: ExpandedLayout,
  indexOf: ReadonlyMap<string, number>,
  { plant, selection, palette }: Pick<View, "plant" | "selection"> & { readonly palette: Palette },
  metresPerPixel: (asset: number) => number,
): readonly Mark[] {
  const colours = SCENE_COLOURS[palette];
  const marks: Mark[] = [];
  for (const { id, health } of plant.machines.values()) {
    const a = indexOf.get(id);
    const look = LOOKS[health.state];
    if (a === undefined || look.ring === "none") continue;
    const stand = standOf(layout, a, RING_GAP);
    marks.push({ ...stand, triangles: ringTriangles(look.ring, stand), colour: colours[look.tone] });
  }
  const selected = indexOf.get(selection.asset ?? "");
  if (selected !== undefined) {
    const stand = standOf(layout, selected, FRAME_GAP);
    const width = Math.max(0.1, FRAME_PX * metresPerPixel(selected));
    marks.push({
      ...stand,
      y: stand.y + FLOOR_Y,
      triangles: frameTriangles(stand, width),
      colour: colours.selected,
    });
  }
  return marks;
}
