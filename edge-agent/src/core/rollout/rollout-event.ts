import type { GoldenTally } from "../gate/golden.ts";
import type { LabelVerdict } from "../label.ts";
import type { ModelVersion, Role } from "../model.ts";
import type { TimeUs } from "../time.ts";
import type { PairedFrame } from "./paired-frame.ts";
import type { TrialReport } from "./rollout-report.ts";
import type { FollowedRecall } from "./rollout-state.ts";

/** What may happen to a rollout. `by` is a person, where one did it. */
export type RolloutEvent = { readonly timeUs: TimeUs; readonly by?: string; readonly why?: string } & (
  | {
      readonly kind: "offered";
      readonly model: ModelVersion;
      readonly because: TrialReport["because"];
      /** Of a recall: tells a new one from one that was followed. */
      readonly pointer?: FollowedRecall;
    }
  /** A channel offers what must not be loaded: unsigned, expired, replayed. */
  | {
      readonly kind: "offer-refused";
      readonly channel: string;
      readonly error: string;
      readonly message: string;
    }
  /** What a stage had to do is done. */
  | { readonly kind: "done"; readonly stage: "commit" | "full" | "load" | "rollback" | "verify" | "warm" }
  | { readonly kind: "golden-done"; readonly tally: GoldenTally | undefined }
  | { readonly kind: "failed"; readonly error: string; readonly message: string }
  | { readonly kind: "incompatible"; readonly what: string }
  | { readonly kind: "paired"; readonly frame: PairedFrame }
  | { readonly kind: "labelled"; readonly frame: string; readonly verdict: LabelVerdict }
  /** How much the agent's memory grew with the challenger. */
  | { readonly kind: "memory"; readonly mib: number }
  | {
      readonly kind: "objective-broken";
      readonly role: Role;
      readonly percent: number;
      readonly failed: number;
      readonly frames: number;
    }
  | { readonly kind: "objective-kept" }
  | { readonly kind: "command"; readonly command: "abort" | "pause" | "promote" | "resume" }
  | { readonly kind: "tick" }
  /** The agent is told to stop. */
  | { readonly kind: "stopping" }
  /** It runs again, with this model. */
  | { readonly kind: "restarted"; readonly champion: ModelVersion }
  /** Drafts up to this number are in the audit log. */
  | { readonly kind: "audited"; readonly number: number }
);
