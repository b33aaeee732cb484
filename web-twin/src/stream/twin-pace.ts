import type { Timers } from "./timers.ts";

const FULL_HZ = 20;
const SLOW_HZ = 5;
const HIDDEN_HZ = 1;
/** A page that draws slower than this is overloaded; it has recovered where it is faster than that. */
const SLOW_MS = 250;
const FAST_MS = 100;
/** Not to and fro with every picture. */
const DWELL_MS = 5_000;
const WEIGHT = 0.2;

/** How often the page wants news, by how long it takes to draw them. */
export interface Pace {
  /** The wanted rate, 1/s. */
  rate(): number;
  posted(): void;
  /** The picture was drawn. */
  taken(): void;
  hidden(isHidden: boolean): void;
}

export function createPace(timers: Timers): Pace {
  let postedMs = 0;
  let meanMs = 0;
  let isHidden = false;
  let isSlow = false;
  let switchedMs = timers.now();

  return {
    rate: () => (isHidden ? HIDDEN_HZ : isSlow ? SLOW_HZ : FULL_HZ),
    posted() {
      postedMs = timers.now();
    },
    taken() {
      // A hidden tab is not told when to draw, so how long it takes says nothing.
      if (isHidden) return;
      const now = timers.now();
      meanMs += WEIGHT * (now - postedMs - meanMs);
      const isOther = isSlow ? meanMs < FAST_MS : meanMs > SLOW_MS;
      if (!isOther || now - switchedMs < DWELL_MS) return;
      isSlow = !isSlow;
      switchedMs = now;
    },
    hidden(next) {
      isHidden = next;
      meanMs = 0;
    },
  };
}
