import type { Clock } from "@stethos/protocol-finger/clock";
import { type AlarmEvent, type AlarmMemory, alarmMemory, stepAlarm } from "../core/alarm.ts";
import type { Alarm, Inhibit } from "../core/alarm-types.ts";
import type { AlarmPolicy } from "../core/alarm-verdict.ts";
import {
  type Baseline,
  type BaselinePolicy,
  emptyBaseline,
  type Knowledge,
  learn,
  lookUp,
} from "../core/baseline.ts";
import { parseBaseline, serialiseBaseline } from "../core/baseline-json.ts";
import { type DetectorPolicy, detect, type HeardWindow, type Judge } from "../core/detect.ts";
import { describeError } from "../core/errors.ts";
import type { Health } from "../core/health.ts";
import { followScore, type HealthPolicy, machineHealth, type SensorHealth } from "../core/health-index.ts";
import type { Machine, Sensor } from "../core/machine.ts";
import { modelTitle } from "../core/model.ts";
import type { Features, Score } from "../core/score.ts";
import type { StoredBaseline } from "../ports/history.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import type { ModelContract } from "../ports/scorer.ts";
import type { Block, Heard } from "./infer.ts";

export interface WatchPolicy {
  readonly baseline: BaselinePolicy;
  readonly detector: DetectorPolicy;
  readonly alarm: AlarmPolicy;
  readonly health: HealthPolicy;
}

export interface WatchDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  /** The champion as it is now; all that ever serve prepare windows alike. */
  champion(): ModelContract;
  /** The champion fails too often to be believed: threshold alarms only. */
  isDegraded(): boolean;
  readonly policy: WatchPolicy;
  /** What an earlier run learnt, and what it left open. */
  readonly baselines: readonly StoredBaseline[];
  readonly alarms: readonly Alarm[];
  /** Why a sensor's alarms are kept from the operators, where they are. */
  inhibitOf?(sensor: string): Inhibit | undefined;
  onScore(score: Score): void;
  onHealth(health: Health): void;
  /** @param block what was heard when the alarm was raised; absent at every other change */
  onAlarm(alarm: Alarm, block: Block | undefined): void;
  onBaseline(stored: StoredBaseline): void;
  onBaselineForgotten(sensor: string): void;
}

/** From scores to baselines, alarms and health. */
export interface Watch {
  /** @param deviceOf the device that a waveform comes from */
  setMachines(machines: readonly Machine[], deviceOf: (waveform: number) => string): void;
  sensorsOf(waveform: number): readonly Sensor[];
  /** What the model and the analyser must know to listen to this sensor at this speed. */
  listeningFor(sensor: Sensor, shaftHz: number): Listening;
  onHeard(heard: Heard, features: Features | undefined): void;
  onLink(device: string, up: boolean): void;
  /** The inhibit of a sensor began or ended; other sources are none of its business. */
  onInhibit(source: string): void;
  acknowledge(alarm: string, by: string): Alarm | undefined;
  relearn(machine: string, by: string): boolean;
}

export interface Listening {
  readonly knowledge: Knowledge;
  readonly healthyFrame?: Float32Array;
  readonly augmentSeeds: readonly number[];
}

/** What is remembered of one sensor. */
interface Ear {
  baseline: Baseline;
  memory: AlarmMemory;
  health: SensorHealth | undefined;
}

