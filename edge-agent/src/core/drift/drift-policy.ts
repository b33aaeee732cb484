/** How drift is judged. The defaults suit a plant: a reference of a day, blocks of an hour. */
export interface DriftPolicy {
  /** Windows that come sooner after the one before are not looked at: drift is slow, and neighbours say the same. */
  readonly leastGapMs: number;
  /** Healthy windows that make the reference of a regime, after its baseline is learnt. They should span a whole cycle of
   *  the production: what the reference never saw is drift. */
  readonly referenceWindows: number;
  /** Windows of one test; blocks do not overlap. */
  readonly blockWindows: number;
  /** Blocks from one false warning to the next, on average, in one regime of a healthy machine. */
  readonly expectedRunBlocks: number;
  /** So many blocks in a row with drift confirm it. */
  readonly warningsInARow: number;
  /** So many blocks in a row without drift end a confirmed one. */
  readonly quietBlocks: number;
  /** The healthy mean of a block may wander by this share of a window's own deviation, however steady the reference was: a
   *  day does not show what a week does. */
  readonly wander: number;
  /** Below this share of the healthy RMS the machine stands still: such windows say nothing. */
  readonly standstillShare: number;
  /** Regimes kept of one sensor; the one heard longest ago gives way. */
  readonly mostRegimes: number;
}

/** Three false warnings in a row come about once in (1 - p^3) / ((1 - p) p^3) blocks with p = 1 / expectedRunBlocks, which
 *  is a million; errors of the reference are shared by all its blocks and bring them nearer. */
export const defaultDriftPolicy: DriftPolicy = {
  leastGapMs: 300_000,
  referenceWindows: 288,
  blockWindows: 12,
  expectedRunBlocks: 100,
  warningsInARow: 3,
  quietBlocks: 6,
  wander: 0.1,
  standstillShare: 0.1,
  mostRegimes: 16,
};

/** Fewer windows tell no deviation from none, and fewer blocks no threshold. */
const LEAST_REFERENCE_WINDOWS = 20;
const LEAST_REFERENCE_BLOCKS = 4;

/** @throws RangeError where the numbers do not fit each other */
export function checkDriftPolicy(policy: DriftPolicy): DriftPolicy {
  const { referenceWindows, blockWindows, expectedRunBlocks } = policy;
  const least = Math.max(LEAST_REFERENCE_WINDOWS, LEAST_REFERENCE_BLOCKS * blockWindows);
  if (blockWindows < 2 || referenceWindows < least || !(expectedRunBlocks > 1)) {
    throw new RangeError(
      `drift needs blocks of 2 windows or more and a reference of ${least} windows or more, ` +
        `not ${blockWindows} and ${referenceWindows}; raise "referenceWindows" or lower "blockWindows"`,
    );
  }
  return policy;
}
