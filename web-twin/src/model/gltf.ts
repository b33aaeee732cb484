import {
  count,
  flag,
  list,
  Mismatch,
  number,
  object,
  optional,
  record,
  type Shape,
  text,
} from "../stream/shape.ts";
import { ModelError } from "./model-error.ts";

const numbers = list(number);

const gltfShape = object({
  extensionsRequired: optional(list(text)),
  scene: optional(count),
  scenes: optional(list(object({ nodes: optional(list(count)) }))),
  nodes: optional(
    list(
      object({
        mesh: optional(count),
        children: optional(list(count)),
        matrix: optional(numbers),
        translation: optional(numbers),
        rotation: optional(numbers),
        scale: optional(numbers),
      }),
    ),
  ),
  meshes: optional(
    list(
      object({
        primitives: list(
          object({
            attributes: record(count),
            indices: optional(count),
            material: optional(count),
            mode: optional(count),
          }),
        ),
      }),
    ),
  ),
  materials: optional(
    list(
      object({
        doubleSided: optional(flag),
        pbrMetallicRoughness: optional(
          object({ baseColorFactor: optional(numbers), baseColorTexture: optional(object({})) }),
        ),
      }),
    ),
  ),
  accessors: optional(
    list(
      object({
        bufferView: optional(count),
        byteOffset: optional(count),
        componentType: count,
        normalized: optional(flag),
        count,
        type: text,
        sparse: optional(object({})),
      }),
    ),
  ),
  bufferViews: optional(
    list(
      object({
        buffer: count,
        byteOffset: optional(count),
        byteLength: count,
        byteStride: optional(count),
      }),
    ),
  ),
  buffers: optional(list(object({ uri: optional(text), byteLength: count }))),
});

type ShapeOf<S> = S extends Shape<infer T> ? T : never;

/** What of a glTF file a plant in greys needs: shapes, where they stand, and how bright they are. */
export type Gltf = ShapeOf<typeof gltfShape>;
export type GltfNode = NonNullable<Gltf["nodes"]>[number];
export type GltfPrimitive = NonNullable<Gltf["meshes"]>[number]["primitives"][number];
export type GltfAccessor = NonNullable<Gltf["accessors"]>[number];

/** Required extensions that change nothing of what is drawn here: how surfaces shine, and smaller numbers. */
const HARMLESS = /^(KHR_mesh_quantization|KHR_materials_\w+|KHR_texture_\w+|EXT_texture_\w+)$/;

/** @throws ModelError where it is not glTF, or needs what cannot be read here */
export function readGltf(json: unknown): Gltf {
  let gltf: Gltf;
  try {
    gltf = gltfShape(json, "glTF", []);
  } catch (error) {
    if (error instanceof Mismatch) throw new ModelError(error.message, { cause: error });
    throw error;
  }
  const unknown = gltf.extensionsRequired?.filter((name) => !HARMLESS.test(name)) ?? [];
  if (unknown.length > 0) throw new ModelError(`needs ${unknown.join(", ")}; export it without compression`);
  const [first, ...others] = gltf.buffers ?? [];
  if (others.length > 0 || first?.uri !== undefined)
    throw new ModelError("refers to other files; export everything into one .glb");
  return gltf;
}
