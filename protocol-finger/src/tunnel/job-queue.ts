/** Jobs that wait for the one connection to the PLC, first come first served. */
export interface JobQueue<Job, Result> {
  /** @throws QueueFullError when as many wait as may; else what running the job throws */
  add(job: Job): Promise<Result>;
  /** Jobs that found the queue full. */
  readonly turnedAway: number;
}

export class QueueFullError extends Error {
  constructor(most: number) {
    super(`${most} requests wait for the PLC already`);
    this.name = "QueueFullError";
  }
}

export interface JobQueueOptions<Job, Result> {
  /** The most that may wait, beside those that are under way. */
  readonly most: number;
  /** How many of the first jobs can be done together; at least 1. */
  together(jobs: readonly Job[]): number;
  /** @returns a result a job */
  run(jobs: readonly Job[]): Promise<readonly Result[]>;
}

interface Waiting<Job, Result> {
  readonly job: Job;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

export function createJobQueue<Job, Result>(options: JobQueueOptions<Job, Result>): JobQueue<Job, Result> {
  const waiting: Waiting<Job, Result>[] = [];
  let isRunning = false;
  let turnedAway = 0;

  async function pump(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    // Requests that come in the same turn of the event loop travel together.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = waiting.splice(0, options.together(waiting.map(({ job }) => job)));
      await finish(batch);
    }
    isRunning = false;
  }

  async function finish(batch: readonly Waiting<Job, Result>[]): Promise<void> {
    try {
      const results = await options.run(batch.map(({ job }) => job));
      batch.forEach(({ resolve, reject }, i) => {
        const result = results[i];
        if (result === undefined) reject(new RangeError(`job ${i} of ${batch.length} has no result`));
        else resolve(result);
      });
    } catch (thrown) {
      for (const { reject } of batch) reject(thrown);
    }
  }

  return {
    add(job) {
      if (waiting.length >= options.most) {
        turnedAway += 1;
        return Promise.reject(new QueueFullError(options.most));
      }
      return new Promise((resolve, reject) => {
        waiting.push({ job, resolve, reject });
        void pump();
      });
    },
    get turnedAway() {
      return turnedAway;
    },
  };
}

/** So many jobs may travel together: a scan of a few clients. */
const MOST_TOGETHER = 16;

/** Reads that wait travel together; a write goes alone, in its turn. */
export function readsTogether(jobs: readonly { readonly kind: "read" | "write" }[]): number {
  const writeAt = jobs.findIndex(({ kind }) => kind === "write");
  return Math.max(1, Math.min(writeAt === -1 ? jobs.length : writeAt, MOST_TOGETHER));
}
