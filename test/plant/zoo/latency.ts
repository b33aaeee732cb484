import type { PlantRandom } from "../random.ts";
import type { LatencyMs } from "./s7-traits.ts";

/** One duration of a distribution given by its least, median, 95th percentile and most. */
export function drawLatency([least, median, p95, most]: LatencyMs, random: PlantRandom): number {
  const p = random.uniform();
  if (p < 0.5) return least + (median - least) * (p / 0.5);
  if (p < 0.95) return median + (p95 - median) * ((p - 0.5) / 0.45);
  return p95 + (most - p95) * ((p - 0.95) / 0.05);
}

/** Work that is done one piece after the other, each taking its time. */
export interface Worker {
  /** Runs `done` after `ms` of work, when everything before is done; at once, with nothing before and no time. */
  run(ms: number, done: () => void): void;
  /** Forgets what waits. */
  stop(): void;
}

export function createWorker(): Worker {
  const waiting: { readonly ms: number; readonly done: () => void }[] = [];
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined;

  function next(): void {
    const job = waiting[0];
    if (job === undefined) {
      timer = undefined;
      return;
    }
    const due = performance.now() + job.ms;
    const finish = (): void => {
      waiting.shift();
      job.done();
      next();
    };
    const check = (): void => {
      // Timers count whole milliseconds and come up to one late; the rest is spent turning.
      if (performance.now() < due) timer = setImmediate(check);
      else finish();
    };
    timer = job.ms < 2 ? setImmediate(check) : setTimeout(check, Math.floor(job.ms) - 1);
  }

  return {
    run(ms, done) {
      if (ms === 0 && waiting.length === 0) {
        done();
        return;
      }
      waiting.push({ ms, done });
      if (timer === undefined) next();
    },
    stop() {
      waiting.length = 0;
      clearTimeout(timer as NodeJS.Timeout | undefined);
      clearImmediate(timer as NodeJS.Immediate | undefined);
      timer = undefined;
    },
  };
}
