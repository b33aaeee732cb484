import { element } from "../dom/element.ts";
import type { AreaSlab } from "./layout.ts";

/** The areas' names at their far left corners, where no machine's label hangs. */
export interface AreaLabels {
  show(areas: readonly AreaSlab[]): void;
  place(project: (x: number, y: number, z: number) => { x: number; y: number } | undefined): void;
}

export function createAreaLabels(host: HTMLElement): AreaLabels {
  const layer = element("div", { class: "labels", "aria-hidden": "true" });
  host.append(layer);
  let shown: readonly { readonly area: AreaSlab; readonly node: HTMLElement }[] = [];
  return {
    show(areas) {
      shown = areas.map((area) => ({ area, node: element("div", { class: "area-label" }, area.name) }));
      layer.replaceChildren(...shown.map(({ node }) => node));
    },
    place(project) {
      for (const { area, node } of shown) {
        const at = project(area.minX, 0, area.minZ);
        node.hidden = at === undefined;
        if (at !== undefined) node.style.transform = `translate(${at.x}px, ${at.y}px) translate(0, -100%)`;
      }
    },
  };
}
