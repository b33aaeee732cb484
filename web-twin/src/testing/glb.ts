import { cylinder, type Solid } from "./solids.ts";

export interface ModelNode {
  readonly solid?: Solid;
  /** Linear, 0..1. */
  readonly brightness?: number;
  readonly doubleSided?: boolean;
  readonly translation?: readonly number[];
  readonly rotation?: readonly number[];
  readonly scale?: readonly number[];
  readonly matrix?: readonly number[];
  readonly children?: readonly ModelNode[];
}

const HEADER_BYTES = 12;
const align = (bytes: number): number => (bytes + 3) & ~3;

/** Both chunks as a glTF binary of version 2. */
export function glb(json: unknown, binary = new Uint8Array()): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(json));
  const first = align(text.byteLength);
  const second = align(binary.byteLength);
  const bytes = new Uint8Array(HEADER_BYTES + 8 + first + (second === 0 ? 0 : 8 + second));
  const view = new DataView(bytes.buffer);
  const words = (at: number, ...values: readonly number[]): void =>
    values.forEach((value, i) => {
      view.setUint32(at + 4 * i, value, true);
    });
  words(0, 0x46546c67, 2, bytes.byteLength);
  words(HEADER_BYTES, first, 0x4e4f534a);
  bytes.fill(0x20, HEADER_BYTES + 8, HEADER_BYTES + 8 + first);
  bytes.set(text, HEADER_BYTES + 8);
  if (second > 0) {
    words(HEADER_BYTES + 8 + first, second, 0x004e4942);
    bytes.set(binary, HEADER_BYTES + 16 + first);
  }
  return bytes;
}

/** A whole model of nodes with their surfaces, as an exporter writes it. */
export function modelFile(roots: readonly ModelNode[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const bufferViews: object[] = [];
  const accessors: object[] = [];
  const meshes: object[] = [];
  const materials: object[] = [];
  const nodes: object[] = [];
  const store = (
    data: Float32Array | Uint16Array,
    type: string,
    componentType: number,
    count: number,
  ): number => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const padded = new Uint8Array(align(bytes.byteLength));
    padded.set(bytes);
    bufferViews.push({ buffer: 0, byteOffset: length, byteLength: bytes.byteLength });
    parts.push(padded);
    length += padded.byteLength;
    const bounds = type === "VEC3" ? boundsOf(data) : {};
    accessors.push({ bufferView: bufferViews.length - 1, componentType, count, type, ...bounds });
    return accessors.length - 1;
  };
  const addMesh = ({ position, normal, index }: Solid, brightness = 0.4, doubleSided = false): number => {
    const count = position.length / 3;
    const attributes = {
      POSITION: store(Float32Array.from(position), "VEC3", 5126, count),
      ...(normal === undefined ? {} : { NORMAL: store(Float32Array.from(normal), "VEC3", 5126, count) }),
    };
    const indices =
      index === undefined ? {} : { indices: store(Uint16Array.from(index), "SCALAR", 5123, index.length) };
    materials.push({
      doubleSided,
      pbrMetallicRoughness: { baseColorFactor: [brightness, brightness, brightness, 1] },
    });
    meshes.push({ primitives: [{ attributes, ...indices, material: materials.length - 1 }] });
    return meshes.length - 1;
  };
  const addNode = ({ solid, brightness, doubleSided, children = [], ...place }: ModelNode): number => {
    const below = children.map(addNode);
    const mesh = solid === undefined ? {} : { mesh: addMesh(solid, brightness, doubleSided) };
    nodes.push({ ...place, ...mesh, ...(below.length === 0 ? {} : { children: below }) });
    return nodes.length - 1;
  };
  const scene = { nodes: roots.map(addNode) };
  const binary = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    binary.set(part, at);
    at += part.byteLength;
  }
  const asset = { version: "2.0" };
  const buffers = [{ byteLength: length }];
  return glb(
    { asset, scene: 0, scenes: [scene], nodes, meshes, materials, accessors, bufferViews, buffers },
    binary,
  );
}

function boundsOf(data: ArrayLike<number>): { readonly min: number[]; readonly max: number[] } {
  const axis = (k: number): number[] => Array.from(data).filter((_, i) => i % 3 === k);
  return {
    min: [0, 1, 2].map((k) => Math.min(...axis(k))),
    max: [0, 1, 2].map((k) => Math.max(...axis(k))),
  };
}

const QUARTER = Math.SQRT1_2;

/** A pump with its motor, 3.7 x 2 x 1.6 m: cylinders that lie, a flange that stands, a frame brighter than all parts. */
export const pumpModel = (): Uint8Array<ArrayBuffer> =>
  modelFile([
    {
      children: [
        // The frame.
        {
          solid: cylinder(4),
          brightness: 0.8,
          translation: [0, 0.15, 0],
          scale: [3.6 * QUARTER, 0.3, 1.5 * QUARTER],
        },
        // Turned about z by a right angle: what stood lies along x.
        {
          translation: [-0.9, 0.9, 0],
          rotation: [0, 0, QUARTER, QUARTER],
          children: [
            { solid: cylinder(32), brightness: 0.25, scale: [0.55, 1.5, 0.55] },
            { solid: cylinder(32), brightness: 0.45, translation: [0, -1.05, 0], scale: [0.2, 0.8, 0.2] },
          ],
        },
        {
          solid: cylinder(40),
          brightness: 0.7,
          translation: [0.95, 0.95, 0],
          rotation: [QUARTER, 0, 0, QUARTER],
          scale: [0.75, 0.6, 0.75],
        },
        { solid: cylinder(24), brightness: 0.7, translation: [0.95, 1.7, 0], scale: [0.3, 0.5, 0.3] },
      ],
    },
  ]);
