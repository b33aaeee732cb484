import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { ClusterError, type Leadership } from "../ports/cluster.ts";
import type { Lease, LeaseRecord, LeaseStore } from "./lease-store.ts";

/** Times of client-go. Whoever leads stops `renewMs` after its last good renewal began; whoever waits takes the lease when
 *  it saw no renewal for `leaseMs`. Both look at their own monotonic clock only. As long as no clock runs faster than
 *  another by more than leaseMs/renewMs there is one leader at most. */
export interface LeaseTimes {
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly retryMs: number;
}

/** In the proportions of client-go: renewed within two thirds of the lease, tried again after two fifteenths. */
export const leaseTimes = (leaseSeconds: number): LeaseTimes => ({
  leaseMs: leaseSeconds * 1000,
  renewMs: Math.floor((leaseSeconds * 2000) / 3),
  retryMs: Math.floor((leaseSeconds * 2000) / 15),
});

export interface LeadershipOptions extends LeaseTimes {
  /** Of this process and no other, also after a restart. */
  readonly identity: string;
}

export type LeadershipNews =
  | { readonly kind: "leading" | "released" }
  | { readonly kind: "lost"; readonly why: string }
  | { readonly kind: "following"; readonly holder: string }
  | { readonly kind: "failed"; readonly error: ClusterError };

export interface LeadershipDeps {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onNews: (news: LeadershipNews) => void;
}

export interface LeaseLeadership extends Leadership {
  readonly isLeader: () => boolean;
  /** What only a restart mends: work of a term that is over and does not end. */
  readonly illness: () => string | undefined;
}

// Times the lease's own length: every request has ended long before.
const MOST_ENDING = 4;

interface Observation {
  readonly lease: Lease | undefined;
  /** When this record was first seen, by the monotonic clock. */
  readonly sinceMs: number;
}

