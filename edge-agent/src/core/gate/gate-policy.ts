/** When a challenger is promoted, and when it is stopped. */
export interface GatePolicy {
  /** Probability of calling a model better that is not, or worse that is not, however often one looks. */
  readonly alpha: number;
  /** Accuracy must rise by so many points. */
  readonly gainPoints: number;
  /** Of one machine at one speed, one frame counts in so many seconds: frames close together are one observation, not
   *  many (a design effect of 20 and more, measured). 0: every frame. */
  readonly blockSeconds: number;
  /** Speeds this close, as a share, are one regime. */
  readonly regimeShare: number;
  /** Abnormal windows last longer than disagreements: one of a machine at a speed counts in so many seconds. */
  readonly alarmBlockSeconds: number;
  /** Machines and speeds that are told apart at most. */
  readonly mostRegimes: number;
  /** Disagreements that can still be labelled at most; of more the oldest stay without a label. */
  readonly mostDisagreements: number;
  /** The challenger may take so much longer at most, per cent: at the median and at the 99th percentile. */
  readonly latencyMostPercent: number;
  /** Pairs that say nothing of latency. */
  readonly warmUpFrames: number;
  /** Of each order (champion first, challenger first) so many pairs make one figure of latency. */
  readonly latencyBatchFrames: number;
  /** The challenger may fail on so many of its frames at most; fewer failures than `leastErrors` say nothing. */
  readonly errorsMostPercent: number;
  readonly leastErrors: number;
  /** Abnormal windows of the challenger over those of the champion at most. */
  readonly alarmsMostRatio: number;
  readonly memoryMostMib: number;
  /** Of the labelled set the challenger may get so many frames more wrong than the champion, whatever chance says. */
  readonly goldenTolerance: number;
}

export const defaultGatePolicy: GatePolicy = {
  alpha: 0.05,
  gainPoints: 0.5,
  blockSeconds: 60,
  regimeShare: 0.06,
  alarmBlockSeconds: 600,
  mostRegimes: 1024,
  mostDisagreements: 1024,
  latencyMostPercent: 5,
  warmUpFrames: 32,
  latencyBatchFrames: 64,
  errorsMostPercent: 0.1,
  leastErrors: 3,
  alarmsMostRatio: 1.5,
  memoryMostMib: 256,
  goldenTolerance: 0,
};
