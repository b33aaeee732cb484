import { EdgeError } from "../errors.ts";
import type { ModelVersion } from "../model.ts";
import { disagreementShape, evidenceShape } from "./evidence-shape.ts";
import { reasonShape } from "./reason-shape.ts";
import { type OutcomeReport, stages } from "./rollout-report.ts";
import {
  type AuditDraft,
  type Committed,
  committedModel,
  type FollowedRecall,
  initialState,
  type RolloutState,
  type Trial,
} from "./rollout-state.ts";
import { fields, finite, flag, listOf, mapOf, maybe, oneOf, type Shape, text } from "./shape.ts";

/** Raised when older text cannot be read as this any more. */
const VERSION = 1;

export const serialiseState = (state: RolloutState): string => JSON.stringify({ version: VERSION, ...state });

const model = fields<ModelVersion>({ name: text, version: text, digest: text, sequence: finite });
const committed = fields<Committed>({ model, sinceUs: finite });

const outcome = fields<OutcomeReport>({
  kind: oneOf("inconclusive", "promoted", "rolled-back"),
  trial: text,
  model: fields<OutcomeReport["model"]>({ digest: text, name: text, version: text }),
  reason: reasonShape,
  timeUs: finite,
});

const trial = fields<Trial>({
  id: text,
  challenger: model,
  because: oneOf("by-hand", "drift", "published", "recall"),
  startedUs: finite,
  stage: oneOf(...stages),
  stageSinceUs: finite,
  canaryStep: finite,
  actedBefore: finite,
  hasReachedCanary: flag,
  evidence: evidenceShape,
  paused: maybe(fields<{ by: string; sinceUs: number }>({ by: text, sinceUs: finite })),
  promotion: maybe(reasonShape),
  rollback: maybe(fields<NonNullable<Trial["rollback"]>>({ reason: reasonShape, rejects: flag })),
  held: maybe(reasonShape),
  crashes: finite,
  isStopping: flag,
});

const anything: Shape<unknown> = (value) => value;

const draft = fields<AuditDraft>({
  number: finite,
  timeUs: finite,
  by: text,
  what: text,
  detail: mapOf(anything),
});

const recall = fields<FollowedRecall>({ channel: text, sequence: finite });

const stateShape = fields<RolloutState>({
  champion: committed,
  previous: maybe(committed),
  trial: maybe(trial),
  trials: finite,
  outcomes: listOf(outcome),
  rejected: listOf(text),
  recall: maybe(recall),
  guardUntilUs: maybe(finite),
  degradedSinceUs: maybe(finite),
  ended: listOf(disagreementShape),
  drafts: listOf(draft),
  drafted: finite,
});

/** The state, as far as it can be read. */
export interface ReadState {
  readonly state: RolloutState;
  /** What could not be read, where something could not. */
  readonly damage?: string;
}

/** The inverse of {@link serialiseState}. Of a text of another version or with damage the champion is kept, the version
 *  before it and what was rejected: what is lost is a trial, never the model that works.
 *  @throws EdgeError DATA_INVALID where not even the champion can be read */
export function parseState(json: string): ReadState {
  const value = parse(json);
  try {
    fields<{ version: 1 }>({ version: isVersion })(value, "");
    return { state: stateShape(value, "") };
  } catch (thrown) {
    if (!(thrown instanceof EdgeError)) throw thrown;
    return { state: salvage(value), damage: thrown.message };
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new EdgeError("DATA_INVALID", "the rollout's state is no JSON", { cause });
  }
}

const isVersion: Shape<1> = (value) => {
  if (value === VERSION) return VERSION;
  throw new EdgeError(
    "DATA_INVALID",
    `the rollout's state is of version ${JSON.stringify(value)}, this agent reads version ${VERSION}`,
  );
};

function salvage(value: unknown): RolloutState {
  const { champion } = fields<{ champion: Committed }>({ champion: committed })(value, "");
  // A trial that was about to be committed was decided: what it led to is the champion.
  const stage = attempt(() => fields<{ trial: Decided }>({ trial: decided })(value, "").trial);
  const live: Committed =
    stage?.stage === "commit" ? { model: stage.challenger, sinceUs: champion.sinceUs } : champion;
  const kept = initialState(live.model, live.sinceUs);
  const previous = attempt(
    () => fields<{ previous: Committed }>({ previous: committed })(value, "").previous,
  );
  const followed = attempt(() => fields<{ recall: FollowedRecall }>({ recall })(value, "").recall);
  const list = <T>(name: string, item: Shape<T>): readonly T[] =>
    attempt(() => fields<Record<string, readonly T[]>>({ [name]: listOf(item) })(value, "")[name]) ?? [];
  const count = (name: string): number =>
    attempt(() => fields<Record<string, number>>({ [name]: finite })(value, "")[name]) ?? 0;
  return {
    ...kept,
    ...(previous && { previous }),
    ...(followed && { recall: followed }),
    rejected: list("rejected", text),
    outcomes: list("outcomes", outcome),
    trials: count("trials"),
    drafts: list("drafts", draft),
    drafted: count("drafted"),
  };
}

interface Decided {
  readonly stage: string;
  readonly challenger: ModelVersion;
}
const decided = fields<Decided>({ stage: text, challenger: model });

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof EdgeError) return undefined;
    throw thrown;
  }
}

/** The versions that may be live, the right one first: what to load before anything else runs. */
export function liveModels({ state }: ReadState): readonly ModelVersion[] {
  const candidates = [committedModel(state), state.champion.model, state.previous?.model];
  const known = candidates.filter((one) => one !== undefined);
  return known.filter((one, i) => known.findIndex(({ digest }) => digest === one.digest) === i);
}
