import type { Clock, Deadline } from "./clock.ts";

/** A clock that moves only when told to: time in tests and in simulation. */
export interface ManualClock extends Clock {
  /** Moves both clocks and wakes, in order, all that falls due; lets awaiting code run in between. */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, as an operator or NTP would. */
  jumpWall(us: number): void;
  /** Sleeps and deadlines that wait. */
  readonly waiting: number;
}

interface Timer {
  readonly due: number;
  fire(): void;
}

/** @param startUs wall time at the start */
export function createManualClock(startUs: number = 1_700_000_000_000_000): ManualClock {
  let monotonic = 0;
  let wallOffsetUs = startUs;
  const timers = new Set<Timer>();

  function at(ms: number, fire: () => void): Timer {
    const timer = { due: monotonic + ms, fire };
    timers.add(timer);
    return timer;
  }

  function nextDue(limit: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.due <= limit && (next === undefined || timer.due < next.due)) next = timer;
    }
    return next;
  }

  return {
    nowUs: () => Math.round(wallOffsetUs + monotonic * 1000),
    monotonicMs: () => monotonic,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const onAbort = () => {
          timers.delete(timer);
          reject(signal.reason);
        };
        const timer = at(ms, () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        });
        signal.addEventListener("abort", onAbort, { once: true });
      }),
    deadline(ms, signal): Deadline {
      const controller = new AbortController();
      let expired = false;
      const onAbort = () => controller.abort(signal.reason);
      const timer = at(ms, () => {
        expired = true;
        controller.abort(new DOMException(`no end within ${ms} ms`, "TimeoutError"));
      });
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
      return {
        signal: controller.signal,
        get expired() {
          return expired;
        },
        dispose() {
          timers.delete(timer);
          signal.removeEventListener("abort", onAbort);
        },
      };
    },
    async advance(ms) {
      const target = monotonic + ms;
      await settle();
      for (let timer = nextDue(target); timer !== undefined; timer = nextDue(target)) {
        timers.delete(timer);
        monotonic = Math.max(monotonic, timer.due);
        timer.fire();
        await settle();
      }
      monotonic = target;
    },
    jumpWall(us) {
      wallOffsetUs += us;
    },
    get waiting() {
      return timers.size;
    },
  };
}

/** Lets promise chains of ordinary depth run to their next wait. */
async function settle(): Promise<void> {
  for (let i = 0; i < 30; i += 1) await undefined;
}
