import { defaultGatePolicy, type GatePolicy } from "../gate/gate-policy.ts";

/** How a trial goes on. */
export interface RolloutPolicy {
  readonly gate: GatePolicy;
  /** Of the frames that the challenger hears in the shadow. */
  readonly shadowShare: number;
  /** Shares of the frames on which the challenger acts, growing; accuracy decides after the last. */
  readonly canaryShares: readonly number[];
  /** Independent frames of the shadow before the canary. As many as a gain of the policy's size usually needs: in the
   *  canary both models hear its small share only. */
  readonly shadowFrames: number;
  /** Frames on which the challenger acted, for each share. */
  readonly canaryFrames: number;
  /** Longer no trial lasts: whatever comes first makes it inconclusive. */
  readonly mostFrames: number;
  readonly mostHours: number;
  /** The challenger acts alone for so long before it is committed. */
  readonly soakMinutes: number;
  /** So long after it was committed its inference errors bring back the version before. */
  readonly guardHours: number;
  /** After a crash in full or soak: back to the champion, or try again. A clean stop always goes on. */
  readonly onCrash: "fall-back" | "resume";
  /** A trial during which the agent crashed more often is rolled back: the model may be the cause. */
  readonly mostCrashes: number;
  /** Versions that are remembered as rejected. */
  readonly mostRejected: number;
  readonly mostOutcomes: number;
}

export const defaultRolloutPolicy: RolloutPolicy = {
  gate: defaultGatePolicy,
  shadowShare: 1,
  canaryShares: [0.05],
  shadowFrames: 3000,
  canaryFrames: 100,
  mostFrames: 20_000,
  mostHours: 336,
  soakMinutes: 60,
  guardHours: 24,
  onCrash: "fall-back",
  mostCrashes: 2,
  mostRejected: 64,
  mostOutcomes: 10,
};
