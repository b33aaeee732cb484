/** Timers that are forgotten together. */
export interface Timers {
  later(ms: number, run: () => void): void;
  clear(): void;
}

export function createTimers(): Timers {
  const running = new Set<NodeJS.Timeout>();
  let isOver = false;
  return {
    later(ms, run) {
      if (isOver) return;
      const timer = setTimeout(() => {
        running.delete(timer);
        run();
      }, ms);
      running.add(timer);
    },
    clear() {
      isOver = true;
      for (const timer of running) clearTimeout(timer);
      running.clear();
    },
  };
}
