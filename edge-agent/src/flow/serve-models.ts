import type { Clock } from "@stethos/protocol-finger/clock";
import { EdgeError } from "../core/errors.ts";
import { modelTitle } from "../core/model.ts";
import { drawFrame } from "../core/rollout/route.ts";
import type { Logger } from "../ports/logger.ts";
import type { LoadedModel, ModelServer, Route, ScoreRequest, ServedScore } from "../ports/scorer.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { incompatibilityOf } from "./serve-models-compatible.ts";
import { createLane, type Lane } from "./serve-models-lane.ts";
import { createRuns, type RunPolicy } from "./serve-models-run.ts";
import { createTrialScoring, served } from "./serve-models-trial.ts";

export interface ServePolicy extends RunPolicy {
  /** Where the comparing model goes first, the acting one waits so long for it at most. */
  readonly headStartMs: number;
  /** What is under way with a model that was replaced may take so long before it is closed. */
  readonly drainMs: number;
}

export const defaultServePolicy: ServePolicy = {
  comparingFrames: 16,
  headStartMs: 20,
  challengerMs: 2000,
  drainMs: 5000,
};

export interface ServeDeps {
  readonly champion: LoadedModel;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly policy?: ServePolicy;
}

/** Never changed, only replaced as a whole: what a batch read at its start holds to its end. */
interface Serving {
  readonly champion: Lane;
  readonly trial: Trial | undefined;
}

interface Trial {
  readonly challenger: Lane;
  readonly route: Route;
}

/** How a frame is scored: by the champion alone, or on trial with this model to act. */
type Way = Route["kind"] | "plain";

/** The models that serve. Frames of a trial are run by both, in batches of the same frames, so that times can be compared;
 *  all others are the champion's. The answer that counts is given as soon as it is there, the other one's follows in
 *  `pair`. Where one batch goes several ways, both models act at the same time, each in its own thread: one frame of the
 *  canary must not make the others wait for both models. Measured on batches of four, half of them the canary's: 8 ms,
 *  and 15 ms one after the other. */
export function createModelServer(deps: ServeDeps): ModelServer {
  const { clock, logger, telemetry, policy = defaultServePolicy } = deps;
  const laneOf = (model: LoadedModel): Lane => createLane(model, policy.drainMs, clock);
  const retiring = new Set<Promise<void>>();
  let serving: Serving = { champion: laneOf(deps.champion), trial: undefined };
  let isClosed = false;
  const championNow = () => (isClosed ? undefined : serving.champion);
  const runs = createRuns({ clock, logger, telemetry, policy, championNow });
  const scoring = createTrialScoring(runs, policy.headStartMs, clock);

  async function byChampion(lane: Lane, batch: readonly ScoreRequest[], signal: AbortSignal) {
    if (batch.length === 0) return [];
    return (await runs.byChampion(lane, batch, signal)).map((one) => served(one, "champion"));
  }

  async function onTrial(
    kind: Route["kind"],
    { champion, trial: { challenger, route } }: { readonly champion: Lane; readonly trial: Trial },
    batch: readonly ScoreRequest[],
    isAlone: boolean,
    signal: AbortSignal,
  ): Promise<ServedScore[]> {
    const [head] = batch;
    if (head === undefined) return [];
    const { isHeads, isRare } = drawFrame(route.trial, head.frame ?? "");
    const isComparedFirst = isHeads && (isAlone || isRare);
    const frames = { champion, challenger, batch, isComparedFirst, signal };
    if (kind === "shadow") return scoring.shadow(frames);
    return route.share < 1 ? scoring.canary(frames) : scoring.full(frames);
  }

  async function retire(lane: Lane): Promise<void> {
    const done = lane.retire();
    retiring.add(done);
    try {
      await done;
    } finally {
      retiring.delete(done);
    }
  }

  function refuseIfClosed(): void {
    if (isClosed) throw new EdgeError("SCORER_FAILED", "the models are closed");
  }

  return {
    get champion() {
      return serving.champion.model;
    },
    get challenger() {
      return serving.trial?.challenger.model;
    },
    async score(batch, signal) {
      refuseIfClosed();
      const { champion, trial } = serving;
      const releases = [champion.hold(), trial?.challenger.hold()];
      try {
        if (trial === undefined) return await byChampion(champion, batch, signal);
        const ways = batch.map((request) => wayOf(request, trial.route));
        const going = (way: Way) => batch.filter((_, i) => ways[i] === way);
        const tried = (kind: Route["kind"]) =>
          onTrial(kind, { champion, trial }, going(kind), batch.length === 1, signal);
        const parts = [
          byChampion(champion, going("plain"), signal),
          tried("shadow"),
          tried("canary"),
        ] as const;
        // Where one fails, the others must not go on with models that are let go.
        await Promise.allSettled(parts);
        const [plain, shadow, canary] = await Promise.all(parts);
        return inOrder(ways, { plain, shadow, canary });
      } finally {
        for (const release of releases) release?.();
      }
    },
    setChallenger(model, route) {
      refuseIfClosed();
      const { champion, trial } = serving;
      if (model === champion.model) throw new TypeError("the champion cannot challenge itself");
      if (trial !== undefined && trial.challenger.model !== model) {
        throw new TypeError("there is a challenger already; drop it first");
      }
      const what = incompatibilityOf(champion.model.contract, model.contract);
      if (what !== undefined) {
        const title = modelTitle(model.contract);
        throw new EdgeError("MODEL_CONTRACT", `${title} cannot take the champion's place: ${what}`);
      }
      serving = { champion, trial: { challenger: trial?.challenger ?? laneOf(model), route } };
    },
    async dropChallenger() {
      const { champion, trial } = serving;
      if (trial === undefined) return;
      serving = { champion, trial: undefined };
      await retire(trial.challenger);
    },
    async promote() {
      const { champion, trial } = serving;
      if (trial === undefined) throw new TypeError("there is no challenger to promote");
      serving = { champion: trial.challenger, trial: undefined };
      await retire(champion);
    },
    async close() {
      isClosed = true;
      const { champion, trial } = serving;
      const last = [champion, ...(trial ? [trial.challenger] : [])];
      await Promise.all([...last.map(retire), ...retiring]);
    },
  };
}

function wayOf({ frame }: ScoreRequest, { kind, share, hears = share, trial }: Route): Way {
  if (frame === undefined) return "plain";
  const { position } = drawFrame(trial, frame);
  if (position < share) return kind;
  return position < hears ? "shadow" : "plain";
}

/** The parts of a batch, side by side again. */
function inOrder<T>(ways: readonly Way[], parts: Readonly<Record<Way, readonly T[]>>): T[] {
  const next = {
    plain: parts.plain.values(),
    shadow: parts.shadow.values(),
    canary: parts.canary.values(),
  };
  return ways.flatMap((way) => next[way].next().value ?? []);
}
