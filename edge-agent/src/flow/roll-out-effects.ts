import { describeError, EdgeError, unreachable } from "../core/errors.ts";
import { type GoldenAnswer, type GoldenTally, tallyGolden } from "../core/gate/golden.ts";
import { type ModelVersion, modelTitle } from "../core/model.ts";
import type { Effect } from "../core/rollout/effect.ts";
import type { Logger } from "../ports/logger.ts";
import type { InstalledModel, ModelStore } from "../ports/model-store.ts";
import type {
  GoldenFrame,
  LoadedModel,
  LoadModel,
  ModelContract,
  ModelServer,
  RawScore,
  Scorer,
} from "../ports/scorer.ts";
import type { Happening } from "./roll-out-keeper.ts";
import { incompatibilityOf } from "./serve-models-compatible.ts";

export interface EffectDeps {
  readonly server: ModelServer;
  readonly store: ModelStore;
  readonly load: LoadModel;
  readonly logger: Logger;
  /** Resident memory of the agent. */
  memoryMib(): number;
}

/** Makes the world look as the state says. */
export interface Effects {
  /** @returns what that led to, if anything
   *  @throws whatever kept it from being done */
  perform(
    effect: Effect,
    onProgress: (share: number) => void,
    signal: AbortSignal,
  ): Promise<Happening | undefined>;
  /** Whole MiB since before the challenger was loaded; undefined without one. */
  memoryGrowthMib(): number | undefined;
  /** Closes a challenger that serves nothing yet. */
  close(): Promise<void>;
}

interface Challenger {
  readonly model: LoadedModel;
  readonly memoryBeforeMib: number;
}

export function createEffects(deps: EffectDeps): Effects {
  const { server, store, logger } = deps;
  let challenger: Challenger | undefined;

  async function load(version: ModelVersion, signal: AbortSignal): Promise<Happening> {
    await close();
    const memoryBeforeMib = deps.memoryMib();
    const model = await deps.load(await store.installed(version, signal), signal);
    const what = incompatibilityOf(server.champion.contract, model.contract);
    if (what !== undefined) {
      await model.close();
      return { kind: "incompatible", what };
    }
    challenger = { model, memoryBeforeMib };
    return { kind: "done", stage: "load" };
  }

  /** Only ever the model that was checked and warmed for this trial. */
  function loaded(version: ModelVersion): LoadedModel {
    const model = challenger?.model;
    if (model === undefined || model.contract.digest !== version.digest) {
      throw new EdgeError("MODEL_MISSING", `${modelTitle(version)} is not in memory; start the trial again`);
    }
    return model;
  }

  async function commit(
    effect: Extract<Effect, { kind: "commit" }>,
    signal: AbortSignal,
  ): Promise<Happening> {
    const { model, previous } = effect;
    if (server.champion.contract.digest !== model.digest) {
      if (server.challenger?.contract.digest !== model.digest) {
        throw new EdgeError("MODEL_MISSING", `${modelTitle(model)} is not in memory; restart the agent`);
      }
      await server.promote();
    }
    challenger = undefined;
    await store.committed(model);
    await tidy([model, previous], signal);
    return { kind: "done", stage: "commit" };
  }

  /** Disk space is worth a warning, never a trial. */
  async function tidy(keep: readonly ModelVersion[], signal: AbortSignal): Promise<void> {
    try {
      await store.keepOnly(keep, signal);
    } catch (thrown) {
      logger.warn({ err: describeError(thrown) }, "models that nobody needs could not be removed");
    }
  }

  async function drop(): Promise<void> {
    if (server.challenger !== undefined) {
      // The server closes it.
      if (server.challenger === challenger?.model) challenger = undefined;
      await server.dropChallenger();
    }
    await close();
  }

  async function close(): Promise<void> {
    const model = challenger?.model;
    challenger = undefined;
    if (model !== undefined && model !== server.challenger) await model.close();
  }

  return {
    async perform(effect, onProgress, signal) {
      switch (effect.kind) {
        case "none":
          return undefined;
        case "install":
          await fetchModel(store, effect.model, onProgress, signal);
          return { kind: "done", stage: "verify" };
        case "load":
          return load(effect.model, signal);
        case "warm":
          await loaded(effect.model).warm(signal);
          return { kind: "done", stage: "warm" };
        case "golden": {
          const models = { champion: server.champion, challenger: loaded(effect.model) };
          const tally = await runGolden(models, logger, onProgress, signal);
          return { kind: "golden-done", tally };
        }
        case "route":
          server.setChallenger(loaded(effect.model), effect.route);
          return effect.isFull ? { kind: "done", stage: "full" } : undefined;
        case "commit":
          return commit(effect, signal);
        case "drop":
          await drop();
          if (!effect.thenDone) return undefined;
          await tidy(effect.keep, signal);
          return { kind: "done", stage: "rollback" };
        default:
          return unreachable(effect);
      }
    },
    memoryGrowthMib: () => challenger && Math.round(deps.memoryMib() - challenger.memoryBeforeMib),
    close,
  };
}

/** A version that is here and whole need not be fetched: that works without the registry too. */
async function fetchModel(
  store: ModelStore,
  model: ModelVersion,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<InstalledModel> {
  try {
    return await store.installed(model, signal);
  } catch (thrown) {
    if (!(thrown instanceof EdgeError)) throw thrown;
  }
  return store.install(model, (bytes, total) => onProgress(total > 0 ? bytes / total : 0), signal);
}

// Frames of a run: the champion serves meanwhile, and must not wait long.
const GOLDEN_BATCH = 4;

async function runGolden(
  { champion, challenger }: { readonly champion: Scorer; readonly challenger: LoadedModel },
  logger: Logger,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<GoldenTally | undefined> {
  const frames = await challenger.goldenFrames(signal);
  if (frames.length === 0) return undefined;
  const answers: GoldenAnswer[] = [];
  let isChampionAsked = true;

  /** A champion that cannot be run is right about nothing, and may be the reason why another version is wanted at once. */
  async function askChampion(batch: readonly GoldenFrame[]): Promise<readonly RawScore[] | undefined> {
    if (!isChampionAsked) return undefined;
    try {
      return await champion.score(batch, signal);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      isChampionAsked = false;
      logger.warn({ err: describeError(thrown) }, "the champion has no answer to the labelled frames");
      return undefined;
    }
  }

  for (let at = 0; at < frames.length; at += GOLDEN_BATCH) {
    const batch = frames.slice(at, at + GOLDEN_BATCH);
    const [ours, theirs] = await Promise.all([askChampion(batch), challenger.score(batch, signal)]);
    batch.forEach(({ isAnomalous }, i) => {
      answers.push({
        isAnomalous,
        champion: ours === undefined ? !isAnomalous : verdictOf(ours[i], champion.contract),
        challenger: verdictOf(theirs[i], challenger.contract),
      });
    });
    onProgress(answers.length / frames.length);
  }
  return tallyGolden(answers);
}

const verdictOf = (raw: RawScore | undefined, contract: ModelContract): boolean =>
  raw !== undefined && probabilityOf(raw, contract) > contract.anomalyThreshold;

/** 1 - P(healthy). */
export const probabilityOf = (
  { probabilities }: Pick<RawScore, "probabilities">,
  { classes }: Pick<ModelContract, "classes">,
): number => 1 - (probabilities[classes.indexOf("healthy")] ?? 1);
