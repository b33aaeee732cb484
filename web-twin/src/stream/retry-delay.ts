const FIRST_MS = 500;
const MOST_MS = 15_000;

/** The wait before attempt `attempt` (0 is the first retry): exponential with jitter over its upper half, so that all
 *  the screens of a control room do not come back in step after the agent restarts. */
export function retryDelayMs(attempt: number, random: () => number): number {
  const step = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 30));
  return step / 2 + (step / 2) * random();
}
