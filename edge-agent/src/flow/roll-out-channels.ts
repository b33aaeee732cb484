import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError, EdgeError } from "../core/errors.ts";
import { isFollowed } from "../core/rollout/offer-step.ts";
import type { RolloutReport } from "../core/rollout/rollout-report.ts";
import { isRejected } from "../core/rollout/rollout-state.ts";
import { createBackoff } from "../lib/backoff.ts";
import type { Logger } from "../ports/logger.ts";
import type { ModelStore, OfferedModel } from "../ports/model-store.ts";
import type { Random } from "../ports/random.ts";
import type { CommandResult } from "../ports/rollout.ts";
import { type Keeper, versionOf } from "./roll-out-keeper.ts";

/** What makes a trial begin by itself. */
export type StartOn = "both" | "drift" | "published";

export interface ChannelOptions {
  readonly candidateChannel: string;
  /** A signed return to an older version is followed at once. */
  readonly stableChannel: string;
  readonly pollSeconds: number;
  readonly startOn: StartOn;
}

export const defaultChannelOptions: ChannelOptions = {
  candidateChannel: "candidate",
  stableChannel: "stable",
  pollSeconds: 300,
  startOn: "drift",
};

export interface ChannelDeps {
  readonly store: ModelStore;
  readonly keeper: Keeper;
  readonly options: ChannelOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  onChange(): void;
  /** A better model is wanted and there is none: asks for it. @returns whether the request was sent */
  onWanting(sinceUs: number): Promise<boolean>;
}

