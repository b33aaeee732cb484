import type { Clock } from "./clock/clock.ts";
import { FingerError } from "./finger-error.ts";
import type { Fingerprint, ProtocolSeen } from "./fingerprint.ts";

/** What became of one host of a scan. */
export type ScanResult =
  /** `closed`: a host is there and refuses every port that was tried; `silent`: nothing answered. */
  | { readonly kind: "found" | "closed" | "silent"; readonly host: string; readonly fingerprint: Fingerprint }
  /** The allow-list does not name it: it was not sent a byte. */
  | { readonly kind: "refused"; readonly host: string }
  /** It could not be examined, through no doing of the device: its name is unknown, a file cannot be written. */
  | { readonly kind: "failed"; readonly host: string; readonly message: string };

export interface ScanProgress {
  readonly done: number;
  readonly total: number;
  readonly found: number;
  readonly refused: number;
  /** Until the end, at the pace so far; undefined while there is none. */
  readonly leftMs: number | undefined;
}

export interface ScanDeps {
  readonly clock: Clock;
  /** Examines one host; one connection at a time is its own promise. */
  examine(host: string, signal: AbortSignal): Promise<Fingerprint>;
  /** Keeps a result; awaited, so that what was reported as done is done. */
  onResult(result: ScanResult): Promise<void>;
  onProgress?(progress: ScanProgress): void;
}

export interface ScanPlan {
  readonly hosts: readonly string[];
  /** Hosts examined at once, each by one connection at a time. */
  readonly sideBySide: number;
}

/** Examines many hosts. Ends early, after the results at hand are kept, when `signal` aborts.
 *  @returns how far it came
 *  @throws what `onResult` throws */
export async function scan(plan: ScanPlan, deps: ScanDeps, outer: AbortSignal): Promise<ScanProgress> {
  // When one lane cannot go on (a full disk), none shall.
  const broken = new AbortController();
  const signal = AbortSignal.any([outer, broken.signal]);
  const queue = plan.hosts[Symbol.iterator]();
  const counts = { done: 0, found: 0, refused: 0 };
  const examined = { hosts: 0, ms: 0 };

  const progress = (): ScanProgress => {
    const left = plan.hosts.length - counts.done;
    const perHostMs = examined.hosts === 0 ? undefined : examined.ms / examined.hosts / plan.sideBySide;
    const leftMs = perHostMs === undefined ? undefined : Math.round(perHostMs * left);
    return { ...counts, total: plan.hosts.length, leftMs: left === 0 ? 0 : leftMs };
  };

  async function keep(result: ScanResult, tookMs: number): Promise<void> {
    await deps.onResult(result);
    counts.done += 1;
    if (result.kind === "found") counts.found += 1;
    if (result.kind === "refused") counts.refused += 1;
    else {
      examined.hosts += 1;
      examined.ms += tookMs;
    }
    deps.onProgress?.(progress());
  }

  /** One of the lanes side by side: takes the next host until there is none. */
  async function walk(): Promise<void> {
    for (const host of queue) {
      if (signal.aborted) return;
      const startMs = deps.clock.monotonicMs();
      const result = await examineOne(host, deps, signal);
      if (result === undefined) return;
      await keep(result, deps.clock.monotonicMs() - startMs);
    }
  }

  const lanes = await Promise.allSettled(
    Array.from({ length: plan.sideBySide }, () =>
      walk().catch((thrown: unknown) => {
        broken.abort();
        throw thrown;
      }),
    ),
  );
  for (const lane of lanes) if (lane.status === "rejected") throw lane.reason;
  return progress();
}

/** @returns undefined when the scan was ended meanwhile: half an examination is no result */
async function examineOne(
  host: string,
  deps: ScanDeps,
  signal: AbortSignal,
): Promise<ScanResult | undefined> {
  try {
    const fingerprint = await deps.examine(host, signal);
    return { kind: kindOf(fingerprint), host, fingerprint };
  } catch (thrown) {
    if (signal.aborted) return undefined;
    if (!(thrown instanceof FingerError)) throw thrown;
    if (thrown.code === "TARGET_NOT_ALLOWED") return { kind: "refused", host };
    return { kind: "failed", host, message: thrown.message };
  }
}

function kindOf({ protocols, mac }: Fingerprint): "found" | "closed" | "silent" {
  const has = (...states: readonly ProtocolSeen["state"][]) =>
    protocols.some(({ state }) => states.includes(state));
  if (has("speaks", "open")) return "found";
  // The link knows it: something is there that drops what it is sent.
  return has("closed") || mac !== undefined ? "closed" : "silent";
}
