import type { Clock } from "@stethos/protocol-finger/clock";
import { parseDrift, serialiseDrift } from "../core/drift/drift-json.ts";
import { checkDriftPolicy, type DriftPolicy } from "../core/drift/drift-policy.ts";
import type { DriftState, DriftVerdict } from "../core/drift/drift-types.ts";
import { type AnswerParts, createObserver, type Observer } from "../core/drift/observation.ts";
import {
  type DriftWindow,
  heed,
  isDue,
  rebaseSensor,
  type SensorDrift,
  startSensor,
  stateOf,
} from "../core/drift/sensor-drift.ts";
import { describeError } from "../core/errors.ts";
import type { Features } from "../core/score.ts";
import type { Logger } from "../ports/logger.ts";
import type { ModelContract, ServedScore } from "../ports/scorer.ts";
import type { StateFile } from "../ports/state-file.ts";
import type { Heard } from "./infer.ts";

export interface DriftWatchDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly policy: DriftPolicy;
  readonly state: StateFile;
  /** At most so often the references go to the disk, except when drift is confirmed and at the end. */
  readonly saveEveryMs: number;
  /** The model that serves now: only its answers are compared. */
  champion(): Pick<ModelContract, "classes" | "digest">;
  /** Of each full block. */
  onVerdict(verdict: DriftVerdict): void;
  /** Once, until the regime was quiet or its reference renewed. */
  onConfirmed(verdict: DriftVerdict): void;
}

/** Compares what is heard now with what was heard when the machine was commissioned. */
export interface DriftWatch {
  /** What an earlier run learnt; call it before the first block. Text that cannot be read is left behind with a warning. */
  restore(): Promise<void>;
  onHeard(heard: Heard, features: Features | undefined): void;
  /** Of every sensor heard so far. */
  states(): readonly DriftState[];
  /** After another model became the champion. @param sensor absent: all */
  rebase(sensor?: string): void;
  /** The machine's baselines were forgotten; so is all that was learnt after them. */
  forget(machine: string): void;
  /** Saves what is not saved yet. */
  close(): Promise<void>;
}

export function createDriftWatch(deps: DriftWatchDeps): DriftWatch {
  const policy = checkDriftPolicy(deps.policy);
  const { clock, logger } = deps;
  const sensors = new Map<string, SensorDrift>();
  const observers = new Map<number, Observer>();
  const average = createAverage();
  const saver = createSaver(deps, () => serialiseDrift(sensors.values(), policy));

  function observerOf(classes: readonly string[]): Observer {
    const healthy = classes.indexOf("healthy");
    const observer = observers.get(healthy) ?? createObserver(healthy);
    observers.set(healthy, observer);
    return observer;
  }

  /** What a block says here; nothing before the baseline is learnt, of a machine at rest, or of another model. */
  function windowOf(heard: Heard, features: Features | undefined): DriftWindow | undefined {
    const { sensorState, endUs: timeUs, knowledge } = heard;
    if (sensorState !== "valid") return { kind: "fault", timeUs, sensorState };
    if (knowledge.kind !== "learnt" || features === undefined) return undefined;
    const { shaftHz, rms: baselineRms } = knowledge.band;
    if (!(features.rms >= policy.standstillShare * baselineRms)) return undefined;
    const { classes, digest } = deps.champion();
    const answer = average(heard.windows.map(({ score }) => score).filter((score) => isOf(score, digest)));
    const seen = answer && observerOf(classes).observe(answer, features);
    return seen && { kind: "valid", timeUs, regime: { shaftHz, baselineRms }, model: digest, seen };
  }

  function tell(verdict: DriftVerdict, isConfirmed: boolean): void {
    const { machine, sensor, inARow, ratios } = verdict;
    if (verdict.isDrift) logger.info({ machine, sensor, inARow, ratios }, "drift warning");
    deps.onVerdict(verdict);
    if (!isConfirmed) return;
    logger.warn({ machine, sensor, ratios }, "drift confirmed");
    deps.onConfirmed(verdict);
  }

  return {
    async restore() {
      try {
        const text = await deps.state.read();
        if (text === undefined) return;
        for (const sensor of parseDrift(text, policy)) sensors.set(sensor.sensor, sensor);
      } catch (thrown) {
        logger.warn({ err: describeError(thrown) }, "drift references are learnt anew");
      }
    },
    onHeard(heard, features) {
      const { id, machine } = heard.block.sensor;
      const sensor = sensors.get(id) ?? startSensor(machine, id, heard.endUs);
      sensors.set(id, sensor);
      if (!isDue(sensor, heard.endUs, policy)) return;
      const window = windowOf(heard, features);
      if (window === undefined) return;
      const { verdict, isConfirmed } = heed(sensor, window, policy);
      if (verdict !== undefined) tell(verdict, isConfirmed);
      saver.changed(isConfirmed);
    },
    states: () => [...sensors.values()].map(stateOf),
    rebase(only) {
      const { digest } = deps.champion();
      for (const sensor of sensors.values()) {
        if (only === undefined || sensor.sensor === only) rebaseSensor(sensor, digest, clock.nowUs(), policy);
      }
      saver.changed(true);
    },
    forget(machine) {
      for (const sensor of [...sensors.values()]) {
        if (sensor.machine === machine) sensors.delete(sensor.sensor);
      }
      saver.changed(true);
    },
    close: () => saver.close(),
  };
}

