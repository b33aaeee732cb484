import type { Clock } from "@stethos/protocol-finger/clock";

/** How often something may be done: `burst` at once, then `perSecond`. */
export interface TokenBucket {
  /** Waits for a turn, first come, first served. @throws the signal's reason */
  take(signal: AbortSignal): Promise<void>;
  /** A turn if there is one now. */
  tryTake(): boolean;
  /** Nobody gets a turn before `ms` have passed: the server asked for it. */
  pause(ms: number): void;
}

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export function createTokenBucket({ perSecond, burst }: Rate, clock: Clock): TokenBucket {
  // Below 0 are turns promised to those who wait: the next one waits longer.
  let tokens = burst;
  let filledMs = clock.monotonicMs();
  let pausedUntilMs = Number.NEGATIVE_INFINITY;

  function fill(): void {
    const now = clock.monotonicMs();
    tokens = Math.min(burst, tokens + ((now - filledMs) / 1000) * perSecond);
    filledMs = now;
  }

  const pauseLeftMs = () => pausedUntilMs - clock.monotonicMs();

  return {
    async take(signal) {
      fill();
      tokens -= 1;
      const waitMs = Math.max(0, (-tokens / perSecond) * 1000, pauseLeftMs());
      if (waitMs === 0) return;
      try {
        await clock.sleep(waitMs, signal);
        // A pause that was asked for meanwhile holds for those who wait too.
        for (let left = pauseLeftMs(); left > 0; left = pauseLeftMs()) await clock.sleep(left, signal);
      } catch (thrown) {
        tokens += 1;
        throw thrown;
      }
    },
    tryTake() {
      fill();
      if (tokens < 1 || pauseLeftMs() > 0) return false;
      tokens -= 1;
      return true;
    },
    pause(ms) {
      pausedUntilMs = Math.max(pausedUntilMs, clock.monotonicMs() + ms);
    },
  };
}
