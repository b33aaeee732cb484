import type { PlantLayout } from "../../edge-agent/src/core/layout/plant-layout.ts";
import { type Cast, cast, machineId, SITE } from "./scripted-plant.ts";

const AREA_SIZE = 18;
const STEP = 6;

/** The scripted plant on its floor: each machine with the points of scripted-plant's tags and its sensor. */
export function scriptedLayout(members: readonly Cast[] = cast): PlantLayout {
  const areas = [...new Set(members.map(({ area }) => area))];
  return {
    version: "plant-layout/v1",
    site: SITE,
    timeZone: "Asia/Shanghai",
    kinds: [
      { id: "anomaly", unit: "1", low: 0, high: 1 },
      { id: "temperature", unit: "Cel", low: 0, high: 150 },
      { id: "current", unit: "A", low: 0, high: 200 },
      { id: "frequency", unit: "Hz", low: 0, high: 100 },
      { id: "number", unit: "1", low: 0, high: 100 },
    ],
    areas: areas.map((name, i) => ({
      id: `${SITE}/${name}`,
      name,
      minX: i * (AREA_SIZE + 2),
      maxX: i * (AREA_SIZE + 2) + AREA_SIZE,
      minZ: 0,
      maxZ: AREA_SIZE,
    })),
    templates: [
      {
        id: "machine",
        size: [3.7, 2, 1.6],
        parts: [
          { shape: "box", at: [0, 0.08, 0], size: [3.7, 0.16, 1.6], grey: 0.3 },
          { shape: "along-x", at: [-0.9, 0.8, 0], size: [1.3, 0.9, 0.9], grey: 0.6 },
          { shape: "along-x", at: [0.9, 0.9, 0], size: [0.8, 1.3, 1.3], grey: 0.65 },
        ],
        points: [
          { name: "vibration", at: [-0.4, 1.3, 0], kind: "anomaly" },
          { name: "temperature", at: [-0.9, 1, 0.5], kind: "temperature" },
          { name: "current", at: [-0.9, 1.4, 0], kind: "current" },
          { name: "speed", at: [0.1, 1, 0], kind: "frequency" },
          { name: "running", at: [0.9, 1.7, 0], kind: "number" },
        ],
      },
    ],
    assets: members.map((member, i) => {
      const area = areas.indexOf(member.area);
      const place = members.slice(0, i).filter((other) => other.area === member.area).length;
      return {
        id: machineId(member),
        name: member.name,
        code: `10LAC${String(i + 1).padStart(2, "0")}AP001`,
        area: `${SITE}/${member.area}`,
        template: "machine",
        at: [
          area * (AREA_SIZE + 2) + 5 + (place % 2) * STEP * 1.3,
          4 + Math.floor(place / 2) * STEP,
        ] as const,
      };
    }),
  };
}
