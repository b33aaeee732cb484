import type { DrivenProfile } from "../ports/identify.ts";
import type { AutoPolicy } from "./identify-policy.ts";

/** What to do next. */
export type AutoAction =
  /** Ask who the device is; `fresh`: also one that is known. */
  | { readonly kind: "identify"; readonly fresh: boolean }
  /** Ask over one protocol alone whether it is still the same. */
  | { readonly kind: "check"; readonly profile: DrivenProfile }
  /** Read with this profile; `patient`: also while everything is refused, for nothing better is left to try; for
   *  `patienceMs` where another way may come back, else as long as the policy has it. */
  | {
      readonly kind: "read";
      readonly profile: DrivenProfile;
      readonly patient: boolean;
      readonly patienceMs?: number;
    }
  | {
      readonly kind: "wait";
      /** Exponent of the backoff; undefined where only `leastMs` counts. */
      readonly attempt: number | undefined;
      readonly leastMs: number;
      readonly next: AutoAction;
    };

export const fresh: AutoAction = { kind: "identify", fresh: true };
export const read = (profile: DrivenProfile): AutoAction => ({ kind: "read", profile, patient: false });
/** After the pause between two connections. */
export const paused = (next: AutoAction, { pauseMs }: AutoPolicy): AutoAction => ({
  kind: "wait",
  attempt: undefined,
  leastMs: pauseMs,
  next,
});
/** After the wait that attempt number `attempt` has earned. */
export const later = (next: AutoAction, attempt: number, leastMs: number): AutoAction => ({
  kind: "wait",
  attempt,
  leastMs,
  next,
});
