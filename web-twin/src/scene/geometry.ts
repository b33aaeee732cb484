import { BoxGeometry, BufferAttribute, BufferGeometry, CylinderGeometry } from "three";
import type { AreaSlab } from "./layout.ts";
import type { Part } from "./parts.ts";
import type { FloorTriangles } from "./ring.ts";

const SIDES = 20;
/** The greys are meant as the eye sees them; the renderer reckons with light. */
const GAMMA = 2.2;

function primitive(part: Part): BufferGeometry {
  const [a, b, c] = part.size;
  if (part.shape === "box") return new BoxGeometry(a, b, c);
  const cylinder = new CylinderGeometry(a, a, b, SIDES);
  return part.shape === "along-x" ? cylinder.rotateZ(Math.PI / 2) : cylinder;
}

/** All parts as one geometry with the greys as vertex colours: one draw call for all machines of a kind. */
export function mergedParts(parts: readonly Part[]): BufferGeometry {
  const pieces = parts.map((part) => {
    const shape = primitive(part);
    const flat = shape.toNonIndexed().translate(...part.at);
    shape.dispose();
    return { grey: part.grey, flat };
  });
  const columns = (name: "position" | "normal"): Float32Array =>
    Float32Array.from(pieces.flatMap(({ flat }) => Array.from(flat.getAttribute(name).array)));
  const colours = pieces.flatMap(({ flat, grey }) =>
    new Array<number>(flat.getAttribute("position").count * 3).fill(grey ** GAMMA),
  );
  for (const { flat } of pieces) flat.dispose();
  return new BufferGeometry()
    .setAttribute("position", new BufferAttribute(columns("position"), 3))
    .setAttribute("normal", new BufferAttribute(columns("normal"), 3))
    .setAttribute("color", new BufferAttribute(Float32Array.from(colours), 3));
}

/** Triangles on the floor, lifted a little so that they do not flicker through it. */
export function floorGeometry(triangles: FloorTriangles, height: number): BufferGeometry {
  const positions = Float32Array.from({ length: (triangles.length / 2) * 3 }, (_, i) => {
    const corner = Math.floor(i / 3) * 2;
    if (i % 3 === 1) return height;
    return triangles[i % 3 === 0 ? corner : corner + 1] ?? 0;
  });
  return new BufferGeometry().setAttribute("position", new BufferAttribute(positions, 3));
}

const slabPart = (area: AreaSlab, outset: number, top: number, grey: number): Part => ({
  shape: "box",
  size: [area.maxX - area.minX + 2 * outset, 0.12, area.maxZ - area.minZ + 2 * outset],
  at: [(area.minX + area.maxX) / 2, top - 0.06, (area.minZ + area.maxZ) / 2],
  grey,
});

/** The floors of the areas, each with a kerb. */
export const areaGeometry = (areas: readonly AreaSlab[]): BufferGeometry =>
  mergedParts(areas.flatMap((area) => [slabPart(area, 0.1, -0.03, 0.3), slabPart(area, 0, 0, 0.2)]));
