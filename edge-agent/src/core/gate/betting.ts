/** What one observation may be, as a payoff whose mean the null hypothesis bounds by 0, and how often it was seen. */
export interface Payoff {
  readonly value: number;
  readonly count: number;
}

// Shares of the boldest bet. A mixture over bets needs no guess of the effect: each costs no more than ln(shares).
const BOLDNESS = [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64];

/** Natural logarithm of an e-value against "the mean payoff is at most 0": the wealth of somebody who bets a share of
 *  it on each observation, averaged over shares (I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random
 *  variables by betting", JRSS B 86, 2024). For bets of a fixed share it depends on counts alone, so that observations
 *  may come in any order and be taken back. Under the null it ever exceeds ln(1/alpha) with probability alpha at most
 *  (Ville's inequality; A. Ramdas et al., "Game-theoretic statistics and safe anytime-valid inference", 2023): it may be
 *  looked at after every observation. */
export function logEvidence(payoffs: readonly Payoff[]): number {
  const worst = -Math.min(...payoffs.map(({ value }) => value));
  if (!(worst > 0)) throw new RangeError("a null hypothesis that nothing can contradict");
  return logMeanExp(
    BOLDNESS.map((share) => {
      const bet = share / worst;
      let wealth = 0;
      for (const { value, count } of payoffs) if (count > 0) wealth += count * Math.log1p(bet * value);
      return wealth;
    }),
  );
}

function logMeanExp(logs: readonly number[]): number {
  const most = Math.max(...logs);
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - most);
  return most + Math.log(sum / logs.length);
}

/** Against "at least a share `rate` of the frames are hits". */
export const logRarer = (hits: number, frames: number, rate: number): number =>
  logEvidence([
    { value: rate - 1, count: hits },
    { value: rate, count: frames - hits },
  ]);

/** Against "at most a share `rate` of the frames are hits". */
export const logMoreFrequent = (hits: number, frames: number, rate: number): number =>
  logEvidence([
    { value: 1 - rate, count: hits },
    { value: -rate, count: frames - hits },
  ]);

/** Upper bound of a share that holds at all times together with probability 1 - alpha. */
export function upperBound(hits: number, frames: number, alpha: number): number {
  const needed = Math.log(1 / alpha);
  let [low, high] = [0, 1];
  // To a ten-thousandth of a per cent.
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (logRarer(hits, frames, middle) >= needed) high = middle;
    else low = middle;
  }
  return high;
}
