import type { Clock } from "@stethos/protocol-finger/clock";

/** Makes who shows wrong tokens wait. A token is beyond guessing; this keeps the log readable and the processor free. */
export interface LoginLimit {
  mayTry(address: string): boolean;
  countFailure(address: string): void;
}

const MOST_FAILURES = 10;
export const WAIT_MS = 60_000;
// Beyond it the address that failed first is forgotten: it may try again, which is less harm than a growing map.
const MOST_ADDRESSES = 1000;

interface Failures {
  readonly count: number;
  readonly sinceMs: number;
}

/** At most ten wrong tokens a minute from one address. */
export function createLoginLimit(clock: Pick<Clock, "monotonicMs">): LoginLimit {
  const byAddress = new Map<string, Failures>();

  function recent(address: string): Failures | undefined {
    const failures = byAddress.get(address);
    return failures && clock.monotonicMs() - failures.sinceMs < WAIT_MS ? failures : undefined;
  }

  return {
    mayTry: (address) => (recent(address)?.count ?? 0) < MOST_FAILURES,
    countFailure(address) {
      const { count, sinceMs } = recent(address) ?? { count: 0, sinceMs: clock.monotonicMs() };
      byAddress.delete(address);
      byAddress.set(address, { count: count + 1, sinceMs });
      const [oldest] = byAddress.keys();
      if (byAddress.size > MOST_ADDRESSES && oldest !== undefined) byAddress.delete(oldest);
    },
  };
}
