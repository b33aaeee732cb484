/** Both models on the labelled set of the challenger's package. */
export interface GoldenTally {
  readonly frames: number;
  readonly championRight: number;
  readonly challengerRight: number;
  /** Frames that only the one, only the other got right. */
  readonly onlyChampion: number;
  readonly onlyChallenger: number;
}

export interface GoldenAnswer {
  readonly isAnomalous: boolean;
  readonly champion: boolean;
  readonly challenger: boolean;
}

export function tallyGolden(answers: readonly GoldenAnswer[]): GoldenTally {
  const tally = { frames: 0, championRight: 0, challengerRight: 0, onlyChampion: 0, onlyChallenger: 0 };
  for (const { isAnomalous, champion, challenger } of answers) {
    const championRight = champion === isAnomalous;
    const challengerRight = challenger === isAnomalous;
    tally.frames += 1;
    if (championRight) tally.championRight += 1;
    if (challengerRight) tally.challengerRight += 1;
    if (championRight && !challengerRight) tally.onlyChampion += 1;
    if (challengerRight && !championRight) tally.onlyChallenger += 1;
  }
  return tally;
}

/** Worse by more than is tolerated and by more than chance: the exact one-sided test of Q. McNemar (1947), looked at
 *  once. A few frames lost are no proof in a small set; that is what the live frames are for. */
export function isGoldenWorse(tally: GoldenTally, tolerance: number, alpha: number): boolean {
  const { onlyChampion, onlyChallenger } = tally;
  if (onlyChampion - onlyChallenger <= tolerance) return false;
  return fairCoinTail(onlyChampion, onlyChampion + onlyChallenger) <= alpha;
}

/** P(X >= hits) of `tosses` fair coins. */
function fairCoinTail(hits: number, tosses: number): number {
  // Log of the binomial coefficient over 2^n, from k = n downwards: C(n, k-1) = C(n, k) k / (n - k + 1).
  let log = -tosses * Math.LN2;
  let tail = 0;
  for (let k = tosses; k >= hits; k -= 1) {
    tail += Math.exp(log);
    log += Math.log(k / (tosses - k + 1));
  }
  return tail;
}
