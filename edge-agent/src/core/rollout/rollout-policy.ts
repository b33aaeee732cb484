import { defaultGatePolicy, type GatePolicy } from "../gate/gate-policy.ts";

/** How a trial goes on. */
export interface RolloutPolicy {
  readonly gate: GatePolicy;
  /** Of the frames that the challenger hears in the shadow. */
  readonly shadowShare: number;
  /** Shares of the frames on which the challenger acts, growing; accuracy decides after the last. */
  readonly canaryShares: readonly number[];
  /** Of the frames that both models hear in the canary, at least every share: the others stay a shadow, so that evidence
   *  grows as fast as before. Less spares the processor. */
  readonly canaryHears: number;
  /** Independent frames of the shadow before the challenger acts on anything. So many that its 99th percentile
   *  has a bound by then, and can stop it, even where each of them is the only pair of its block: the first bound wants 8
   *  batches of 64 pairs of each order, after 32 to warm up (core/gate/latency.ts), which is 1056 pairs. Who goes first is
   *  a coin's choice, so of each batch some 9 more find their order full: 1128 pairs on average, at most 1200 in 99.9 % of
   *  trials. A longer shadow only keeps a good model waiting. */
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
  canaryHears: 1,
  shadowFrames: 1200,
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
