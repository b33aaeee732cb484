import { join } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { residentMib } from "../adapters/node/memory.ts";
import { createModelLoader } from "../adapters/onnx/loader.ts";
import { registryOptions } from "../adapters/registry/options.ts";
import { createModelStore } from "../adapters/registry/store.ts";
import { createStateFile } from "../adapters/state-file/state-file.ts";
import type { AgentConfig } from "../config.ts";
import type { Alarm } from "../core/alarm-types.ts";
import type { DriftVerdict } from "../core/drift/drift-types.ts";
import { modelTitle } from "../core/model.ts";
import type { Features } from "../core/score.ts";
import type { Heard } from "../flow/infer.ts";
import { createKeepFrames, defaultKeepPolicy } from "../flow/keep-frames.ts";
import { createRollOut, type RollOut } from "../flow/roll-out.ts";
import { versionOf } from "../flow/roll-out-keeper.ts";
import { createModelServer } from "../flow/serve-models.ts";
import { defaultSloPolicy, inferenceOf } from "../flow/slo.ts";
import { createDriftWatch } from "../flow/watch-drift.ts";
import { watchObjective } from "../flow/watch-objective.ts";
import type { AuditLog } from "../ports/audit-log.ts";
import type { FieldStore } from "../ports/field-store.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import type { ModelServer } from "../ports/scorer.ts";
import type { Telemetry, TelemetryEvent } from "../ports/telemetry.ts";
import { createField } from "./field.ts";
import { channelsOf, createFleetReporter } from "./fleet.ts";
import { loadLiveModel } from "./live-model.ts";
import { nodeName } from "./sinks.ts";

interface Deps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly version: string;
  readonly audit: AuditLog;
}

/** Everything about models of one agent: who serves, who is on trial, how far the machines have drifted. */
export interface Models {
  readonly server: ModelServer;
  readonly rollouts: RollOut;
  readonly field: FieldStore;
  /** Of each block, before anybody else hears it: an alarm that it raises keeps its frames. */
  beforeHeard(heard: Heard): void;
  onHeard(heard: Heard, features: Features | undefined): void;
  onAlarm(alarm: Alarm): void;
  /** The machine's baselines were forgotten. */
  forget(machine: string): void;
  /** Works until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const DRIFT_SAVE_MS = 300_000;

/** @throws EdgeError where there is no model that can be trusted, or no disk to remember by */
export async function createModels(config: AgentConfig, deps: Deps): Promise<Models> {
  const { clock, logger, telemetry, audit } = deps;
  const { models: settings, site, scorerThreads, detector } = config.settings;
  const { dataFolder } = config;
  const node = nodeName(settings.node);
  const channels = channelsOf(settings, node);
  const stopping = new AbortController();
  const file = (name: string) => createStateFile(join(dataFolder, name));
  const builtIn = {
    folder: config.modelFolder,
    trustedKeys: [...config.modelKeys, ...(settings.registry?.trustedKeys ?? [])],
  };
  const store = await createModelStore(
    {
      ...(settings.registry ?? registryOptions.parse({})),
      folder: join(dataFolder, "models"),
      model: settings.name,
      builtIn,
      agentVersion: deps.version,
    },
    deps,
  );
  const state = file("rollout.json");
  const onEvent: Telemetry = {
    emit(event) {
      telemetry.emit(event);
      countInference(event);
    },
  };
  const load = createModelLoader(scorerThreads === undefined ? {} : { threads: scorerThreads }, {
    clock,
    logger,
    telemetry: onEvent,
  });
  const live = await loadLiveModel({ store, state, builtIn, load, logger }, stopping.signal);
  const server = createModelServer({ champion: live, clock, logger, telemetry: onEvent });
  const field = await createField(settings, {
    ...deps,
    site,
    node,
    dataFolder,
  });
  const keep = createKeepFrames(
    { store: field.store, clock },
    { ...defaultKeepPolicy, randomShare: settings.field.randomShare },
  );
  const confirmed = new Map<string, DriftVerdict>();
  const drift = createDriftWatch({
    clock,
    logger,
    policy: settings.drift,
    state: file("drift.json"),
    saveEveryMs: DRIFT_SAVE_MS,
    champion: () => server.champion.contract,
    onVerdict: (verdict) => keep.drift(verdict),
    onConfirmed(verdict) {
      confirmed.set(verdict.sensor, verdict);
      rollouts.onDriftConfirmed();
    },
  });
  await drift.restore();
  const rollouts: RollOut = await createRollOut({
    ...deps,
    server,
    store,
    load,
    state,
    audit,
    field: field.store,
    policy: settings.rollout,
    objective: settings.objective,
    detector: detector.detector,
    channels,
    memoryMib: residentMib,
    drift: () => ({ needed: settings.drift.warningsInARow, sensors: drift.states() }),
    onWanting: () => askForTraining(),
  });

  const reporter = await createFleetReporter(settings, { ...deps, node, site, dataFolder, rollouts });

  function countInference(event: TelemetryEvent): void {
    const run = inferenceOf(event, defaultSloPolicy);
    if (run !== undefined) rollouts.onInference(run.role, run.isOk, run.frames);
  }

  /** The machine whose drift was confirmed last, with all its sensors that drifted. */
  async function askForTraining(): Promise<boolean> {
    const newest = [...confirmed.values()].sort((a, b) => b.timeUs - a.timeUs)[0];
    if (newest === undefined) return false;
    const verdicts = [...confirmed.values()].filter(({ machine }) => machine === newest.machine);
    const model = versionOf(server.champion.contract);
    return (
      (await field.retraining.ask({ model, machine: newest.machine, verdicts }, stopping.signal)) === "made"
    );
  }

  const champion = () => server.champion.contract;
  const unwatch = watchObjective({ rollouts, logger, champion });
  let serving = server.champion.contract.digest;
  const unsubscribe = rollouts.subscribe(() => {
    const { digest } = server.champion.contract;
    if (digest === serving) return;
    logger.info({ model: modelTitle(server.champion.contract) }, "another model is the champion now");
    serving = digest;
    confirmed.clear();
    drift.rebase();
  });

  return {
    server,
    rollouts,
    field: field.store,
    beforeHeard: keep.heard,
    onHeard(heard, features) {
      drift.onHeard(heard, features);
      rollouts.onHeard(heard, features);
    },
    onAlarm: keep.alarm,
    forget: drift.forget,
    async run(signal) {
      await Promise.all([rollouts.run(signal), field.run(signal), reporter?.run(signal)]);
    },
    async close() {
      stopping.abort(new DOMException("the agent is stopping", "AbortError"));
      unwatch();
      unsubscribe();
      await drift.close();
      await field.store.close();
      await server.close();
    },
  };
}
