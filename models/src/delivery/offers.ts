import type { Clock } from "@stethos/protocol-finger/clock";
import { ModelError } from "../errors.ts";
import type { Trust } from "../package/trust.ts";
import type { Pointer, Registry } from "../registry/registry.ts";
import type { Offer } from "./installer-types.ts";
import type { DownloadMemory } from "./memory.ts";

export interface OfferDeps {
  readonly registry: Registry | undefined;
  /** Of packages. */
  readonly trust: Trust;
  readonly pointerTrust: Trust;
  readonly memory: DownloadMemory;
  readonly clock: Clock;
  readonly sequenceHere?: (digest: string, signal: AbortSignal) => Promise<number | undefined>;
}

export interface Offers {
  offered(name: string, channel: string, signal: AbortSignal): Promise<Offer | undefined>;
}

// Of as many channels as a device follows; asking again for what has not changed costs a pointer, not a manifest.
const MOST_REMEMBERED = 8;

/** Reads channels as a device must: never back in time (TUF, section 5.3: rollback and freeze), and never a manifest that
 *  the pointer does not name (mix and match). */
export function createOffers(deps: OfferDeps): Offers {
  const { registry, trust, pointerTrust, memory, clock } = deps;
  const sequences = new Map<string, number>();

  async function sequenceOf(pointer: Pointer, registry: Registry, signal: AbortSignal): Promise<number> {
    const known = sequences.get(pointer.manifestSha256);
    if (known !== undefined) return known;
    const here = await deps.sequenceHere?.(pointer.manifestSha256, signal);
    return remembered(pointer.manifestSha256, here ?? (await publishedSequence(pointer, registry, signal)));
  }

  async function publishedSequence(
    pointer: Pointer,
    registry: Registry,
    signal: AbortSignal,
  ): Promise<number> {
    const { manifest, digest } = await registry.version(pointer.name, pointer.version, trust, signal);
    if (digest !== pointer.manifestSha256) {
      throw new ModelError(
        "MODEL_TAMPERED",
        `${pointer.name} ${pointer.version} in ${registry.store.name} is not the one that channel ${pointer.channel} ` +
          `points at (manifest ${digest}, wanted ${pointer.manifestSha256}); set the channel again if that is meant`,
      );
    }
    return manifest.sequence;
  }

  function remembered(digest: string, sequence: number): number {
    const [oldest] = sequences.keys();
    if (sequences.size >= MOST_REMEMBERED && oldest !== undefined) sequences.delete(oldest);
    sequences.set(digest, sequence);
    return sequence;
  }

  return {
    async offered(name, channel, signal) {
      if (registry === undefined) return undefined;
      const pointer = await registry.pointer(name, channel, pointerTrust, clock.nowUs() / 1000, signal);
      if (pointer === undefined) return undefined;
      refuseOldPointer(pointer, memory.pointerSequence(name, channel), registry);
      memory.sawPointer(name, channel, pointer.sequence);
      const sequence = await sequenceOf(pointer, registry, signal);
      if (!pointer.isRollback) refuseOldVersion(pointer, sequence, memory.committedSequence(name));
      const version = { name, version: pointer.version, digest: pointer.manifestSha256, sequence };
      return { version, channel, isRollback: pointer.isRollback, sequence: pointer.sequence };
    },
  };
}

function refuseOldPointer(pointer: Pointer, highest: number, { store }: Registry): void {
  if (pointer.sequence >= highest) return;
  throw new ModelError(
    "MODEL_DOWNGRADED",
    `${store.name} shows pointer ${pointer.sequence} of channel ${pointer.name}/${pointer.channel} where ${highest} was ` +
      "seen before: somebody holds back or replays; restore the registry, or set the channel anew",
  );
}

function refuseOldVersion(pointer: Pointer, sequence: number, committed: number): void {
  if (sequence >= committed) return;
  throw new ModelError(
    "MODEL_DOWNGRADED",
    `channel ${pointer.name}/${pointer.channel} points at ${pointer.version} (sequence ${sequence}), older than what was ` +
      `committed (sequence ${committed}); if that is meant, declare it: stethos-model rollback, or channel set --rollback`,
  );
}
