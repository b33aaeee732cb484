/** Runs jobs of which only the newest matters: starting one ends the one before. */
export interface Latest {
  run<T>(job: (signal: AbortSignal) => Promise<T>, done: Done<T>): void;
  cancel(): void;
}

interface Done<T> {
  ready(result: T): void;
  failed(error: unknown): void;
}

export function createLatest(): Latest {
  let current = new AbortController();
  const cancel = (): void => {
    current.abort();
    current = new AbortController();
  };
  return {
    cancel,
    run(job, done) {
      cancel();
      const { signal } = current;
      job(signal).then(
        (result) => {
          if (!signal.aborted) done.ready(result);
        },
        (error: unknown) => {
          if (!signal.aborted) done.failed(error);
        },
      );
    },
  };
}