/** Leadership by a Lease. */
export function createLeadership(options: LeadershipOptions, deps: LeadershipDeps): LeaseLeadership {
  const { identity, leaseMs, renewMs, retryMs } = options;
  const { store, clock, random, onNews } = deps;
  let observed: Observation | undefined;
  let toldHolder: string | undefined;
  /** When the last good renewal was begun; undefined while somebody else leads, or nobody. */
  let renewedMs: number | undefined;
  /** Since when the work of a term is told to end. */
  let endingMs: number | undefined;

  const isLeader = () => renewedMs !== undefined && clock.monotonicMs() - renewedMs < renewMs;

  function observe(lease: Lease | undefined): Observation {
    if (observed === undefined || observed.lease?.mark !== lease?.mark)
      observed = { lease, sinceMs: clock.monotonicMs() };
    // The same record under another version: somebody labelled it.
    else observed = { ...observed, lease };
    return observed;
  }

  function recordFor({ lease }: Observation, holder: string): LeaseRecord {
    const nowUs = clock.nowUs();
    const isOurs = lease?.holder === identity;
    return {
      holder,
      durationSeconds: holder === "" ? 1 : Math.ceil(leaseMs / 1000),
      acquiredUs: isOurs ? lease.acquiredUs : nowUs,
      renewedUs: nowUs,
      transitions: (lease?.transitions ?? 0) + (isOurs || lease === undefined ? 0 : 1),
    };
  }

  /** Whether the lease may be written: it is ours, nobody's, or was not renewed for as long as its holder asked for. */
  function isFree({ lease, sinceMs }: Observation): boolean {
    if (lease === undefined || lease.holder === "" || lease.holder === identity) return true;
    const asked = lease.durationSeconds ?? 0;
    return clock.monotonicMs() - sinceMs >= Math.max(asked > 0 ? asked * 1000 : leaseMs, 1000);
  }

  /** One look, and one write where it may be.
   *  @returns who holds it now */
  async function attempt(signal: AbortSignal): Promise<"others" | "ours"> {
    // While we lead nobody else writes, so that what was written last needs no look.
    const seen =
      renewedMs !== undefined && observed !== undefined ? observed : observe(await store.read(signal));
    if (!isFree(seen)) return "others";
    const beganMs = clock.monotonicMs();
    const written = await store.write(recordFor(seen, identity), seen.lease, signal);
    if (written === "conflict") {
      const now = observe(await store.read(signal));
      return now.lease?.holder === identity && renewedMs !== undefined ? await attempt(signal) : "others";
    }
    observe(written);
    renewedMs = beganMs;
    return "ours";
  }

  /** @returns undefined where nobody knows */
  async function tryWithin(limitMs: number, signal: AbortSignal): Promise<"others" | "ours" | undefined> {
    const limit = clock.deadline(Math.max(0, limitMs), signal);
    try {
      return await attempt(limit.signal);
    } catch (thrown) {
      if (signal.aborted || limit.expired) return undefined;
      if (!(thrown instanceof ClusterError)) throw thrown;
      onNews({ kind: "failed", error: thrown });
      return undefined;
    } finally {
      limit.dispose();
    }
  }

  async function acquire(signal: AbortSignal): Promise<boolean> {
    do {
      if ((await tryWithin(renewMs, signal)) === "ours") return true;
      const holder = observed?.lease?.holder ?? "";
      if (holder !== toldHolder && holder !== identity) {
        toldHolder = holder;
        onNews({ kind: "following", holder });
      }
    } while (await slept(clock, retryMs * (1 + 0.2 * random()), signal));
    return false;
  }

  /** Renews until it is lost or the signal ends. */
  async function hold(signal: AbortSignal): Promise<string | undefined> {
    for (;;) {
      const leftMs = renewMs - (clock.monotonicMs() - (renewedMs ?? Number.NEGATIVE_INFINITY));
      if (leftMs <= 0) return `it was not renewed for ${renewMs / 1000} s`;
      if (!(await slept(clock, Math.min(retryMs, leftMs), signal))) return undefined;
      const left = renewMs - (clock.monotonicMs() - (renewedMs ?? Number.NEGATIVE_INFINITY));
      if (left <= 0) continue;
      if ((await tryWithin(left, signal)) === "others")
        return `${observed?.lease?.holder || "somebody"} took it`;
    }
  }

  async function release(): Promise<void> {
    if (!isLeader() || observed === undefined) return;
    const left = renewMs - (clock.monotonicMs() - (renewedMs ?? 0));
    const limit = clock.deadline(Math.min(left, retryMs), new AbortController().signal);
    const seen = observed;
    renewedMs = undefined;
    try {
      await store.write(recordFor(seen, ""), seen.lease, limit.signal);
      onNews({ kind: "released" });
    } catch (thrown) {
      // It runs out by itself.
      if (thrown instanceof ClusterError) onNews({ kind: "failed", error: thrown });
      else if (!limit.expired) throw thrown;
    } finally {
      limit.dispose();
    }
  }

  return {
    isLeader,
    illness() {
      const isLate = endingMs !== undefined && clock.monotonicMs() - endingMs > MOST_ENDING * leaseMs;
      return isLate ? "the work of a leader's term that is over does not end" : undefined;
    },
    confirm() {
      if (!isLeader())
        throw new ClusterError("not-leader", "this process does not hold the lease (any more)");
    },
    async run(lead, signal) {
      while (await acquire(signal)) {
        toldHolder = identity;
        onNews({ kind: "leading" });
        const term = new AbortController();
        const work = lead(term.signal);
        const why = await Promise.race([hold(AbortSignal.any([signal, term.signal])), ended(work)]);
        endingMs = clock.monotonicMs();
        term.abort(new DOMException("no longer leader", "AbortError"));
        if (why !== undefined) {
          renewedMs = undefined;
          onNews({ kind: "lost", why });
        }
        try {
          await work;
        } finally {
          if (why === undefined) await release();
          renewedMs = undefined;
          endingMs = undefined;
        }
        if (signal.aborted) return;
      }
    },
  };
}

/** Resolves when the work ends, however it does; whoever awaits the work itself hears of its failure. */
const ended = (work: Promise<void>): Promise<undefined> =>
  work.then(
    () => undefined,
    () => undefined,
  );
