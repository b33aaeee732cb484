/** Lets one task run at a time, in the order of asking. */
export interface Turns {
  /** Runs `task` when its turn comes.
   *  @throws the signal's reason when it aborts before that; else what the task throws */
  take<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    take(task, signal) {
      const turn = last.then(() => {
        signal.throwIfAborted();
        return task();
      });
      // The next one starts however this one ends; who asked gets the error.
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
