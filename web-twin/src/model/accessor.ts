import type { Gltf, GltfAccessor } from "./gltf.ts";
import { ModelError } from "./model-error.ts";

// glTF 2.0, section 3.6.2: component types with their bytes, and how many components a type has.
const COMPONENTS: Readonly<Record<string, number>> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 };
const BYTES: Readonly<Record<number, number>> = { 5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4 };

const read = (view: DataView, at: number, type: number): number => {
  switch (type) {
    case 5120:
      return view.getInt8(at);
    case 5121:
      return view.getUint8(at);
    case 5122:
      return view.getInt16(at, true);
    case 5123:
      return view.getUint16(at, true);
    case 5125:
      return view.getUint32(at, true);
    default:
      return view.getFloat32(at, true);
  }
};

/** Section 3.6.2.3: integers that stand for -1..1 or 0..1. */
const SHARES: Readonly<Record<number, number>> = { 5120: 127, 5121: 255, 5122: 32_767, 5123: 65_535 };

function placeOf(gltf: Gltf, accessor: GltfAccessor, binary: Uint8Array, what: string) {
  const components = COMPONENTS[accessor.type];
  const bytes = BYTES[accessor.componentType];
  if (components === undefined || bytes === undefined)
    throw new ModelError(
      `${what} is of a kind that cannot be read (${accessor.type} ${accessor.componentType})`,
    );
  if (accessor.sparse !== undefined)
    throw new ModelError(`${what} is sparse; export it without morph targets`);
  const view = gltf.bufferViews?.[accessor.bufferView ?? -1];
  if (view === undefined) throw new ModelError(`${what} has no data`);
  const stride = view.byteStride ?? components * bytes;
  const start = (view.byteOffset ?? 0) + (accessor.byteOffset ?? 0);
  const end = accessor.count === 0 ? start : start + (accessor.count - 1) * stride + components * bytes;
  const viewEnd = (view.byteOffset ?? 0) + view.byteLength;
  if (stride < components * bytes || end > viewEnd || viewEnd > binary.byteLength)
    throw new ModelError(`${what} reaches beyond the file's data`);
  return { components, bytes, stride, start };
}

/** Numbers of an accessor, one after the other.
 *  @param components how many each element must have
 *  @param most elements it may have
 *  @param what for error messages
 *  @throws ModelError */
export function readAccessor(
  gltf: Gltf,
  binary: Uint8Array,
  index: number,
  { components, most, what }: { readonly components: number; readonly most: number; readonly what: string },
): Float64Array {
  const accessor = gltf.accessors?.[index];
  if (accessor === undefined) throw new ModelError(`${what} is missing`);
  if (accessor.count > most)
    throw new ModelError(
      `has ${accessor.count.toLocaleString("en")} ${what}; at most ${most.toLocaleString("en")}`,
    );
  const place = placeOf(gltf, accessor, binary, what);
  if (place.components !== components) throw new ModelError(`${what} is ${accessor.type}`);
  const view = new DataView(binary.buffer, binary.byteOffset, binary.byteLength);
  const share = accessor.normalized === true ? (SHARES[accessor.componentType] ?? 1) : 1;
  const values = new Float64Array(accessor.count * components);
  for (let i = 0; i < accessor.count; i += 1) {
    for (let k = 0; k < components; k += 1) {
      const value = read(view, place.start + i * place.stride + k * place.bytes, accessor.componentType);
      if (!Number.isFinite(value)) throw new ModelError(`${what} holds what is not a number`);
      values[i * components + k] = Math.max(value / share, share === 1 ? Number.NEGATIVE_INFINITY : -1);
    }
  }
  return values;
}
