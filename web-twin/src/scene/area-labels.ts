import type { LayoutArea } from "@stethos/edge-agent/core";
import { element } from "../dom/element.ts";

/** The areas' names at their far left corners, where no machine's label hangs. */
export interface AreaLabels {
  show(areas: readonly LayoutArea[]): void;
  place(project: (x: number, y: number, z: number) => { x: number; y: number } | undefined): void;
  dispose(): void;
}

const LEAST_PX = 70;

export function createAreaLabels(host: HTMLElement): AreaLabels {
  const layer = element("div", { class: "labels", "aria-hidden": "true" });
  host.append(layer);
  let shown: readonly { readonly area: LayoutArea; readonly node: HTMLElement }[] = [];
  return {
    show(areas) {
      shown = areas.map((area) => ({ area, node: element("div", { class: "area-label" }, area.name) }));
      layer.replaceChildren(...shown.map(({ node }) => node));
    },
    place(project) {
      for (const { area, node } of shown) {
        const at = project(area.minX, 0, area.minZ);
        const end = project(area.maxX, 0, area.minZ);
        // A name over a floor smaller than itself would cover the next one's.
        node.hidden = at === undefined || end === undefined || Math.abs(end.x - at.x) < LEAST_PX;
        if (at !== undefined)
          node.style.transform = `translate(${Math.round(at.x)}px, ${Math.round(at.y)}px) translate(0, -100%)`;
      }
    },
    dispose() {
      layer.remove();
    },
  };
}
