import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError, EdgeError } from "../core/errors.ts";
import { effectKey, effectOf } from "../core/rollout/effect.ts";
import type { RolloutPolicy } from "../core/rollout/rollout-policy.ts";
import { type Backoff, createBackoff } from "../lib/backoff.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import type { Effects } from "./roll-out-effects.ts";
import type { Happening, Keeper } from "./roll-out-keeper.ts";

export interface WorkerDeps {
  readonly keeper: Keeper;
  readonly effects: Effects;
  readonly policy: RolloutPolicy;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  /** Every second. */
  onTick(signal: AbortSignal): Promise<void>;
}

export interface Worker {
  /** Of what is being done, 0..1. */
  readonly progress: number | undefined;
  /** Works until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const TICK_MS = 1000;

/** Brings the world to where the state says it is: what was decided is on disk before it is done. */
export function createWorker(deps: WorkerDeps): Worker {
  const { keeper, effects, policy, clock, logger } = deps;
  const backoff = createBackoff(1000, 300_000, deps.random);
  let progress: number | undefined;
  let doneKey = "";
  let retryAtMs = 0;

  /** Ends it as soon as the state wants something else. */
  async function perform(key: string, signal: AbortSignal): Promise<void> {
    const changed = new AbortController();
    const off = keeper.subscribe(() => {
      if (effectKey(keeper.state) !== key) changed.abort(new DOMException("no longer wanted", "AbortError"));
    });
    try {
      const both = AbortSignal.any([signal, changed.signal]);
      const effect = effectOf(keeper.state, policy);
      const led = await effects.perform(effect, (share) => (progress = share), both);
      doneKey = key;
      backoff.reset();
      if (led !== undefined) keeper.apply(led);
    } catch (thrown) {
      if (signal.aborted) return;
      if (changed.signal.aborted) logger.debug({ err: describeError(thrown) }, "a step was no longer wanted");
      else onFailure(thrown);
    } finally {
      off();
      progress = undefined;
    }
  }

  function onFailure(thrown: unknown): void {
    const stage = keeper.state.trial?.stage;
    const mustBeDone = stage === "commit" || stage === "rollback" || keeper.state.trial?.held !== undefined;
    if (!mustBeDone && !isPassing(thrown)) {
      keeper.apply(failureOf(thrown));
      return;
    }
    const waitMs = retryWait(backoff, clock);
    retryAtMs = waitMs.untilMs;
    logger.warn({ stage, err: describeError(thrown), retryInMs: waitMs.ms }, "a step of the trial failed");
  }

  async function waitForNews(signal: AbortSignal): Promise<void> {
    const news = new AbortController();
    // Evidence comes with every frame and asks for nothing.
    const off = keeper.subscribe(() => {
      if (!keeper.isSettled || effectKey(keeper.state) !== doneKey) news.abort();
    });
    await slept(clock, TICK_MS, AbortSignal.any([signal, news.signal]));
    off();
  }

  return {
    get progress() {
      return progress;
    },
    async run(signal) {
      let tickedMs = clock.monotonicMs();
      while (!signal.aborted) {
        await settled(keeper, signal);
        const key = effectKey(keeper.state);
        if (keeper.isSettled && key !== doneKey && clock.monotonicMs() >= retryAtMs) {
          await perform(key, signal);
          continue;
        }
        await waitForNews(signal);
        if (clock.monotonicMs() - tickedMs >= TICK_MS) {
          tickedMs = clock.monotonicMs();
          keeper.apply({ kind: "tick" });
          await deps.onTick(signal);
        }
      }
    },
  };
}

async function settled(keeper: Keeper, signal: AbortSignal): Promise<void> {
  try {
    await keeper.settle(signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}

function retryWait(backoff: Backoff, clock: Clock): { readonly ms: number; readonly untilMs: number } {
  const ms = backoff.next();
  return { ms, untilMs: clock.monotonicMs() + ms };
}

/** Nothing is wrong with the model: the registry is away, or the disk is full. */
const isPassing = (thrown: unknown): boolean =>
  thrown instanceof EdgeError && (thrown.code === "REGISTRY_UNREACHABLE" || thrown.code === "DISK_FULL");

const failureOf = (thrown: unknown): Happening => ({
  kind: "failed",
  error: thrown instanceof EdgeError ? thrown.code : "UNEXPECTED",
  message: describeError(thrown),
});