/** Looks at the channels, and asks for what is not there. */
export interface Channels {
  readonly registry: RolloutReport["registry"];
  readonly wanting: RolloutReport["drift"]["wanting"];
  /** The model does not fit what it hears any more. */
  onDriftConfirmed(): void;
  /** Tries what the candidate channel offers, also what was rejected. */
  start(by: string, why: string | undefined, signal: AbortSignal): Promise<CommandResult>;
  /** Polls until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const FIRST_RETRY_MS = 5000;
const RECALL_LOOK_MS = 1000;

/** No offer and no failure: the channel is empty. */
interface Answer {
  readonly offer?: OfferedModel;
  readonly failure?: EdgeError;
}

const isAway = (failure: EdgeError | undefined): boolean => failure?.code === "REGISTRY_UNREACHABLE";

export function createChannels(deps: ChannelDeps): Channels {
  const { store, keeper, options, clock, logger } = deps;
  const pollMs = options.pollSeconds * 1000;
  const backoff = createBackoff(Math.min(FIRST_RETRY_MS, pollMs), pollMs, deps.random);
  let registry: RolloutReport["registry"] = { name: store.name, reachable: false, reason: "not asked yet" };
  let wanting: RolloutReport["drift"]["wanting"];
  /** What is wrong with each channel. */
  const failing = new Map<string, string>();
  let driftPending = false;
  /** A version is called back, and what is being done must end first. */
  let isRecallOpen = false;
  let wake: () => void = () => undefined;

  /** @param failures of the channels that were asked; what is worst of them is told */
  function told(failures: readonly EdgeError[]): void {
    const before = registry;
    const worst = failures.find(isAway) ?? failures[0];
    registry = {
      name: store.name,
      reachable: worst === undefined || !isAway(worst),
      reason: worst === undefined ? "" : describeError(worst),
      ...(worst && { code: worst.code }),
      checkedUs: clock.nowUs(),
    };
    if (before.reachable !== registry.reachable || before.reason !== registry.reason) deps.onChange();
  }

  async function ask(channel: string, signal: AbortSignal): Promise<Answer> {
    try {
      const offer = await store.offered(channel, signal);
      failing.delete(channel);
      return { ...(offer && { offer }) };
    } catch (failure) {
      if (signal.aborted || !(failure instanceof EdgeError)) throw failure;
      const message = describeError(failure);
      // Each reason once, not with every look.
      if (failing.get(channel) !== message) {
        failing.set(channel, message);
        const { code } = failure;
        logger.warn({ channel, code, err: message }, "the model registry gives no answer to use");
        if (!isAway(failure)) keeper.apply({ kind: "offer-refused", channel, error: code, message });
      }
      return { failure };
    }
  }

  async function look(signal: AbortSignal): Promise<boolean> {
    const answers: Answer[] = [];
    try {
      return await lookAt(async (channel) => {
        const answer = await ask(channel, signal);
        answers.push(answer);
        return answer;
      });
    } finally {
      told(answers.flatMap(({ failure }) => failure ?? []));
    }
  }

  async function lookAt(asked: (channel: string) => Promise<Answer>): Promise<boolean> {
    const stable = await asked(options.stableChannel);
    isRecallOpen = stable.offer?.isRollback === true && !follow(stable.offer);
    if (isRecallOpen) return isAway(stable.failure);
    const isFor = driftPending || wanting !== undefined ? "drift" : "published";
    if (isFor === "published" && options.startOn === "drift") return isAway(stable.failure);
    const candidate = await asked(options.candidateChannel);
    if (candidate.offer !== undefined && !candidate.offer.isRollback) {
      keeper.apply({ kind: "offered", model: versionOf(candidate.offer.model), because: isFor });
    }
    if (!isAway(candidate.failure)) await weigh(candidate);
    return isAway(stable.failure) || isAway(candidate.failure);
  }

  /** @returns whether the recall is under way, or done; else what is being done must end first */
  function follow({ model, channel, sequence }: OfferedModel): boolean {
    const pointer = { channel, sequence };
    keeper.apply({ kind: "offered", model: versionOf(model), because: "recall", pointer });
    return isFollowed(keeper.state, pointer);
  }

  /** Drift asked for another model: there is one now, or it must be asked for. */
  async function weigh({ offer }: { readonly offer?: OfferedModel }): Promise<void> {
    if (keeper.state.trial !== undefined && keeper.state.trial.held === undefined) {
      driftPending = false;
      setWanting(undefined);
      return;
    }
    if (!driftPending) return;
    driftPending = false;
    if (wanting !== undefined) return;
    logger.warn(
      {
        offered: offer?.model.version,
        rejected: offer !== undefined && isRejected(keeper.state, offer.model),
      },
      "drift is confirmed and there is no candidate to try",
    );
    const sinceUs = clock.nowUs();
    setWanting({ sinceUs, requested: false });
    setWanting({ sinceUs, requested: await requested(sinceUs) });
  }

  async function requested(sinceUs: number): Promise<boolean> {
    try {
      return await deps.onWanting(sinceUs);
    } catch (thrown) {
      logger.error({ err: describeError(thrown) }, "retraining could not be requested");
      return false;
    }
  }

  function setWanting(value: typeof wanting): void {
    if (wanting === value) return;
    wanting = value;
    deps.onChange();
  }

  async function lookSafely(signal: AbortSignal): Promise<boolean> {
    try {
      return await look(signal);
    } catch (thrown) {
      if (signal.aborted) return false;
      // No registry's fault: the disk, as a rule.
      registry = { ...registry, reason: describeError(thrown), checkedUs: clock.nowUs() };
      deps.onChange();
      logger.error({ err: describeError(thrown) }, "the model channels could not be looked at");
      return true;
    }
  }

  return {
    get registry() {
      return registry;
    },
    get wanting() {
      return wanting;
    },
    onDriftConfirmed() {
      if (options.startOn === "published" || wanting !== undefined) return;
      driftPending = true;
      wake();
    },
    async start(by, why, signal) {
      const { trial } = keeper.state;
      if (trial !== undefined && trial.held === undefined) return "nothing";
      const { offer, failure } = await ask(options.candidateChannel, signal);
      told(failure === undefined ? [] : [failure]);
      if (offer === undefined) return "no-candidate";
      const model = versionOf(offer.model);
      const hasBegun = keeper.apply({
        kind: "offered",
        model,
        because: "by-hand",
        by,
        ...(why !== undefined && { why }),
      });
      if (!hasBegun) return "no-candidate";
      setWanting(undefined);
      return "done";
    },
    async run(signal) {
      while (!signal.aborted) {
        const isAway = await lookSafely(signal);
        if (!isAway) backoff.reset();
        const news = new AbortController();
        wake = () => news.abort();
        if (driftPending && !isAway && !isRecallOpen) continue;
        const restMs = isRecallOpen ? Math.min(RECALL_LOOK_MS, pollMs) : pollMs;
        await slept(clock, isAway ? backoff.next() : restMs, AbortSignal.any([signal, news.signal]));
      }
    },
  };
}
