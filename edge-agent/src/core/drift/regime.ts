import type { TimeUs } from "../time.ts";
import type { DriftPolicy } from "./drift-policy.ts";
import type { DriftLayer, DriftVerdict } from "./drift-types.ts";
import { clearBlock, emptyLayer, type LayerState, ratioOf, sizeOf, takeIn } from "./layer-state.ts";
import { layers, type Observation } from "./observation.ts";

/** A sensor at one speed. Changed in place. */
export interface Regime {
  /** Speed and level of the baseline's band: another baseline is another regime. */
  readonly shaftHz: number;
  readonly baselineRms: number;
  /** Digest of the model whose embeddings and scores the references are. */
  model: string;
  readonly layers: Record<DriftLayer, LayerState>;
  /** Windows in the block so far. */
  inBlock: number;
  /** Blocks in a row with drift, and without. */
  inARow: number;
  quiet: number;
  isConfirmed: boolean;
  /** The layer farthest from its reference in the last block. */
  worst: { readonly layer: DriftLayer; readonly ratio: number } | undefined;
  heardUs: TimeUs;
}

/** Which band of the baseline a window belongs to. */
export type RegimeKey = Pick<Regime, "baselineRms" | "shaftHz">;

export const startRegime = (
  key: RegimeKey,
  model: string,
  seen: Observation,
  policy: DriftPolicy,
): Regime => ({
  ...key,
  model,
  layers: {
    input: emptyLayer(seen.input.length, policy),
    embedding: emptyLayer(seen.embedding.length, policy),
    output: emptyLayer(seen.output.length, policy),
  },
  inBlock: 0,
  inARow: 0,
  quiet: 0,
  isConfirmed: false,
  worst: undefined,
  heardUs: 0,
});

/** What a full block says. */
type BlockVerdict = Pick<DriftVerdict, "inARow" | "isDrift" | "ratios"> & {
  /** With this block the drift is confirmed: told once, until it has been quiet. */
  readonly isConfirmed: boolean;
};

/** Takes one valid window in.
 *  @returns a verdict when it completes a block */
export function hearWindow(
  regime: Regime,
  seen: Observation,
  timeUs: TimeUs,
  policy: DriftPolicy,
): BlockVerdict | undefined {
  regime.heardUs = timeUs;
  let isNewlyLearnt = false;
  for (const name of layers) {
    const before = fitting(regime.layers[name], seen[name].length, policy);
    const after = takeIn(before, name, seen[name], policy);
    regime.layers[name] = after;
    if (before.kind !== after.kind) isNewlyLearnt = true;
  }
  if (isNewlyLearnt) {
    // All layers judge the same windows: the block begins anew.
    dropBlock(regime);
    return undefined;
  }
  if (layers.every((name) => regime.layers[name].kind === "learning")) return undefined;
  regime.inBlock += 1;
  if (regime.inBlock < policy.blockWindows) return undefined;
  const ratios = {
    input: ratioOf(regime.layers.input, policy.blockWindows),
    embedding: ratioOf(regime.layers.embedding, policy.blockWindows),
    output: ratioOf(regime.layers.output, policy.blockWindows),
  };
  dropBlock(regime);
  return count(regime, ratios, policy);
}

/** Another model may give vectors of another length. */
const fitting = (layer: LayerState, size: number, policy: DriftPolicy): LayerState =>
  sizeOf(layer) === size ? layer : emptyLayer(size, policy);

function count(regime: Regime, ratios: DriftVerdict["ratios"], policy: DriftPolicy): BlockVerdict {
  const worst = layers.reduce((most, name) => (ratios[name] > ratios[most] ? name : most));
  const isDrift = ratios[worst] > 1;
  regime.worst = { layer: worst, ratio: ratios[worst] };
  regime.inARow = isDrift ? regime.inARow + 1 : 0;
  regime.quiet = isDrift ? 0 : regime.quiet + 1;
  const isConfirmed = !regime.isConfirmed && regime.inARow >= policy.warningsInARow;
  if (isConfirmed) regime.isConfirmed = true;
  if (regime.quiet >= policy.quietBlocks) regime.isConfirmed = false;
  return { ratios, isDrift, inARow: regime.inARow, isConfirmed };
}

/** Forgets the windows of the block under way. */
function dropBlock(regime: Regime): void {
  regime.inBlock = 0;
  for (const name of layers) clearBlock(regime.layers[name]);
}

/** A sensor at fault, or a new reference: what was in a row is so no more. */
export function resetCount(regime: Regime): void {
  dropBlock(regime);
  regime.inARow = 0;
}

/** Learns anew what belongs to the model. A machine that was taken to have drifted is accepted as it is now: the model was
 *  changed for it, and its old level would be drift for ever. */
export function rebaseRegime(regime: Regime, model: string, policy: DriftPolicy): void {
  const hasDrifted = regime.isConfirmed || regime.inARow > 0;
  for (const name of hasDrifted ? layers : (["embedding", "output"] as const)) {
    regime.layers[name] = emptyLayer(sizeOf(regime.layers[name]), policy);
  }
  resetCount(regime);
  regime.model = model;
  regime.isConfirmed = false;
  regime.quiet = 0;
  regime.worst = undefined;
}

/** 0..1: of the layer that has farthest to go. */
export function progressOf(regime: Regime): number {
  return Math.min(
    ...layers.map((name) => {
      const layer = regime.layers[name];
      return layer.kind === "learnt" ? 1 : (layer.count * layer.size) / layer.rows.length;
    }),
  );
}
