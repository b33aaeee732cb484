import { unreachable } from "../errors.ts";
import type { ModelVersion } from "../model.ts";
import type { RolloutPolicy } from "./rollout-policy.ts";
import type { RolloutState, Trial } from "./rollout-state.ts";

/** What the world must be made to look like: follows from the state alone, so that a restart goes on where it was. Each
 *  may be done again without harm. */
export type Effect =
  | { readonly kind: "none" }
  | { readonly kind: "golden" | "install" | "load" | "warm"; readonly model: ModelVersion }
  | {
      readonly kind: "route";
      readonly model: ModelVersion;
      readonly route: RouteEffect;
      readonly isFull: boolean;
    }
  | { readonly kind: "commit"; readonly model: ModelVersion; readonly previous: ModelVersion }
  /** The challenger goes; `thenDone`: that ends the trial, and only these are still needed on the disk. */
  | { readonly kind: "drop"; readonly thenDone: boolean; readonly keep: readonly ModelVersion[] };

export interface RouteEffect {
  readonly kind: "canary" | "shadow";
  readonly share: number;
  readonly hears?: number;
  readonly trial: string;
}

export function effectOf(state: RolloutState, policy: RolloutPolicy): Effect {
  const { trial, champion, previous } = state;
  if (trial === undefined) return { kind: "none" };
  const keep = [champion.model, ...(previous ? [previous.model] : [])];
  if (trial.held !== undefined) return { kind: "drop", thenDone: false, keep };
  const model = trial.challenger;
  switch (trial.stage) {
    case "verify":
      return { kind: "install", model };
    case "load":
    case "warm":
    case "golden":
      return { kind: trial.stage, model };
    case "shadow":
    case "canary":
      return { kind: "route", model, route: routeOf(trial, policy), isFull: false };
    case "full":
    case "soak":
      return { kind: "route", model, route: routeOf(trial, policy), isFull: true };
    case "commit":
      return { kind: "commit", model, previous: champion.model };
    case "rollback":
      return { kind: "drop", thenDone: true, keep };
    default:
      return unreachable(trial.stage);
  }
}

function routeOf(trial: Trial, policy: RolloutPolicy): RouteEffect {
  if (trial.stage === "shadow") return { kind: "shadow", share: policy.shadowShare, trial: trial.id };
  const hears = trial.stage === "canary" ? { hears: hearsOf(trial, policy) } : {};
  return { kind: "canary", share: shareOf(trial, policy), ...hears, trial: trial.id };
}

/** Of the frames on which the challenger acts. A pause freezes the stages, not the share. */
export function shareOf(trial: Trial, policy: RolloutPolicy): number {
  if (trial.held !== undefined) return 0;
  switch (trial.stage) {
    case "canary":
      return policy.canaryShares[trial.canaryStep] ?? 0;
    case "full":
    case "soak":
    case "commit":
      return 1;
    default:
      return 0;
  }
}

/** Of the frames that the challenger hears, whether or not it acts on them. */
export function hearsOf(trial: Trial, policy: RolloutPolicy): number {
  if (trial.held !== undefined) return 0;
  if (trial.stage === "shadow") return policy.shadowShare;
  const share = shareOf(trial, policy);
  return trial.stage === "canary" ? Math.max(share, policy.canaryHears) : share;
}

/** The same key means that there is nothing new to do. */
export function effectKey(state: RolloutState): string {
  const { trial } = state;
  if (trial === undefined) return "";
  // Soak goes on with what full began.
  const stage = trial.stage === "soak" ? "full" : trial.stage;
  return [trial.id, stage, trial.canaryStep, trial.held === undefined ? "" : "held", trial.crashes].join(" ");
}
