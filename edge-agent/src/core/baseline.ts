import {
  addWindow,
  type Band,
  completeBand,
  type HealthyWindow,
  type LearntBand,
  type LimitPolicy,
  startBand,
} from "./speed-band.ts";

/** Fewer windows give no limit worth the name (measured: false alarms rise, detection falls at 5). */
export const LEAST_BASELINE_WINDOWS = 10;

export interface BaselinePolicy extends LimitPolicy {
  /** Healthy windows that make a baseline, per speed band; 10 or more. */
  readonly windows: number;
  /** Copies with other gain and noise that each window brings along. Under noise as strong as the signal 4 of 111
   *  healthy windows of a real rig left the spectrum's limit with one copy, none with two. */
  readonly copies: number;
  /** Half the width of a speed band, as a share of its speed (20 % off was measured to fail). */
  readonly speedTolerance: number;
  /** Speeds kept at most; a machine that never holds its speed must not fill the memory. */
  readonly mostBands: number;
  /** New speeds are learnt only among the first so many valid windows: a speed met later may be met in a bad state. */
  readonly commissioningWindows: number;
}

export const defaultBaselinePolicy: BaselinePolicy = {
  windows: 20,
  copies: 2,
  speedTolerance: 0.03,
  falseAlarmRate: 1e-3,
  folds: 4,
  mostBands: 16,
  commissioningWindows: 500,
  leastSpectrumDeviation: 0.02,
  leastRmsRatio: 1.25,
};

/** What one sensor looks like when its machine is healthy, per speed. Plain data: every change is a new one. */
export interface Baseline {
  readonly sensor: string;
  /** How windows were prepared (a contract's `preprocessing`): frames and spectra of another way cannot be compared with
   *  these. Earlier agents wrote "name version" of the model. */
  readonly preparedBy: string;
  /** Valid windows heard since the beginning. */
  readonly heard: number;
  readonly bands: readonly Band[];
}

/** Nothing learnt yet; also how a baseline is forgotten. */
export const emptyBaseline = (sensor: string, preparedBy: string): Baseline => ({
  sensor,
  preparedBy,
  heard: 0,
  bands: [],
});

/** What a baseline knows of a speed. */
export type Knowledge =
  | { readonly kind: "learnt"; readonly band: LearntBand }
  /** `progress` 0..1: windows of this speed are wanted. */
  | { readonly kind: "learning"; readonly progress: number }
  | { readonly kind: "none" };

export function lookUp(
  baseline: Baseline,
  shaftHz: number,
  policy: BaselinePolicy = defaultBaselinePolicy,
): Knowledge {
  const band = findBand(baseline, shaftHz, policy);
  if (band?.kind === "learnt") return { kind: "learnt", band };
  if (!isCommissioning(baseline, policy)) return { kind: "none" };
  if (band === undefined && freeSlot(baseline, policy) === undefined) return { kind: "none" };
  return { kind: "learning", progress: (band?.rms.length ?? 0) / needed(policy) };
}

/** Takes what it needs of a window: nothing from a sensor that is not valid or silent, nothing that is no number,
 *  nothing at a speed that is learnt. Give it every window of a machine in operation.
 *  @returns the same object where nothing changed; the same `bands` where there is nothing to store
 *  @throws RangeError when frame or spectrum have another length than before: another model */
export function learn(
  baseline: Baseline,
  window: HealthyWindow,
  policy: BaselinePolicy = defaultBaselinePolicy,
): Baseline {
  if (!isUsable(window)) return baseline;
  const heard = baseline.heard + 1;
  if (lookUp(baseline, window.shaftHz, policy).kind !== "learning") {
    return isCommissioning(baseline, policy) ? { ...baseline, heard } : baseline;
  }
  const known = findBand(baseline, window.shaftHz, policy);
  const band = known?.kind === "learning" ? known : startBand(window.frame.length);
  const place = known === undefined ? (freeSlot(baseline, policy) ?? 0) : baseline.bands.indexOf(known);
  const grown = addWindow(band, window);
  const bands = [...baseline.bands];
  bands[place] = grown.rms.length >= needed(policy) ? completeBand(grown, policy) : grown;
  return { ...baseline, heard, bands };
}

const isUsable = ({ sensorState, rms, frame, spectrum, copies }: HealthyWindow): boolean =>
  sensorState === "valid" &&
  rms > 0 &&
  [Float32Array.of(rms), frame, spectrum, ...copies].every((values) => values.every(Number.isFinite));

const needed = (policy: BaselinePolicy): number => Math.max(LEAST_BASELINE_WINDOWS, policy.windows);

function isCommissioning(baseline: Baseline, policy: BaselinePolicy): boolean {
  return (
    baseline.heard < policy.commissioningWindows || !baseline.bands.some((band) => band.kind === "learnt")
  );
}

/** The nearest band that a speed falls into. */
function findBand(baseline: Baseline, shaftHz: number, policy: BaselinePolicy): Band | undefined {
  const offset = (band: Band): number => {
    if (!(shaftHz > 0)) return band.shaftHz === 0 ? 0 : Number.POSITIVE_INFINITY;
    return band.shaftHz === 0 ? Number.POSITIVE_INFINITY : Math.abs(shaftHz / band.shaftHz - 1);
  };
  return baseline.bands
    .filter((band) => offset(band) <= policy.speedTolerance)
    .sort((a, b) => offset(a) - offset(b))[0];
}

/** Where a new band goes: behind the others, or, when there are too many, in place of the least learnt. */
function freeSlot(baseline: Baseline, policy: BaselinePolicy): number | undefined {
  if (baseline.bands.length < policy.mostBands) return baseline.bands.length;
  let least: { readonly place: number; readonly windows: number } | undefined;
  baseline.bands.forEach((band, place) => {
    if (band.kind === "learning" && band.rms.length < (least?.windows ?? Number.POSITIVE_INFINITY)) {
      least = { place, windows: band.rms.length };
    }
  });
  return least?.place;
}
