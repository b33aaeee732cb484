import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError } from "../core/errors.ts";
import type { Role } from "../core/model.ts";
import type { ScorePair, ScoreRequest, ServedScore, TimedScore } from "../ports/scorer.ts";
import type { Lane } from "./serve-models-lane.ts";
import type { Compared, Runs } from "./serve-models-run.ts";

/** Frames of a trial. */
export interface TrialBatch {
  readonly champion: Lane;
  readonly challenger: Lane;
  readonly batch: readonly ScoreRequest[];
  /** The model that only compares goes first, if it is free: half of the times where these frames came alone, seldom where
   *  others wait. */
  readonly isComparedFirst: boolean;
  readonly signal: AbortSignal;
}

/** How frames of a trial are scored: by both models, who is only compared after who acts, or before: going first costs, for
 *  the analyser looks at the same block then. Measured on two cores (test/bench/swap.ts), a model against its own copy:
 *  12 % by the clock, 2 % once the wait for a core is left out. Going first in half of the pairs delays the middle frame
 *  by 2 ms, one run of the model in half of the frames; with others waiting it is one pair in 32. */
export interface TrialScoring {
  /** The champion acts, the challenger is compared. */
  shadow(frames: TrialBatch): Promise<ServedScore[]>;
  /** The challenger acts, the champion is compared, or stands in. */
  canary(frames: TrialBatch): Promise<ServedScore[]>;
  /** The challenger acts, the champion only stands in. */
  full(frames: TrialBatch): Promise<ServedScore[]>;
}

/** A comparing run that was begun first; in an object, for a promise of a promise is no such thing. */
interface Ahead {
  readonly run: Promise<Compared>;
}

export function createTrialScoring(runs: Runs, headStartMs: number, clock: Clock): TrialScoring {
  async function ahead(lane: Lane, role: Role, frames: TrialBatch): Promise<Ahead | undefined> {
    if (!frames.isComparedFirst || !lane.isIdle) return undefined;
    const run = runs.toCompare(lane, role, frames.batch, frames.signal);
    const start = new AbortController();
    await Promise.race([run, slept(clock, headStartMs, start.signal)]);
    start.abort();
    return { run };
  }

  /** The challenger's answers, or the champion's in its place. */
  async function byChallenger(frames: TrialBatch, begun: Ahead | undefined): Promise<Acted> {
    const { champion, challenger, batch, signal } = frames;
    try {
      return { role: "challenger", scores: await runs.byChallenger(challenger, batch, signal) };
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const told = await begun?.run;
      const scores = isTimed(told) ? told : await runs.byChampion(champion, batch, signal);
      return { role: "champion", scores, failure: describeError(thrown) };
    }
  }

  return {
    async shadow(frames) {
      const { champion, challenger, batch, signal } = frames;
      const begun = await ahead(challenger, "challenger", frames);
      const scores = await runs.byChampion(champion, batch, signal);
      const compared = begun?.run ?? runs.toCompare(challenger, "challenger", batch, signal);
      const first = begun === undefined ? "champion" : "challenger";
      return scores.map((one, i) =>
        served(
          one,
          "champion",
          compared.then((others) => shadowPair(one, others, i, first)),
        ),
      );
    },
    async canary(frames) {
      const { champion, batch, signal } = frames;
      const begun = await ahead(champion, "champion", frames);
      const acted = await byChallenger(frames, begun);
      const first = begun === undefined ? "challenger" : "champion";
      if (acted.role === "champion") return stoodIn(acted, first);
      const compared = begun?.run ?? runs.toCompare(champion, "champion", batch, signal);
      return acted.scores.map((one, i) =>
        served(
          one,
          "challenger",
          compared.then((others) => canaryPair(one, others, i, first)),
        ),
      );
    },
    async full(frames) {
      const acted = await byChallenger(frames, undefined);
      if (acted.role === "champion") return stoodIn(acted, "challenger");
      return acted.scores.map((one) => served(one, "challenger"));
    },
  };
}

type Acted =
  | { readonly role: "challenger"; readonly scores: readonly TimedScore[] }
  | { readonly role: "champion"; readonly scores: readonly TimedScore[]; readonly failure: string };

const stoodIn = ({ scores, failure }: Extract<Acted, { role: "champion" }>, first: Role): ServedScore[] =>
  scores.map((champion) =>
    served(
      champion,
      "champion",
      Promise.resolve({ champion, challenger: { failure }, first, acted: "champion" }),
    ),
  );

export const served = (
  { raw, by }: TimedScore,
  role: Role,
  pair?: Promise<ScorePair | undefined>,
): ServedScore => ({ ...raw, by, role, ...(pair && { pair }) });

function shadowPair(champion: TimedScore, others: Compared, i: number, first: Role): ScorePair | undefined {
  const challenger = isTimed(others) ? others[i] : others;
  return challenger && { champion, challenger, first, acted: "champion" };
}

/** Without the champion's answer there is nothing to compare. */
function canaryPair(challenger: TimedScore, others: Compared, i: number, first: Role): ScorePair | undefined {
  const champion = isTimed(others) ? others[i] : undefined;
  return champion && { champion, challenger, first, acted: "challenger" };
}

const isTimed = (compared: Compared): compared is readonly TimedScore[] =>
  compared !== undefined && !("failure" in compared);
