/** Time as a port, so that tests own it. */
export interface Clock {
  /** Microseconds since 1970 on the wall clock: may jump. For stamping only. */
  nowUs(): number;
  /** Milliseconds of a clock that never jumps. For intervals and deadlines. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Aborts with a TimeoutError after `ms`, or with `signal`'s reason when that comes first.
   *  Call `dispose` when the guarded work is over. */
  deadline(ms: number, signal: AbortSignal): Deadline;
}

export interface Deadline {
  readonly signal: AbortSignal;
  /** True when the time ran out, false when the caller's own signal ended it or nothing has yet. */
  readonly expired: boolean;
  dispose(): void;
}

/** Sleeps, and answers false when the signal ended it: for loops that end quietly when they are told to stop. */
export async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch (thrown) {
    if (signal.aborted) return false;
    throw thrown;
  }
}
