import type { DriftPolicy } from "./drift-policy.ts";
import type { DriftLayer } from "./drift-types.ts";
import { boundedAt, distanceOf, fitLayer, type LayerReference } from "./layer-reference.ts";
import { floorsOf } from "./observation.ts";

/** One layer of one regime: its reference while it is collected, then the block that is under test. Changed in place: every
 *  window of every sensor comes through here. */
export type LayerState =
  | {
      readonly kind: "learning";
      readonly size: number;
      /** `referenceWindows` x size values, row after row; the first `count` rows are filled. */
      readonly rows: Float32Array;
      count: number;
    }
  | {
      readonly kind: "learnt";
      readonly reference: LayerReference;
      /** Sum of the block's windows, each within reach. */
      readonly sum: Float64Array;
    };

export const emptyLayer = (size: number, policy: DriftPolicy): LayerState => ({
  kind: "learning",
  size,
  rows: new Float32Array(policy.referenceWindows * size),
  count: 0,
});

export const sizeOf = (layer: LayerState): number =>
  layer.kind === "learning" ? layer.size : layer.sum.length;

/** Takes a window in. @returns the layer, another one when its reference is complete */
export function takeIn(
  layer: LayerState,
  name: DriftLayer,
  values: Float32Array,
  policy: DriftPolicy,
): LayerState {
  if (layer.kind === "learnt") {
    const { reference, sum } = layer;
    for (let j = 0; j < sum.length; j += 1) {
      sum[j] = (sum[j] ?? 0) + boundedAt(reference, values[j] ?? 0, j);
    }
    return layer;
  }
  layer.rows.set(values, layer.count * layer.size);
  layer.count += 1;
  return layer.count * layer.size < layer.rows.length
    ? layer
    : complete(layer.rows, name, layer.size, policy);
}

function complete(rows: Float32Array, name: DriftLayer, size: number, policy: DriftPolicy): LayerState {
  const list = Array.from({ length: rows.length / size }, (_, i) =>
    Float64Array.from(rows.subarray(i * size, (i + 1) * size)),
  );
  const reference = fitLayer(list, floorsOf(name, size), policy);
  return { kind: "learnt", reference, sum: new Float64Array(size) };
}

/** Distance of the block's mean over the largest that is healthy; 0 while the reference is not complete. Above 1 is drift. */
export function ratioOf(layer: LayerState, blockWindows: number): number {
  if (layer.kind === "learning") return 0;
  const { centre, limit } = layer.reference;
  const offset = layer.sum.map((sum, j) => sum / blockWindows - (centre[j] ?? 0));
  return Math.sqrt(distanceOf(layer.reference, offset) / limit);
}

/** Forgets the block that is under way. */
export function clearBlock(layer: LayerState): void {
  if (layer.kind === "learnt") layer.sum.fill(0);
}
