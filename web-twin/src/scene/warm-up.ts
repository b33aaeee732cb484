import { expandLayout } from "@stethos/edge-agent/core";
import type { SceneCamera } from "./camera.ts";
import { drawPlant } from "./drawn-plant.ts";
import type { Materials } from "./materials.ts";
import type { Layers, Stage } from "./stage.ts";

/** Draws one of everything where nobody sees it: the shaders are compiled while the layout is still on its way. */
export function warmUp(stage: Stage, layers: Layers, materials: Materials, camera: SceneCamera): void {
  const layout = expandLayout({
    version: "plant-layout/v1",
    site: "none",
    kinds: [{ id: "k", unit: "1", low: 0, high: 1 }],
    areas: [{ id: "a", name: "", minX: 0, maxX: 1, minZ: 0, maxZ: 1 }],
    templates: [{ id: "t", size: [1, 1, 1], parts: [], points: [{ name: "p", at: [0, 0, 0], kind: "k" }] }],
    assets: [{ id: "none/t", area: "a", template: "t", at: [0, 0] }],
  });
  const view = {
    layout,
    value: new Uint16Array(1),
    state: new Uint8Array(1),
    rollUp: new Uint8Array(1),
    timeMs: undefined,
    isStale: false,
  };
  const plant = drawPlant(view, layers, materials, {
    lens: camera.lens,
    isSoftware: stage.isSoftware,
    models: { shapeOf: () => undefined },
  });
  stage.setLens(camera.lens());
  plant.points.choose(camera.lens(), { budget: 1, isEvery: true }, 1);
  plant.points.gather();
  stage.warm(layers);
  plant.dispose();
}
