import { closeSync, openSync, readSync } from "node:fs";

/** How long a thread has waited for a core. */
export interface CoreWait {
  /** Milliseconds since the thread began. */
  readMs(): number;
  close(): void;
}

/** Of the thread that calls it, as Linux counts it ("run_delay": Documentation/scheduler/sched-stats.rst). Elsewhere, and
 *  where the kernel does not count, nothing is known to have been waited.
 *  @param path of the counters, for tests */
export function openCoreWait(path: string = "/proc/thread-self/schedstat"): CoreWait {
  const bytes = Buffer.alloc(128);
  let file: number | undefined;
  try {
    file = openSync(path, "r");
  } catch {
    return { readMs: () => 0, close: () => undefined };
  }
  const counters = file;
  return {
    readMs() {
      // "<ns on a core> <ns waited for one> <turns>"
      const text = bytes.toString("latin1", 0, readSync(counters, bytes, 0, bytes.length, 0));
      return Number(text.split(" ")[1] ?? 0) / 1e6;
    },
    close: () => closeSync(counters),
  };
}