export function createWatch(deps: WatchDeps): Watch {
  const { policy } = deps;
  const { preprocessing } = deps.champion();
  const stored = new Map(deps.baselines.map((one) => [one.sensor, one.json]));
  const open = new Map(
    deps.alarms.filter((alarm) => alarm.state !== "normal").map((alarm) => [alarm.sensor, alarm]),
  );
  const ears = new Map<string, Ear>();
  const down = new Set<string>();
  const told = new Map<string, Health>();
  let machines: readonly Machine[] = [];
  let byWaveform = new Map<number, Sensor[]>();
  let deviceOf = (_: number): string => "";

  function earOf(sensor: Sensor): Ear {
    const known = ears.get(sensor.id);
    if (known !== undefined) return known;
    const ear: Ear = {
      baseline: restore(sensor.id),
      memory: alarmMemory(sensor.machine, sensor.id, open.get(sensor.id)),
      health: undefined,
    };
    ears.set(sensor.id, ear);
    return ear;
  }

  /** What an earlier run learnt, where windows were prepared for the model as they are now: frames of another preparation
   *  mean nothing here. */
  function restore(sensor: string): Baseline {
    const json = stored.get(sensor);
    if (json === undefined) return emptyBaseline(sensor, preprocessing);
    try {
      const baseline = parseBaseline(json);
      if (baseline.preparedBy === preprocessing) return baseline;
      // Earlier agents wrote the model's title there. The next champion has another one.
      if (baseline.preparedBy === modelTitle(deps.champion())) {
        const renamed = { ...baseline, preparedBy: preprocessing };
        deps.onBaseline({ sensor, json: serialiseBaseline(renamed) });
        return renamed;
      }
      deps.logger.warn(
        { sensor, preparedBy: baseline.preparedBy, preprocessing },
        "the baseline belongs to a model that hears otherwise; learning begins anew",
      );
    } catch (thrown) {
      deps.logger.error(
        { sensor, err: describeError(thrown) },
        "the stored baseline cannot be read; learning begins anew",
      );
    }
    return emptyBaseline(sensor, preprocessing);
  }

  function stepAndTell(ear: Ear, event: AlarmEvent, block: Block | undefined): Alarm | undefined {
    const { memory, change } = stepAlarm(ear.memory, event, policy.alarm);
    const before = ear.memory.alarm;
    ear.memory = memory;
    if (change === undefined) return undefined;
    const isRaised = change.state === "unacknowledged-active" && before?.raisedUs !== change.raisedUs;
    deps.onAlarm(change, isRaised ? block : undefined);
    return change;
  }

  /** Every valid window counts, also at a speed that is known: only so does commissioning ever end. */
  function takeIn(ear: Ear, window: HeardWindow, heard: Heard["windows"][number]): void {
    if (window.features === undefined) return;
    const before = ear.baseline;
    ear.baseline = learn(
      before,
      {
        sensorState: window.sensorState,
        shaftHz: window.shaftHz,
        rms: window.features.rms,
        frame: heard.score.frame,
        spectrum: heard.score.spectrum,
        copies: heard.augmented.map((copy) => copy.spectrum),
      },
      policy.baseline,
    );
    const isLearnt = learntBands(ear.baseline) !== learntBands(before);
    if (isLearnt)
      deps.logger.info(
        { sensor: window.sensor, shaftHz: Number(window.shaftHz.toFixed(2)) },
        "baseline learnt",
      );
    const { commissioningWindows } = policy.baseline;
    const isCommissioned = before.heard < commissioningWindows && ear.baseline.heard >= commissioningWindows;
    if (isLearnt || isCommissioned)
      deps.onBaseline({ sensor: window.sensor, json: serialiseBaseline(ear.baseline) });
  }

  function tellHealth(machine: Machine, timeUs: number): void {
    const views = machine.sensors.flatMap((sensor) => {
      const { health, memory, baseline } = earOf(sensor);
      if (deps.inhibitOf?.(sensor.id)?.kind === "out-of-service") return [];
      return [
        {
          ...(health && { health }),
          ...(memory.alarm && { alarm: memory.alarm }),
          baselineProgress: progressOf(baseline, policy.baseline),
        },
      ];
    });
    const isOffline =
      machine.sensors.length > 0 && machine.sensors.every((sensor) => down.has(deviceOf(sensor.waveform)));
    const health = machineHealth(machine.id, timeUs, views, isOffline, policy.health);
    const before = told.get(machine.id);
    const isNews =
      before?.state !== health.state ||
      before.index !== health.index ||
      before.baselineProgress !== health.baselineProgress;
    if (!isNews) return;
    told.set(machine.id, health);
    deps.onHealth(health);
  }

  const machineOf = (id: string): Machine | undefined => machines.find((machine) => machine.id === id);

  return {
    setMachines(next, nextDeviceOf) {
      machines = next;
      deviceOf = nextDeviceOf;
      byWaveform = Map.groupBy(
        next.flatMap((machine) => machine.sensors),
        (sensor) => sensor.waveform,
      );
      for (const machine of next) {
        for (const sensor of machine.sensors) {
          // An alarm that was open when the agent stopped is open still, and on the screens.
          const { alarm } = earOf(sensor).memory;
          if (alarm !== undefined) deps.onAlarm(alarm, undefined);
        }
        tellHealth(machine, deps.clock.nowUs());
      }
    },
    sensorsOf: (waveform) => byWaveform.get(waveform) ?? [],
    listeningFor(sensor, shaftHz) {
      const { baseline } = earOf(sensor);
      const knowledge = lookUp(baseline, shaftHz, policy.baseline);
      if (knowledge.kind === "learnt") {
        return { knowledge, healthyFrame: knowledge.band.healthyFrame, augmentSeeds: [] };
      }
      if (knowledge.kind === "none") return { knowledge, augmentSeeds: [] };
      const augmentSeeds = Array.from({ length: policy.baseline.copies }, () =>
        Math.floor(deps.random() * 2 ** 32),
      );
      return { knowledge, augmentSeeds };
    },
    onHeard(heard, features) {
      const { sensor, waveform, shaftHz } = heard.block;
      const ear = earOf(sensor);
      const isDegraded = deps.isDegraded();
      // A block without windows still says that the sensor is deaf, or has the features that thresholds judge by. Those are
      // of the block as a whole: it counts once, for they would only repeat themselves.
      const windows = heard.windows.length > 0 ? heard.windows : [undefined];
      for (const window of windows) {
        const said: HeardWindow = {
          machine: sensor.machine,
          sensor: sensor.id,
          timeUs: heard.endUs,
          sequence: waveform.sequence,
          shaftHz,
          sensorState: heard.sensorState,
          latencyMs: heard.latencyMs,
          ...(features && { features }),
          ...(window && { raw: window.score }),
          isDegraded,
        };
        const judge = judgeOf(window?.score.by ?? deps.champion());
        const score = detect(said, heard.knowledge, judge, policy.detector);
        if (window !== undefined) takeIn(ear, said, window);
        ear.health = followScore(ear.health, score, policy.health);
        deps.onScore(score);
        const alarmId = `${Math.round(heard.endUs / 1000).toString(36)}-${Math.floor(deps.random() * 36 ** 5).toString(36)}`;
        const change = stepAndTell(ear, { kind: "score", score, alarmId }, heard.block);
        if (change?.state === "unacknowledged-active") {
          deps.logger.warn(
            { alarm: change.id, machine: change.machine, severity: change.severity, reason: change.reason },
            "ALARM",
          );
        }
      }
      const machine = machineOf(sensor.machine);
      if (machine !== undefined) tellHealth(machine, heard.endUs);
    },
    onLink(device, up) {
      if (up) down.delete(device);
      else down.add(device);
      for (const machine of machines) tellHealth(machine, deps.clock.nowUs());
    },
    onInhibit(source) {
      const machine = machines.find(({ sensors }) => sensors.some(({ id }) => id === source));
      if (machine !== undefined) tellHealth(machine, deps.clock.nowUs());
    },
    acknowledge(id, by) {
      const ear = [...ears.values()].find((one) => one.memory.alarm?.id === id);
      if (ear === undefined) return undefined;
      const change = stepAndTell(ear, { kind: "acknowledge", timeUs: deps.clock.nowUs(), by }, undefined);
      const machine = machineOf(ear.memory.machine);
      if (machine !== undefined) tellHealth(machine, deps.clock.nowUs());
      return change ?? ear.memory.alarm;
    },
    relearn(id, by) {
      const machine = machineOf(id);
      if (machine === undefined) return false;
      deps.logger.info({ machine: id, by }, "baselines forgotten; learning begins anew");
      for (const sensor of machine.sensors) {
        const ear = earOf(sensor);
        ear.baseline = emptyBaseline(sensor.id, preprocessing);
        ear.health = undefined;
        deps.onBaselineForgotten(sensor.id);
        stepAndTell(ear, { kind: "reset", timeUs: deps.clock.nowUs() }, undefined);
      }
      tellHealth(machine, deps.clock.nowUs());
      return true;
    },
  };
}

/** The verdict is that of the model that was heard. */
const judgeOf = (by: ModelContract): Judge => ({
  model: modelTitle(by),
  classes: by.classes,
  anomalyThreshold: by.anomalyThreshold,
});

const learntBands = (baseline: Baseline): number =>
  baseline.bands.filter((band) => band.kind === "learnt").length;

/** Share of the speed learnt best, 0..1. */
function progressOf(baseline: Baseline, policy: BaselinePolicy): number {
  const shares = baseline.bands.map((band) =>
    band.kind === "learnt" ? 1 : band.rms.length / policy.windows,
  );
  return Math.min(1, Math.max(0, ...shares));
}
