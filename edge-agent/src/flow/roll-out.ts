import type { Clock } from "@stethos/protocol-finger/clock";
import { type DetectorPolicy, defaultDetectorPolicy } from "../core/detect.ts";
import { unreachable } from "../core/errors.ts";
import type { Role } from "../core/model.ts";
import { createObjective, defaultObjectivePolicy, type ObjectivePolicy } from "../core/objective.ts";
import { disagreementsOf, rolloutReport } from "../core/rollout/report.ts";
import { defaultRolloutPolicy, type RolloutPolicy } from "../core/rollout/rollout-policy.ts";
import type { RolloutReport } from "../core/rollout/rollout-report.ts";
import type { RolloutState } from "../core/rollout/rollout-state.ts";
import type { Features } from "../core/score.ts";
import type { AuditLog } from "../ports/audit-log.ts";
import type { FieldStore } from "../ports/field-store.ts";
import type { Logger } from "../ports/logger.ts";
import type { ModelStore } from "../ports/model-store.ts";
import type { Random } from "../ports/random.ts";
import type { CommandResult, RolloutCommand, Rollouts } from "../ports/rollout.ts";
import type { LoadModel, ModelServer } from "../ports/scorer.ts";
import type { StateFile } from "../ports/state-file.ts";
import type { Heard } from "./infer.ts";
import { type ChannelOptions, createChannels, defaultChannelOptions } from "./roll-out-channels.ts";
import { createEffects } from "./roll-out-effects.ts";
import { createFrames } from "./roll-out-frames.ts";
import { createKeeper, versionOf } from "./roll-out-keeper.ts";
import { createLabels } from "./roll-out-labels.ts";
import { createWorker } from "./roll-out-worker.ts";

export interface RollOutDeps {
  readonly server: ModelServer;
  readonly store: ModelStore;
  readonly load: LoadModel;
  readonly state: StateFile;
  readonly audit: AuditLog;
  readonly field: FieldStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly policy?: RolloutPolicy;
  readonly objective?: ObjectivePolicy;
  readonly detector?: DetectorPolicy;
  readonly channels?: ChannelOptions;
  /** Resident memory of the agent, MiB. */
  memoryMib(): number;
  /** Where drift stands, for the report. */
  drift(): Omit<RolloutReport["drift"], "wanting">;
  /** A better model is wanted and there is none: asks for it. @returns whether the request was sent */
  onWanting(sinceUs: number): Promise<boolean>;
}

export interface RollOut extends Rollouts {
  /** The network fails and no other version helps: threshold alarms only. */
  readonly isDegraded: boolean;
  /** All that it remembers. */
  readonly state: RolloutState;
  onHeard(heard: Heard, features: Features | undefined): void;
  onDriftConfirmed(): void;
  /** Frames of one run of a model. */
  onInference(role: Role, isOk: boolean, frames: number): void;
  /** Works until the signal aborts, then leaves the state so that the next start knows it was no crash. */
  run(signal: AbortSignal): Promise<void>;
}

const SAVE_EVERY_TICKS = 30;

/** Tries new models on this device's own machines, and promotes them or rolls them back by itself. The server must run
 *  the version that `readLiveModels` (roll-out-keeper.ts) names first, or the first of them that can be loaded. */
