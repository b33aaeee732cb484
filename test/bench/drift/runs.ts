import type { DriftPolicy } from "../../../edge-agent/src/core/drift/drift-policy.ts";
import type { Observation } from "../../../edge-agent/src/core/drift/observation.ts";
import {
  type Heeded,
  heed,
  type SensorDrift,
  startSensor,
  stateOf,
} from "../../../edge-agent/src/core/drift/sensor-drift.ts";

/** What healthy machines were told. */
export interface HealthyRun {
  readonly blocks: number;
  readonly warnings: number;
  readonly confirmed: number;
}

const REGIME = { shaftHz: 25, baselineRms: 1 };

/** One sensor, told a window at a time. */
function createEar(policy: DriftPolicy) {
  const sensor: SensorDrift = startSensor("machine", "sensor", 0);
  let timeUs = 0;
  return {
    sensor,
    hear(seen: Observation): Heeded {
      timeUs += policy.leastGapMs * 1000;
      return heed(sensor, { kind: "valid", timeUs, regime: REGIME, model: "m", seen }, policy);
    },
  };
}

/** A reference, then `blocks` blocks of a machine that stays healthy. */
export function runHealthy(
  windows: Iterator<Observation, never>,
  blocks: number,
  policy: DriftPolicy,
): HealthyRun {
  const ear = createEar(policy);
  let [heard, warnings, confirmed] = [0, 0, 0];
  while (heard < blocks) {
    const { verdict, isConfirmed } = ear.hear(windows.next().value);
    if (verdict === undefined) continue;
    heard += 1;
    if (verdict.isDrift) warnings += 1;
    if (isConfirmed) confirmed += 1;
  }
  return { blocks, warnings, confirmed };
}

/** When a change was told of. */
export interface Detection {
  /** Windows from the change to the first warning, and to drift confirmed; undefined: never. */
  readonly warnedAfter: number | undefined;
  readonly confirmedAfter: number | undefined;
}

/** A change that is not confirmed within these is missed. */
const MOST_BLOCKS = 12;

/** A reference of the first, some healthy blocks, then the change, in the middle of a block. */
export function runChanged(
  before: Iterator<Observation, unknown>,
  after: Iterator<Observation, unknown>,
  policy: DriftPolicy,
  offset: number,
  mostBlocks: number = MOST_BLOCKS,
): Detection {
  const ear = createEar(policy);
  while (stateOf(ear.sensor).kind === "learning") ear.hear(nextOf(before));
  for (let i = 0; i < offset; i += 1) ear.hear(nextOf(before));
  const mostWindows = mostBlocks * policy.blockWindows;
  let warnedAfter: number | undefined;
  for (let i = 1; i <= mostWindows; i += 1) {
    const { value, done } = after.next();
    if (done === true) break;
    const { verdict, isConfirmed } = ear.hear(value as Observation);
    if (verdict?.isDrift === true) warnedAfter ??= i;
    if (isConfirmed) return { warnedAfter, confirmedAfter: i };
  }
  return { warnedAfter, confirmedAfter: undefined };
}

function nextOf(windows: Iterator<Observation, unknown>): Observation {
  const { value, done } = windows.next();
  if (done === true) throw new RangeError("too few windows for a reference");
  return value as Observation;
}
