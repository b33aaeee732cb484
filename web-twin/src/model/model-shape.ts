import type { Shape } from "../scene/merge.ts";
import { readAccessor } from "./accessor.ts";
import { type Glb, readGlb } from "./glb.ts";
import { type Gltf, type GltfPrimitive, readGltf } from "./gltf.ts";
import { ModelError } from "./model-error.ts";
import {
  cofactorsOf,
  cross,
  determinantOf,
  IDENTITY,
  type Matrix,
  matrixOf,
  minus,
  placed,
  times,
  unit,
  type Vector,
} from "./transform.ts";

/** What one template's model may have; README.md tells its author. */
export const MODEL_LIMITS = {
  bytes: 8_000_000,
  corners: 20_000,
  triangles: 40_000,
  nodes: 5_000,
  /** Nodes within nodes. */
  depth: 64,
} as const;

/** So much a model may reach beyond its template's size: of the size, and metres. */
const SLACK = { share: 0.1, metres: 0.1 };
/** Brightness of what has no colour, and between which all is kept: nothing abnormal may look like a machine. */
const GREY = { plain: 0.62, least: 0.25, most: 0.85 } as const;
const TRIANGLES = 4;
const STRIP = 5;
const FAN = 6;

interface Made {
  readonly position: number[];
  readonly normal: number[];
  readonly grey: number[];
  readonly index: number[];
}

/** Relative luminance of a linear colour (ITU-R BT.709), as bright as it looks. */
function greyOf(gltf: Gltf, material: number | undefined): number {
  const { pbrMetallicRoughness: look } = gltf.materials?.[material ?? -1] ?? {};
  const colour = look?.baseColorFactor;
  if (colour === undefined || look?.baseColorTexture !== undefined) return GREY.plain;
  const [r = 0, g = 0, b = 0] = colour;
  const seen = Math.max(0, 0.2126 * r + 0.7152 * g + 0.0722 * b) ** (1 / 2.2);
  return Math.min(GREY.most, Math.max(GREY.least, seen));
}

/** Corners of triangles, three by three. */
function trianglesOf(mode: number, order: readonly number[] | Float64Array): readonly number[] {
  if (mode === TRIANGLES) return [...order].slice(0, order.length - (order.length % 3));
  const found: number[] = [];
  for (let i = 2; i < order.length; i += 1) {
    const [a, b, c] = [order[i - 2] ?? 0, order[i - 1] ?? 0, order[i] ?? 0];
    if (mode === FAN) found.push(order[0] ?? 0, b, c);
    else if (i % 2 === 0) found.push(a, b, c);
    else found.push(b, a, c);
  }
  return found;
}

const vectorAt = (values: ArrayLike<number>, i: number): Vector => [
  values[3 * i] ?? 0,
  values[3 * i + 1] ?? 0,
  values[3 * i + 2] ?? 0,
];

/** Where a file has no normals faces are flat: each triangle gets corners of its own. */
function addFlat(into: Made, corners: readonly Vector[], order: readonly number[], grey: number): void {
  for (let i = 0; i < order.length; i += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => corners[order[i + k] ?? 0] ?? ([0, 0, 0] as const));
    if (a === undefined || b === undefined || c === undefined) continue;
    const normal = unit(cross(minus(b, a), minus(c, a)));
    for (const corner of [a, b, c]) {
      into.index.push(into.grey.length);
      into.position.push(...corner);
      into.normal.push(...normal);
      into.grey.push(grey);
    }
  }
}

function addSmooth(
  into: Made,
  corners: readonly Vector[],
  normals: readonly Vector[],
  order: readonly number[],
  grey: number,
): void {
  const first = into.grey.length;
  corners.forEach((corner, i) => {
    into.position.push(...corner);
    into.normal.push(...(normals[i] ?? [0, 1, 0]));
    into.grey.push(grey);
  });
  for (const i of order) into.index.push(first + i);
}

/** From each corner of a triangle to the one that takes its place when it is turned over. */
const TURNED = [0, 1, -1];

/** Against the clock as seen from outside, from both sides where the material asks for it. */
function facing(order: readonly number[], isMirrored: boolean, isDouble: boolean): readonly number[] {
  const turned = order.map((_, i) => order[i + (TURNED[i % 3] ?? 0)] ?? 0);
  const front = isMirrored ? turned : order;
  return isDouble ? [...front, ...(isMirrored ? order : turned)] : front;
}

function checkCounts({ grey, index }: Made): void {
  const tell = (what: string, has: number, most: number): void => {
    if (has > most)
      throw new ModelError(`has ${has.toLocaleString("en")} ${what}; at most ${most.toLocaleString("en")}`);
  };
  tell("corners", grey.length, MODEL_LIMITS.corners);
  tell("triangles", index.length / 3, MODEL_LIMITS.triangles);
}

