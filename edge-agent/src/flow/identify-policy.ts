/** How patiently a device is treated whose protocol is found out. */
export interface AutoPolicy {
  /** First and longest wait between attempts. */
  readonly backoffFirstMs: number;
  readonly backoffMostMs: number;
  /** Between the end of one connection and the next one. */
  readonly pauseMs: number;
  /** Longest time for a profile to show whether it reads anything. */
  readonly trialMs: number;
  /** Least wait after a device said that it has no connection to spare. */
  readonly scarceMs: number;
  /** Least time between two looks at who a device is that comes and goes, and between two wishes to identify it; the
   *  first time that a doubtful verdict stands. */
  readonly checkEveryMs: number;
  /** After so many attempts in a row that failed, what is known of the device is doubted. */
  readonly doubtAfter: number;
  /** How long, at most, a device is read that refuses everything, or left alone that is none, before it is looked at
   *  afresh. */
  readonly hopelessMs: number;
}

export const defaultAutoPolicy: AutoPolicy = {
  backoffFirstMs: 1000,
  backoffMostMs: 60_000,
  pauseMs: 1000,
  trialMs: 30_000,
  scarceMs: 60_000,
  checkEveryMs: 60_000,
  doubtAfter: 3,
  hopelessMs: 600_000,
};
