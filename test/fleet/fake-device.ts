import type { FleetOutcome, FleetReport, FleetVersion } from "@stethos/edge-agent/core";

/** What becomes of a version on a device that tries it. "held": no decision without a person. "falls-back": it promotes it,
 *  and returns later. "dead": it says nothing any more from then on, until it is repaired. */
export type Fate = "dead" | "falls-back" | "good" | "held" | "rejects";

export interface ChannelPointer extends FleetVersion {
  readonly isRollback: boolean;
  readonly sequence: number;
}

/** The pointers of one device, as they lie in the store. */
export interface Pointers {
  candidate?: ChannelPointer | undefined;
  stable?: ChannelPointer | undefined;
}

/** A device as the controller can know it: it follows two pointers, tries, decides and tells. Its steps are the agent's, its
 *  gate is a fate that is written down before. */
export interface FakeDevice {
  readonly node: string;
  /** As it was told last. */
  readonly report: FleetReport;
  /** As it is. */
  readonly now: FleetReport;
  readonly isDead: boolean;
  /** One look at the channels, or one step of the trial. */
  step(pointers: Pointers): void;
  /** Tells how it is, with a new sequence. */
  speak(): void;
  /** It rejected the version before. */
  refuse(version: FleetVersion): void;
  /** It lives, and whoever was waited for decides. */
  repair(): void;
}

interface State {
  champion: FleetVersion;
  previous: FleetVersion | undefined;
  trial:
    | (FleetVersion & { readonly isRecall: boolean; readonly left: number; readonly isHeld: boolean })
    | undefined;
  outcomes: FleetOutcome[];
  rejected: string[];
  sequence: number;
  isDead: boolean;
  /** Steps until it returns from what it promoted. */
  returns: number | undefined;
}

export interface FakeDeviceOptions {
  readonly node: string;
  readonly model: string;
  readonly champion: FleetVersion;
  readonly fate: Fate;
  /** Steps that a trial takes. */
  readonly trialSteps: number;
  /** A rollback to what it runs already ends the trial of another. */
  readonly endsTrialOnRecall: boolean;
}

export function createFakeDevice(options: FakeDeviceOptions): FakeDevice {
  const { node, model, trialSteps } = options;
  let { fate } = options;
  const state: State = {
    champion: options.champion,
    previous: undefined,
    trial: undefined,
    outcomes: [],
    rejected: [],
    sequence: 1,
    isDead: false,
    returns: undefined,
  };

  function outcome(version: FleetVersion, kind: FleetOutcome["kind"], reason: FleetOutcome["reason"]): void {
    const { version: name, digest } = version;
    state.outcomes = [{ version: name, digest, kind, reason, time: TIME }, ...state.outcomes].slice(0, 8);
  }

  function reject({ digest }: FleetVersion): void {
    state.rejected = [...state.rejected.filter((one) => one !== digest), digest];
  }

  function begin({ version, digest }: FleetVersion, isRecall: boolean): void {
    if (!isRecall && fate === "dead") state.isDead = true;
    state.rejected = state.rejected.filter((one) => one !== digest);
    state.trial = { version, digest, isRecall, left: isRecall ? 1 : trialSteps, isHeld: false };
  }

  function decide(trial: NonNullable<State["trial"]>): void {
    if (trial.isRecall || fate === "good" || fate === "falls-back" || fate === "dead") {
      state.trial = undefined;
      state.previous = state.champion;
      state.champion = { version: trial.version, digest: trial.digest };
      outcome(trial, "promoted", trial.isRecall ? "recalled" : "accuracy-rose");
      if (trial.isRecall) reject(state.previous);
      state.returns = !trial.isRecall && fate === "falls-back" ? 3 : undefined;
    } else if (fate === "held") {
      if (!trial.isHeld) outcome(trial, "inconclusive", "trial-too-long");
      state.trial = { ...trial, isHeld: true };
    } else {
      state.trial = undefined;
      outcome(trial, "rolled-back", "accuracy-fell");
      reject(trial);
    }
  }

  function follow({ candidate, stable }: Pointers): boolean {
    if (stable?.isRollback && recall(stable)) return true;
    if (candidate === undefined || state.trial !== undefined || candidate.isRollback) return false;
    if (candidate.digest === state.champion.digest || state.rejected.includes(candidate.digest)) return false;
    begin(candidate, false);
    return true;
  }

  /** A signed return, also from what went live in spite of it. */
  function recall(stable: ChannelPointer): boolean {
    const isHere = stable.digest === state.champion.digest;
    if (state.trial !== undefined && !state.trial.isRecall && (options.endsTrialOnRecall || !isHere)) {
      outcome(state.trial, "rolled-back", "recalled");
      state.trial = undefined;
      return true;
    }
    if (isHere || state.trial !== undefined) return false;
    begin(stable, true);
    return true;
  }

  function move(pointers: Pointers): boolean {
    if (state.returns !== undefined && state.previous !== undefined) {
      state.returns -= 1;
      if (state.returns > 0) return false;
      state.returns = undefined;
      outcome(state.champion, "rolled-back", "slo-broken");
      reject(state.champion);
      state.champion = state.previous;
      return true;
    }
    if (follow(pointers)) return true;
    const { trial } = state;
    if (trial === undefined || (trial.isHeld && fate === "held")) return false;
    if (trial.left > 1) {
      state.trial = { ...trial, left: trial.left - 1 };
      return true;
    }
    decide(trial);
    return true;
  }

  function reportNow(): FleetReport {
    const { champion, trial, outcomes, rejected, sequence } = state;
    return {
      schemaVersion: 1,
      node,
      site: "plant",
      agentVersion: "0.1.0",
      sequence,
      time: TIME,
      model,
      champion: { ...champion, sinceTime: TIME },
      ...(trial && {
        trial: {
          version: trial.version,
          digest: trial.digest,
          stage: "shadow",
          stageSinceTime: TIME,
          isPaused: trial.isHeld,
          isHeld: trial.isHeld,
        },
      }),
      outcomes,
      rejected,
      isDegraded: false,
      driftConfirmed: 0,
    };
  }

  let told = reportNow();
  return {
    node,
    get isDead() {
      return state.isDead;
    },
    get report() {
      return told;
    },
    get now() {
      return reportNow();
    },
    step(pointers) {
      if (!state.isDead) move(pointers);
    },
    speak() {
      if (state.isDead) return;
      state.sequence += 1;
      told = reportNow();
    },
    refuse(version) {
      reject(version);
      told = reportNow();
    },
    repair() {
      state.isDead = false;
      if (fate === "held") fate = "rejects";
    },
  };
}

const TIME = "2026-11-23T00:00:00.000Z";