function addPrimitive(
  into: Made,
  { json: gltf, binary }: ReadGlb,
  primitive: GltfPrimitive,
  at: Matrix,
): void {
  const { attributes, mode = TRIANGLES } = primitive;
  // Points and lines have no surface.
  if (mode !== TRIANGLES && mode !== STRIP && mode !== FAN) return;
  const { POSITION, NORMAL } = attributes;
  if (POSITION === undefined) return;
  const most = MODEL_LIMITS.corners;
  const position = readAccessor(gltf, binary, POSITION, { components: 3, most, what: "corners (POSITION)" });
  const count = position.length / 3;
  const named =
    primitive.indices === undefined
      ? Array.from({ length: count }, (_, i) => i)
      : readAccessor(gltf, binary, primitive.indices, {
          components: 1,
          most: 3 * MODEL_LIMITS.triangles,
          what: "indices",
        });
  if (named.some((i) => i >= count || i < 0)) throw new ModelError("has an index beyond its corners");
  const isDouble = gltf.materials?.[primitive.material ?? -1]?.doubleSided === true;
  const order = facing(trianglesOf(mode, named), determinantOf(at) < 0, isDouble);
  const corners = Array.from({ length: count }, (_, i) => placed(at, vectorAt(position, i)));
  const grey = greyOf(gltf, primitive.material);
  if (NORMAL === undefined) {
    addFlat(into, corners, order, grey);
  } else {
    const normal = readAccessor(gltf, binary, NORMAL, { components: 3, most, what: "normals (NORMAL)" });
    const turn = cofactorsOf(at);
    const sign = Math.sign(determinantOf(at));
    const normals = corners.map((_, i) => {
      const [x, y, z] = unit(placed(turn, vectorAt(normal, i)));
      return [sign * x, sign * y, sign * z] as const;
    });
    addSmooth(into, corners, normals, order, grey);
  }
  checkCounts(into);
}

interface ReadGlb {
  readonly json: Gltf;
  readonly binary: Uint8Array;
}

function addNodes(into: Made, glb: ReadGlb): void {
  const { nodes = [], scenes = [], scene = 0, meshes = [] } = glb.json;
  let visited = 0;
  const visit = (index: number, above: Matrix, depth: number): void => {
    const node = nodes[index];
    const primitives = meshes[node?.mesh ?? -1]?.primitives ?? [];
    visited += 1 + primitives.length;
    if (node === undefined) throw new ModelError(`names a node ${index} that it does not have`);
    if (visited > MODEL_LIMITS.nodes || depth > MODEL_LIMITS.depth)
      throw new ModelError(
        `has too many nodes and meshes: at most ${MODEL_LIMITS.nodes}, ${MODEL_LIMITS.depth} deep`,
      );
    const at = times(above, matrixOf(node));
    for (const primitive of primitives) addPrimitive(into, glb, primitive, at);
    for (const child of node.children ?? []) visit(child, at, depth + 1);
  };
  for (const root of scenes[scene]?.nodes ?? []) visit(root, IDENTITY, 0);
}

const rounded = (metres: number): string => metres.toPrecision(3);

/** What is picked, framed and aimed at is the template's box: a model has to stand in it. */
function checkSize(position: Float32Array, size: Vector): void {
  const least = [-size[0] / 2, 0, -size[2] / 2];
  for (let axis = 0; axis < 3; axis += 1) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = axis; i < position.length; i += 3) {
      low = Math.min(low, position[i] ?? 0);
      high = Math.max(high, position[i] ?? 0);
    }
    const from = least[axis] ?? 0;
    const to = from + (size[axis] ?? 0);
    const slack = SLACK.metres + SLACK.share * (to - from);
    if (low >= from - slack && high <= to + slack) continue;
    const name = ["x", "y", "z"][axis] ?? "";
    throw new ModelError(
      `reaches from ${rounded(low)} to ${rounded(high)} m along ${name}, its template from ${rounded(from)} to ${rounded(to)} m; glTF is in metres, y upwards`,
    );
  }
}

/** Reads the shape of a glTF binary: positions, normals and brightness of all its meshes, in one. Textures, animations,
 *  skins, cameras and lights are left out.
 *  @param size of the template, metres: width, height, depth
 *  @throws ModelError that tells the author what to change */
export function modelShape(bytes: Uint8Array, size: Vector): Shape {
  if (bytes.byteLength > MODEL_LIMITS.bytes) throw tooLarge(bytes.byteLength);
  const { json, binary }: Glb = readGlb(bytes);
  const made: Made = { position: [], normal: [], grey: [], index: [] };
  addNodes(made, { json: readGltf(json), binary });
  if (made.index.length === 0) throw new ModelError("has no triangles in its scene");
  const shape = {
    position: Float32Array.from(made.position),
    normal: Float32Array.from(made.normal),
    grey: Float32Array.from(made.grey),
    index: Uint32Array.from(made.index),
  };
  checkSize(shape.position, size);
  return shape;
}

export const tooLarge = (bytes: number): ModelError =>
  new ModelError(`has ${(bytes / 1e6).toFixed(1)} MB; at most ${MODEL_LIMITS.bytes / 1e6} MB`);
