import type { Evidence, OpenDisagreement } from "../gate/evidence.ts";
import type { ModelVersion } from "../model.ts";
import type { TimeUs } from "../time.ts";
import type { AuditEntry, OutcomeReport, RolloutReason, Stage, TrialReport } from "./rollout-report.ts";

/** A version that was committed, and when. */
export interface Committed {
  readonly model: ModelVersion;
  readonly sinceUs: TimeUs;
}

/** A challenger on its way. */
export interface Trial {
  readonly id: string;
  readonly challenger: ModelVersion;
  readonly because: TrialReport["because"];
  readonly startedUs: TimeUs;
  readonly stage: Stage;
  readonly stageSinceUs: TimeUs;
  /** Place in the shares of the canary. */
  readonly canaryStep: number;
  /** What the challenger had acted on when this share began. */
  readonly actedBefore: number;
  /** The canary had begun: after a restart it goes on there. */
  readonly hasReachedCanary: boolean;
  readonly evidence: Evidence;
  readonly paused?: { readonly by: string; readonly sinceUs: TimeUs };
  /** Why it goes live: decided. Shadow and canary are over, or left out. */
  readonly promotion?: RolloutReason;
  /** Why it is rolled back: decided. */
  readonly rollback?: { readonly reason: RolloutReason; readonly rejects: boolean };
  /** Inconclusive: it acts on nothing, and waits for a person. */
  readonly held?: RolloutReason;
  /** How often the agent crashed meanwhile. */
  readonly crashes: number;
  /** The agent was told to stop: what comes is no crash. */
  readonly isStopping: boolean;
}

/** An entry for the audit log that may not be there yet. */
export interface AuditDraft extends Omit<AuditEntry, "sequence"> {
  /** Numbers the drafts of this device: after a crash tells which were written. */
  readonly number: number;
}

/** A pointer that declares a return to an older version. */
export interface FollowedRecall {
  readonly channel: string;
  readonly sequence: number;
}

/** All that a rollout must remember. Plain data; what is to be done follows from it alone. */
export interface RolloutState {
  readonly champion: Committed;
  readonly previous?: Committed;
  readonly trial?: Trial;
  /** Trials begun so far. */
  readonly trials: number;
  /** Newest first. */
  readonly outcomes: readonly OutcomeReport[];
  /** Digests that are not tried again by themselves, oldest first. */
  readonly rejected: readonly string[];
  /** The newest recall that was followed. */
  readonly recall?: FollowedRecall;
  /** Until then errors of the champion bring back the version before. */
  readonly guardUntilUs?: TimeUs;
  /** Threshold alarms only, since then. */
  readonly degradedSinceUs?: TimeUs;
  /** Of the trial that ended last. */
  readonly ended: readonly OpenDisagreement[];
  readonly drafts: readonly AuditDraft[];
  readonly drafted: number;
}

export const initialState = (champion: ModelVersion, timeUs: TimeUs): RolloutState => ({
  champion: { model: champion, sinceUs: timeUs },
  trials: 0,
  outcomes: [],
  rejected: [],
  ended: [],
  drafts: [],
  drafted: 0,
});

/** The version that this state says is live: committed is what was decided to be, whether or not it was done. */
export const committedModel = ({ champion, trial }: RolloutState): ModelVersion =>
  trial?.stage === "commit" ? trial.challenger : champion.model;

export const isRejected = (state: RolloutState, { digest }: Pick<ModelVersion, "digest">): boolean =>
  state.rejected.includes(digest);
