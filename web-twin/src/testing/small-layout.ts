import { type ExpandedLayout, expandLayout, type PlantLayout } from "@stethos/edge-agent/core";

/** Pumps with three points each. */
export function makeLayout(
  assets = 4,
  points: readonly string[] = ["flow", "pressure", "level"],
): PlantLayout {
  return {
    version: "plant-layout/v1",
    site: "S",
    kinds: [{ id: "share", unit: "%", low: 0, high: 65_534 }],
    areas: [{ id: "S/A", name: "A", minX: 0, maxX: 40, minZ: 0, maxZ: 40 }],
    templates: [
      {
        id: "pump",
        size: [2, 2, 2],
        parts: [{ shape: "box", at: [0, 1, 0], size: [2, 2, 2], grey: 0.5 }],
        points: points.map((name, i) => ({ name, at: [0, i, 0] as const, kind: "share" })),
      },
    ],
    assets: Array.from({ length: assets }, (_, i) => ({
      id: `S/A/pump-${i + 1}`,
      area: "S/A",
      template: "pump",
      at: [4 * i, 4] as const,
    })),
  };
}

export const smallLayout = (assets?: number): ExpandedLayout => expandLayout(makeLayout(assets));
