import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distanceOf, fitCamera, type Lens } from "./fit.ts";
import { type Bounds, bestLayout, layOut } from "./layout.ts";

const machine = (area: string, line: string, asset: string) => ({
  id: `S/${area}/${line}/C/${asset}`,
  path: { site: "S", area, line, cell: "C", asset },
});
const plant = [
  machine("Boilers", "Water", "P1"),
  machine("Boilers", "Water", "P2"),
  machine("Boilers", "Air", "F1"),
  machine("Mixing", "Batch", "G1"),
];
const lens: Lens = { fovDeg: 32, aspect: 1.5, azimuthDeg: 16, elevationDeg: 46 };
const stand = (areas: readonly Bounds[]) => distanceOf(fitCamera(areas, lens));

describe("the layout", () => {
  it("gives each line a row of its area and each area a slab", () => {
    const { machines, areas } = layOut(plant, { areasInRow: 1, linesInRow: 1 });
    expect(machines.map(({ x, z }) => [x, z])).toEqual([
      [2.6, 2.6],
      [8.6, 2.6],
      [2.6, 8.6],
      [2.6, 16.2],
    ]);
    expect(areas).toEqual([
      { name: "Boilers", minX: 0, maxX: 11.2, minZ: 0, maxZ: 11.2 },
      { name: "Mixing", minX: 0, maxX: 5.2, minZ: 13.6, maxZ: 18.8 },
    ]);
  });

  it("can put lines and areas side by side, with a gap between lines", () => {
    const { machines } = layOut(plant, { areasInRow: 2, linesInRow: 2 });
    expect(machines.map(({ x, z }) => [Math.round(x * 10) / 10, z])).toEqual([
      [2.6, 2.6],
      [8.6, 2.6],
      [15.8, 2.6],
      [23.4, 2.6],
    ]);
  });

  it("folds a line of more than eight", () => {
    const long = Array.from({ length: 9 }, (_, i) => machine("A", "L", `M${i}`));
    const { machines } = layOut(long, { areasInRow: 1, linesInRow: 1 });
    expect(machines.at(8)).toEqual({ id: "S/A/L/C/M8", x: 2.6, z: 8.6 });
  });

  it("keeps areas of the same name on two sites apart", () => {
    const twin = { id: "T/Boilers/L/C/P9", path: { ...machine("Boilers", "L", "P9").path, site: "T" } };
    expect(layOut([...plant, twin], { areasInRow: 1, linesInRow: 1 }).areas).toHaveLength(3);
  });

  it("has nothing to lay out where there is no machine", () => {
    expect(bestLayout([], stand)).toEqual({ machines: [], areas: [] });
  });

  it("places every machine on its own, at a distance, on an area", () => {
    const anyMachine = fc.tuple(fc.constantFrom("A", "B", "C"), fc.constantFrom("K", "L", "M"));
    fc.assert(
      fc.property(fc.array(anyMachine, { maxLength: 40 }), (places) => {
        const members = places.map(([area, line], i) => machine(area, line, `M${i}`));
        const { machines, areas } = bestLayout(members, stand);
        expect(new Set(machines.map(({ id }) => id)).size).toBe(members.length);
        for (const [i, a] of machines.entries()) {
          expect(areas.some((s) => a.x > s.minX && a.x < s.maxX && a.z > s.minZ && a.z < s.maxZ)).toBe(true);
          for (const b of machines.slice(i + 1)) {
            expect(Math.abs(a.x - b.x) >= 5.2 || Math.abs(a.z - b.z) >= 5.2).toBe(true);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("fitting the camera", () => {
  const areas = layOut(plant, { areasInRow: 2, linesInRow: 1 }).areas;

  it("sees every corner, and the plant reaches from edge to edge", () => {
    const { position, target } = fitCamera(areas, lens);
    const depthAxis = unit(sub(target, position));
    const right = unit(cross(depthAxis, { x: 0, y: 1, z: 0 }));
    const up = cross(right, depthAxis);
    const tan = Math.tan(((lens.fovDeg / 2) * Math.PI) / 180);
    const seen = areas.flatMap((area) =>
      [area.minX, area.maxX].flatMap((x) =>
        [0, 2.4].flatMap((y) =>
          [area.minZ, area.maxZ].map((z) => {
            const ray = sub({ x, y, z }, position);
            const depth = dot(ray, depthAxis);
            return {
              across: dot(ray, right) / depth / tan / lens.aspect,
              along: dot(ray, up) / depth / tan,
            };
          }),
        ),
      ),
    );
    const across = seen.map((point) => point.across);
    const along = seen.map((point) => point.along);
    const ends = [...across, ...along].map(Math.abs);
    expect(Math.max(...ends)).toBeCloseTo(1 / 1.04, 6);
    expect(Math.max(...across) + Math.min(...across)).toBeCloseTo(0, 6);
    expect(Math.abs(Math.max(...along) + Math.min(...along))).toBeLessThan(0.1);
  });

  it("turns about a point of the floor and stands farther off for a narrow picture", () => {
    const wide = fitCamera(areas, lens);
    const narrow = fitCamera(areas, { ...lens, aspect: 0.5 });
    expect(wide.target.y).toBe(0);
    expect(distanceOf(narrow)).toBeGreaterThan(distanceOf(wide));
  });
});

type Vector = { x: number; y: number; z: number };
const sub = (a: Vector, b: Vector): Vector => ({ x: a.x - b.x, y: a.y - b.y, z: a.z - b.z });
const dot = (a: Vector, b: Vector): number => a.x * b.x + a.y * b.y + a.z * b.z;
const cross = (a: Vector, b: Vector): Vector => ({
  x: a.y * b.z - a.z * b.y,
  y: a.z * b.x - a.x * b.z,
  z: a.x * b.y - a.y * b.x,
});
const unit = (a: Vector): Vector => {
  const length = Math.sqrt(dot(a, a));
  return { x: a.x / length, y: a.y / length, z: a.z / length };
};
