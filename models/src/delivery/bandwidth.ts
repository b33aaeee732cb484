import type { Clock } from "@stethos/protocol-finger/clock";

/** Lets so many bytes a second pass, never more than one second's worth at once. */
export interface Bandwidth {
  /** Resolves when `bytes` may have passed. Callers share the line: they are served one after another. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

/** A token bucket of one second's depth (RFC 2697 describes the kind); what is taken beyond it is waited for first.
 *  @param bytesPerSecond Infinity: no limit */
export function createBandwidth(bytesPerSecond: number, clock: Clock): Bandwidth {
  if (bytesPerSecond === Number.POSITIVE_INFINITY) return { take: async () => {} };
  const perMs = bytesPerSecond / 1000;
  let tokens = bytesPerSecond;
  let countedAt = clock.monotonicMs();
  let turn: Promise<unknown> = Promise.resolve();

  const refill = () => {
    const now = clock.monotonicMs();
    tokens = Math.min(bytesPerSecond, tokens + (now - countedAt) * perMs);
    countedAt = now;
  };

  async function takeInTurn(bytes: number, signal: AbortSignal): Promise<void> {
    let left = bytes;
    while (left > 0) {
      refill();
      const part = Math.min(left, bytesPerSecond);
      if (tokens < part) await clock.sleep((part - tokens) / perMs, signal);
      refill();
      tokens -= part;
      left -= part;
    }
  }

  return {
    take(bytes, signal) {
      const mine = turn.then(() => takeInTurn(bytes, signal));
      // Whoever gives up must not take the others along; its own caller hears why.
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
}
