import type { Clock } from "@stethos/protocol-finger/clock";
import { type Fleet, FleetError } from "../ports/fleet.ts";

/** Which versions the registry has: asked once in a while, not with every look. */
export interface PublishedVersions {
  /** Digest of each, null where there is none; absent where the registry gave no answer. */
  of(
    model: string,
    versions: Iterable<string>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string | null>>;
}

interface Known {
  readonly digest: string | null;
  readonly untilMs: number;
}

// A published version stays; one that is missing may be pushed any minute.
const KEEP_MS = 600_000;
const KEEP_MISSING_MS = 10_000;
const MOST_KEPT = 1000;

export function createPublishedVersions(fleet: Fleet, clock: Clock): PublishedVersions {
  const known = new Map<string, Known>();

  async function digestOf(
    model: string,
    version: string,
    signal: AbortSignal,
  ): Promise<string | null | undefined> {
    const key = `${model}\0${version}`;
    const kept = known.get(key);
    if (kept !== undefined && clock.monotonicMs() < kept.untilMs) return kept.digest;
    try {
      const digest = (await fleet.published(model, version, signal))?.digest ?? null;
      if (known.size >= MOST_KEPT) known.clear();
      known.set(key, {
        digest,
        untilMs: clock.monotonicMs() + (digest === null ? KEEP_MISSING_MS : KEEP_MS),
      });
      return digest;
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof FleetError) return undefined;
      throw thrown;
    }
  }

  return {
    async of(model, versions, signal) {
      const found = new Map<string, string | null>();
      for (const version of new Set(versions)) {
        const digest = await digestOf(model, version, signal);
        if (digest !== undefined) found.set(version, digest);
      }
      return found;
    },
  };
}
