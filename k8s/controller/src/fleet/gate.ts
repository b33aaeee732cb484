/** Lets so many through at once; the others wait, in order. */
export interface Gate {
  /** @throws the signal's reason while it waits, and whatever the work throws */
  through<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

export function createGate(places: number): Gate {
  let free = places;
  const waiting: (() => void)[] = [];

  /** A place is handed over, never left free for whoever comes by. */
  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  }

  function enter(signal: AbortSignal): Promise<void> {
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener("abort", stop);
        resolve();
      };
      const stop = (): void => {
        waiting.splice(waiting.indexOf(go), 1);
        reject(signal.reason);
      };
      waiting.push(go);
      signal.addEventListener("abort", stop, { once: true });
    });
  }

  return {
    async through(work, signal) {
      signal.throwIfAborted();
      await enter(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