export async function createRollOut(deps: RollOutDeps): Promise<RollOut> {
  const { server, clock, logger, field } = deps;
  const policy = deps.policy ?? defaultRolloutPolicy;
  const keeper = await createKeeper({ ...deps, policy }, versionOf(server.champion.contract));
  const effects = createEffects(deps);
  const labels = createLabels({ keeper, field });
  const objectivePolicy = deps.objective ?? defaultObjectivePolicy;
  const objectives: Readonly<Record<Role, ReturnType<typeof createObjective>>> = {
    champion: createObjective(objectivePolicy),
    challenger: createObjective(objectivePolicy),
  };
  const listeners = new Set<() => void>();
  let ticks = 0;
  let hasChanged = false;
  let tried = keeper.state.trial?.id;
  let championDigest = keeper.state.champion.model.digest;

  const tell = (): void => {
    hasChanged = false;
    for (const listener of [...listeners]) listener();
  };

  const channels = createChannels({
    ...deps,
    keeper,
    options: deps.channels ?? defaultChannelOptions,
    onChange: tell,
  });
  const frames = createFrames({
    keeper,
    field,
    detector: deps.detector ?? defaultDetectorPolicy,
    champion: () => server.champion.contract,
  });
  const worker = createWorker({ ...deps, keeper, effects, policy, onTick });

  // Evidence changes with every frame; who watches is told once a second, and at once of what matters.
  let drafted = keeper.state.drafted;
  keeper.subscribe(() => {
    const { state } = keeper;
    hasChanged = true;
    forgetOthers(state.trial?.id, state.champion.model.digest);
    if (state.drafted === drafted) return;
    drafted = state.drafted;
    tell();
  });

  /** Errors of one model say nothing of the next. */
  function forgetOthers(trial: string | undefined, digest: string): void {
    if (trial !== tried) objectives.challenger.forget();
    if (digest !== championDigest) objectives.champion.forget();
    tried = trial;
    championDigest = digest;
  }

  async function onTick(signal: AbortSignal): Promise<void> {
    ticks += 1;
    judgeObjectives();
    const mib = effects.memoryGrowthMib();
    if (mib !== undefined) keeper.apply({ kind: "memory", mib });
    if (ticks % SAVE_EVERY_TICKS === 0) await keeper.saveLater(signal);
    if (hasChanged) tell();
  }

  function judgeObjectives(): void {
    const timeUs = clock.nowUs();
    for (const role of ["challenger", "champion"] as const) {
      const { isBroken, percent, failed, frames } = objectives[role].judge(timeUs);
      if (isBroken) keeper.apply({ kind: "objective-broken", role, percent, failed, frames });
      // No frames are no proof, and neither are too few failures to break it once more: a line that stands still, or the
      // first failed frame after a restart, ends no degradation.
      else if (role === "champion" && frames > 0 && percent <= objectivePolicy.mostPercent)
        keeper.apply({ kind: "objective-kept" });
    }
  }

  function report(): RolloutReport {
    const nowUs = clock.nowUs();
    const { isBroken, percent, frames } = objectives.champion.judge(nowUs);
    const { wanting, registry } = channels;
    const { progress } = worker;
    const surroundings = {
      nowUs,
      drift: { ...deps.drift(), ...(wanting && { wanting }) },
      objective: { isBroken, errorPercent: percent, frames },
      registry,
      ...(progress !== undefined && { progress }),
    };
    return rolloutReport(keeper.state, surroundings, policy);
  }

  async function command(
    wanted: RolloutCommand,
    by: string,
    why: string | undefined,
    signal: AbortSignal,
  ): Promise<CommandResult> {
    switch (wanted) {
      case "start": {
        const result = await channels.start(by, why, signal);
        await keeper.settle(signal);
        return result;
      }
      case "abort":
      case "pause":
      case "promote":
      case "resume": {
        const isDone = keeper.apply({
          kind: "command",
          command: wanted,
          by,
          ...(why !== undefined && { why }),
        });
        await keeper.settle(signal);
        return isDone ? "done" : "nothing";
      }
      default:
        return unreachable(wanted);
    }
  }

  return {
    get isDegraded() {
      return keeper.state.degradedSinceUs !== undefined;
    },
    get state() {
      return keeper.state;
    },
    report,
    command,
    disagreements: (most) => disagreementsOf(keeper.state, most),
    label: (frame, verdict, by, note, signal) =>
      labels.label(
        { frame, verdict, by, source: "operator", ...(note !== undefined && { note }) },
        clock.nowUs(),
        signal,
      ),
    workOrder: (order, signal) => labels.workOrder(order, clock.nowUs(), signal),
    history: (most, signal) => deps.audit.newest(most, signal),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onHeard: frames.onHeard,
    onDriftConfirmed: channels.onDriftConfirmed,
    onInference(role, isOk, count) {
      const timeUs = clock.nowUs();
      objectives[role].count(isOk, timeUs, count);
    },
    async run(signal) {
      await Promise.all([worker.run(signal), channels.run(signal)]);
      keeper.apply({ kind: "stopping" });
      await keeper.saveLater(new AbortController().signal);
      await effects.close();
      logger.debug({}, "the rollout has stopped");
    },
  };
}