/** During a trial some frames are answered by the challenger, whose embeddings are others. */
const isOf = (score: ServedScore, digest: string): boolean => score.by.digest === digest;

/** The mean answer of a block: its windows overlap, and its features are of the whole. */
function createAverage(): (answers: readonly AnswerParts[]) => AnswerParts | undefined {
  let mean = emptyAnswer(0, 0, 0);
  return (answers) => {
    const [first] = answers;
    if (first === undefined || answers.length === 1) return first;
    const { probabilities, embedding, spectrum } = first;
    if (mean.probabilities.length !== probabilities.length || mean.embedding.length !== embedding.length) {
      mean = emptyAnswer(probabilities.length, embedding.length, spectrum.length);
    }
    for (const part of ["probabilities", "embedding", "spectrum"] as const) {
      const sum = mean[part].fill(0);
      for (const answer of answers) addShare(sum, answer[part], 1 / answers.length);
    }
    return mean;
  };
}

const emptyAnswer = (classes: number, directions: number, bands: number): AnswerParts => ({
  probabilities: new Float32Array(classes),
  embedding: new Float32Array(directions),
  spectrum: new Float32Array(bands),
});

function addShare(sum: Float32Array, values: Float32Array, share: number): void {
  for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] ?? 0) + share * (values[i] ?? 0);
}

/** Writes now and then, one text at a time, and needs no timer: nothing changes but by what is heard. */
function createSaver(
  { clock, logger, state, saveEveryMs }: Pick<DriftWatchDeps, "clock" | "logger" | "saveEveryMs" | "state">,
  serialise: () => string,
) {
  let savedMs = clock.monotonicMs();
  let isDirty = false;
  let isUrgent = false;
  let isSaving = false;
  let saved = Promise.resolve();

  const isDue = (): boolean => isDirty && (isUrgent || clock.monotonicMs() - savedMs >= saveEveryMs);

  async function save(): Promise<void> {
    isSaving = true;
    while (isDue()) {
      [isDirty, isUrgent, savedMs] = [false, false, clock.monotonicMs()];
      try {
        await state.write(serialise());
      } catch (thrown) {
        isDirty = true;
        logger.error(
          { err: describeError(thrown) },
          "drift references could not be saved; tried again later",
        );
        break;
      }
    }
    // Here, not after the promise: what changes from now on starts the next one.
    isSaving = false;
  }

  function changed(urgent: boolean): void {
    isDirty = true;
    isUrgent ||= urgent;
    if (!isSaving && isDue()) saved = save();
  }

  return {
    changed,
    async close(): Promise<void> {
      await saved;
      if (isDirty) changed(true);
      await saved;
    },
  };
}
