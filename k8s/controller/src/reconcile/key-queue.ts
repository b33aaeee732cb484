import { type Clock, slept } from "@stethos/protocol-finger/clock";

/** What has to be looked at, each key once, in the order in which it falls due. */
export interface KeyQueue {
  /** Due after `afterMs`, or earlier where it was. One that failed waits for its turn. */
  add(key: string, afterMs: number): void;
  /** The next that is due; undefined when the signal ends. */
  next(signal: AbortSignal): Promise<string | undefined>;
  /** @param againMs due again after so long; undefined: when it is added again */
  succeeded(key: string, againMs: number | undefined): void;
  /** Due again after a wait that doubles each time.
   *  @returns the wait, ms */
  failed(key: string, firstMs: number, mostMs: number): number;
}

const MOST_DOUBLINGS = 20;
// Nothing waits longer than that without a look at the clock.
const LONGEST_SLEEP_MS = 3_600_000;

export function createKeyQueue(clock: Clock): KeyQueue {
  const due = new Map<string, number>();
  const failures = new Map<string, number>();
  let wake: () => void = () => undefined;

  function set(key: string, atMs: number): void {
    due.set(key, Math.min(due.get(key) ?? Number.POSITIVE_INFINITY, atMs));
    wake();
  }

  function earliest(): readonly [string, number] | undefined {
    let first: readonly [string, number] | undefined;
    for (const one of due) if (first === undefined || one[1] < first[1]) first = one;
    return first;
  }

  return {
    add(key, afterMs) {
      if (failures.has(key) && due.has(key)) return;
      set(key, clock.monotonicMs() + afterMs);
    },
    async next(signal) {
      while (!signal.aborted) {
        const first = earliest();
        const waitMs = first === undefined ? LONGEST_SLEEP_MS : first[1] - clock.monotonicMs();
        if (first !== undefined && waitMs <= 0) {
          due.delete(first[0]);
          return first[0];
        }
        const news = new AbortController();
        wake = () => news.abort();
        await slept(clock, Math.min(waitMs, LONGEST_SLEEP_MS), AbortSignal.any([signal, news.signal]));
        wake = () => undefined;
      }
      return undefined;
    },
    succeeded(key, againMs) {
      failures.delete(key);
      if (againMs !== undefined) set(key, clock.monotonicMs() + againMs);
    },
    failed(key, firstMs, mostMs) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      const waitMs = Math.min(mostMs, firstMs * 2 ** Math.min(count, MOST_DOUBLINGS));
      due.set(key, clock.monotonicMs() + waitMs);
      return waitMs;
    },
  };
}
