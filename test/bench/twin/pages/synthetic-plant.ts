import type { LayoutPart, PlantLayout, TemplatePoint } from "@stethos/edge-agent/core";

const POINTS_EACH = 50;
const PITCH = 6;
const AREAS_ACROSS = 4;

const pump: readonly LayoutPart[] = [
  { shape: "box", at: [0, 0.1, 0], size: [3.6, 0.2, 1.6], grey: 0.35 },
  { shape: "along-x", at: [-0.9, 0.8, 0], size: [1.3, 1, 1], grey: 0.62 },
  { shape: "along-x", at: [1, 0.8, 0], size: [0.5, 1.3, 1.3], grey: 0.68 },
];
const tank: readonly LayoutPart[] = [
  { shape: "upright", at: [0, 1.7, 0], size: [2.6, 3.4, 2.6], grey: 0.66 },
  { shape: "upright", at: [0, 3.5, 0], size: [1, 0.3, 1], grey: 0.5 },
];

const around = (height: number, radius: number): readonly TemplatePoint[] =>
  Array.from({ length: POINTS_EACH }, (_, i) => {
    const turn = (i * 2 * Math.PI) / POINTS_EACH;
    return {
      name: `p${i}`,
      at: [Math.cos(turn) * radius, 0.3 + (height * (i % 10)) / 10, Math.sin(turn) * radius] as const,
      kind: i % 2 === 0 ? "temperature" : "pressure",
    };
  });

/** A plant of so many points on rows of pumps and tanks, in areas side by side. */
export function syntheticPlant(points: number): PlantLayout {
  const count = Math.max(1, Math.round(points / POINTS_EACH));
  const areaCount = Math.max(1, Math.min(16, Math.round(count / 16)));
  const each = Math.ceil(count / areaCount);
  const across = Math.max(1, Math.ceil(Math.sqrt(each * 1.6)));
  const width = across * PITCH + 4;
  const depth = Math.ceil(each / across) * PITCH + 4;
  const corner = (i: number): readonly [number, number] => [
    (i % AREAS_ACROSS) * (width + 4),
    Math.floor(i / AREAS_ACROSS) * (depth + 4),
  ];
  return {
    version: "plant-layout/v1",
    site: "works",
    kinds: [
      { id: "temperature", name: "Temperature", unit: "Cel", low: 0, high: 120 },
      { id: "pressure", name: "Pressure", unit: "bar", low: 0, high: 16 },
    ],
    areas: Array.from({ length: areaCount }, (_, i) => {
      const [x, z] = corner(i);
      return { id: `a${i}`, name: `Area ${i + 1}`, minX: x, maxX: x + width, minZ: z, maxZ: z + depth };
    }),
    templates: [
      { id: "pump", size: [3.6, 1.5, 1.6], parts: pump, points: around(1.2, 1.9) },
      { id: "tank", size: [2.6, 3.6, 2.6], parts: tank, points: around(3.2, 1.4) },
    ],
    assets: Array.from({ length: count }, (_, i) => {
      const area = Math.floor(i / each);
      const [x, z] = corner(area);
      const place = i % each;
      return {
        id: `works/a${area}/line/cell/m${i}`,
        name: `Machine ${i}`,
        code: `10LAC${i}AP001`,
        area: `a${area}`,
        template: i % 3 === 2 ? "tank" : "pump",
        at: [x + 5 + (place % across) * PITCH, z + 5 + Math.floor(place / across) * PITCH] as const,
        turn: (i % 4) * 90,
      };
    }),
  };
}
