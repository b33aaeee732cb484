import { setTimeout as delay } from "node:timers/promises";
import type { Clock, Deadline } from "./clock.ts";

/** The machine's own clock. */
export function createSystemClock(): Clock {
  return {
    nowUs: wallClock(),
    monotonicMs: () => performance.now(),
    async sleep(ms, signal) {
      try {
        await delay(ms, undefined, { signal });
      } catch (thrown) {
        signal.throwIfAborted();
        throw thrown;
      }
    },
    deadline: startDeadline,
  };
}

function startDeadline(ms: number, signal: AbortSignal): Deadline {
  const controller = new AbortController();
  let expired = false;
  const onAbort = () => controller.abort(signal.reason);
  const timer = setTimeout(() => {
    expired = true;
    controller.abort(new DOMException(`no end within ${ms} ms`, "TimeoutError"));
  }, ms);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    dispose() {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    },
  };
}

/** Date.now() follows the wall clock when it is set but counts milliseconds; the monotonic clock adds the rest. */
function wallClock(): () => number {
  let offsetUs = Number.NaN;
  return () => {
    const monotonicUs = performance.now() * 1000;
    const wallUs = Date.now() * 1000;
    const drift = wallUs - (monotonicUs + offsetUs);
    // Within one tick of the millisecond clock the offset stands; beyond it somebody set the clock.
    if (!(drift > -1000 && drift < 2000)) offsetUs = wallUs - monotonicUs;
    return Math.round(monotonicUs + offsetUs);
  };
}
