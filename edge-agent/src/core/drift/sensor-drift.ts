import { unreachable } from "../errors.ts";
import type { SensorState } from "../score.ts";
import type { TimeUs } from "../time.ts";
import type { DriftPolicy } from "./drift-policy.ts";
import type { DriftState, DriftVerdict } from "./drift-types.ts";
import type { Observation } from "./observation.ts";
import {
  hearWindow,
  progressOf,
  type Regime,
  type RegimeKey,
  rebaseRegime,
  resetCount,
  startRegime,
} from "./regime.ts";

/** All that is remembered of one sensor. Changed in place. */
export interface SensorDrift {
  readonly machine: string;
  readonly sensor: string;
  readonly regimes: Regime[];
  /** Windows of a sensor at fault, less valid ones: 0 .. blockWindows. */
  faults: number;
  isBlind: boolean;
  /** Of the last window that was looked at. */
  takenUs: TimeUs;
  /** When the state became what it is. */
  sinceUs: TimeUs;
  kind: DriftState["kind"];
}

export const startSensor = (machine: string, sensor: string, timeUs: TimeUs): SensorDrift => ({
  machine,
  sensor,
  regimes: [],
  faults: 0,
  isBlind: false,
  takenUs: Number.NEGATIVE_INFINITY,
  sinceUs: timeUs,
  kind: "learning",
});

/** A window as it counts here. */
export type DriftWindow =
  | {
      readonly kind: "valid";
      readonly timeUs: TimeUs;
      readonly regime: RegimeKey;
      /** Digest of the model that answered. */
      readonly model: string;
      readonly seen: Observation;
    }
  | { readonly kind: "fault"; readonly timeUs: TimeUs; readonly sensorState: Exclude<SensorState, "valid"> };

/** Is it time for a window of this sensor? Sooner, it would say the same as the one before. A clock that jumped back does
 *  not silence a sensor. */
export const isDue = (sensor: SensorDrift, timeUs: TimeUs, policy: DriftPolicy): boolean =>
  Math.abs(timeUs - sensor.takenUs) >= policy.leastGapMs * 1000;

/** What became of a window. */
export interface Heeded {
  /** Where it completed a block. */
  readonly verdict: DriftVerdict | undefined;
  readonly isConfirmed: boolean;
}

/** Takes one window in that is due. */
export function heed(sensor: SensorDrift, window: DriftWindow, policy: DriftPolicy): Heeded {
  sensor.takenUs = window.timeUs;
  const heeded = window.kind === "fault" ? heedFault(sensor, policy) : heedValid(sensor, window, policy);
  noteKind(sensor, window.timeUs);
  return heeded;
}

/** A broken sensor says nothing about the machine; one that is broken for half a block ends whatever was in a row. */
function heedFault(sensor: SensorDrift, policy: DriftPolicy): Heeded {
  sensor.faults = Math.min(policy.blockWindows, sensor.faults + 1);
  if (!sensor.isBlind && 2 * sensor.faults >= policy.blockWindows) {
    sensor.isBlind = true;
    for (const regime of sensor.regimes) resetCount(regime);
  }
  return { verdict: undefined, isConfirmed: false };
}

function heedValid(
  sensor: SensorDrift,
  { timeUs, regime: key, model, seen }: Extract<DriftWindow, { readonly kind: "valid" }>,
  policy: DriftPolicy,
): Heeded {
  sensor.faults = Math.max(0, sensor.faults - 1);
  if (sensor.faults === 0) sensor.isBlind = false;
  // A sensor that just came back may still be settling.
  if (sensor.isBlind) return { verdict: undefined, isConfirmed: false };
  const regime = regimeOf(sensor, key, model, seen, policy);
  if (regime.model !== model) rebaseRegime(regime, model, policy);
  const said = hearWindow(regime, seen, timeUs, policy);
  if (said === undefined) return { verdict: undefined, isConfirmed: false };
  const { ratios, isDrift, inARow, isConfirmed } = said;
  const { machine, sensor: id } = sensor;
  return {
    verdict: { machine, sensor: id, shaftHz: key.shaftHz, timeUs, ratios, isDrift, inARow },
    isConfirmed,
  };
}

function regimeOf(
  sensor: SensorDrift,
  key: RegimeKey,
  model: string,
  seen: Observation,
  policy: DriftPolicy,
): Regime {
  const { regimes } = sensor;
  const known = regimes.find((one) => one.shaftHz === key.shaftHz && one.baselineRms === key.baselineRms);
  if (known !== undefined) return known;
  const fresh = startRegime(key, model, seen, policy);
  const replaced = placeFor(regimes, key, policy);
  if (replaced < 0) regimes.push(fresh);
  else regimes[replaced] = fresh;
  return fresh;
}

/** Where a regime goes that is not known: in place of the same speed's older baseline; behind the others; at last in place
 *  of the one heard longest ago. */
function placeFor(regimes: readonly Regime[], key: RegimeKey, policy: DriftPolicy): number {
  const relearnt = regimes.findIndex((one) => one.shaftHz === key.shaftHz);
  if (relearnt >= 0 || regimes.length < policy.mostRegimes) return relearnt;
  return regimes.reduce((oldest, one, i) => (one.heardUs < (regimes[oldest]?.heardUs ?? 0) ? i : oldest), 0);
}

/** After another model became the champion. */
export function rebaseSensor(sensor: SensorDrift, model: string, timeUs: TimeUs, policy: DriftPolicy): void {
  for (const regime of sensor.regimes) rebaseRegime(regime, model, policy);
  noteKind(sensor, timeUs);
}

function noteKind(sensor: SensorDrift, timeUs: TimeUs): void {
  const kind = kindOf(sensor);
  if (kind === sensor.kind) return;
  sensor.kind = kind;
  sensor.sinceUs = timeUs;
}

function kindOf({ isBlind, regimes }: SensorDrift): DriftState["kind"] {
  if (isBlind) return "blind";
  if (regimes.some((regime) => regime.isConfirmed)) return "confirmed";
  if (regimes.some((regime) => regime.inARow > 0)) return "warning";
  return regimes.some((regime) => progressOf(regime) === 1) ? "stable" : "learning";
}

/** For screens. */
export function stateOf(sensor: SensorDrift): DriftState {
  const { machine, sensor: id, kind, sinceUs, regimes } = sensor;
  const warnings = Math.max(0, ...regimes.map((regime) => regime.inARow));
  const said = { machine, sensor: id, kind, warnings, sinceUs };
  const worst = regimes
    .flatMap((regime) => regime.worst ?? [])
    .reduce<Regime["worst"]>(
      (most, one) => (most !== undefined && most.ratio >= one.ratio ? most : one),
      undefined,
    );
  const farthest = worst === undefined ? {} : { layer: worst.layer, ratio: worst.ratio };
  switch (kind) {
    case "learning":
      return { ...said, progress: Math.max(0, ...regimes.map(progressOf)) };
    case "blind":
      return { ...said, progress: 1 };
    case "confirmed":
    case "stable":
    case "warning":
      return { ...said, progress: 1, ...farthest };
    default:
      return unreachable(kind);
  }
}
