import { type Clock, createSystemClock } from "@stethos/protocol-finger/clock";

/** The system's clock, so many times as fast: what takes a minute is over in seconds. */
export function createFastClock(times: number): Clock {
  const clock = createSystemClock();
  const startUs = clock.nowUs();
  const startMs = clock.monotonicMs();
  const monotonicMs = (): number => startMs + (clock.monotonicMs() - startMs) * times;
  return {
    nowUs: () => startUs + Math.round((monotonicMs() - startMs) * 1000),
    monotonicMs,
    sleep: (ms, signal) => clock.sleep(ms / times, signal),
    deadline: (ms, signal) => clock.deadline(ms / times, signal),
  };
}
