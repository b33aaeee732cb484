import { ClusterError } from "../ports/cluster.ts";
import type { Lease, LeaseRecord, LeaseStore } from "./lease-store.ts";

// The API server as leases see it, for tests: one object, compare-and-set, answers that come late or never.

export interface FakeLease {
  /** As one process sees it. @param delay of the next request, before and after it is done; undefined: it gets no answer */
  store(delay: () => Delay): LeaseStore;
  readonly holder: () => string | undefined;
  /** Somebody labels it: another version, the same record. */
  touch(): void;
}

export interface Delay {
  readonly beforeMs: number;
  readonly afterMs: number;
  /** The request is lost before it is done, or its answer after. */
  readonly isLost: "after" | "before" | "no";
  readonly wait: (ms: number) => Promise<void>;
}

export function createFakeLease(): FakeLease {
  let lease: { readonly record: LeaseRecord; readonly version: number } | undefined;
  let version = 0;

  const seen = (): Lease | undefined =>
    lease && {
      ...lease.record,
      resourceVersion: String(lease.version),
      mark: JSON.stringify(lease.record),
    };

  function write(record: LeaseRecord, before: Lease | undefined): Lease | "conflict" {
    if (before?.resourceVersion !== seen()?.resourceVersion) return "conflict";
    version += 1;
    lease = { record, version };
    return seen() ?? "conflict";
  }

  /** What was sent is done even where nobody waits for it any more. */
  async function through<T>(work: () => T, delay: Delay, signal: AbortSignal): Promise<T> {
    const done = (async () => {
      await delay.wait(delay.beforeMs);
      if (delay.isLost === "before") throw new ClusterError("unreachable", "lost");
      const result = work();
      await delay.wait(delay.afterMs);
      if (delay.isLost === "after") throw new ClusterError("unreachable", "lost");
      return result;
    })();
    const gone = new Promise<never>((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    return await Promise.race([done, gone]);
  }

  return {
    store: (delay) => ({
      read: (signal) => through(seen, delay(), signal),
      write: (record, before, signal) => through(() => write(record, before), delay(), signal),
    }),
    holder: () => lease?.record.holder,
    touch() {
      version += 1;
      if (lease !== undefined) lease = { ...lease, version };
    },
  };
}
