import type { EdgeDevice } from "../ports/resources.ts";

/** What a leader knows of the devices: its cache may be behind the leader's own writes and behind those of the leader before.
 *  Only the leader writes the journal, so what was listed at the beginning and what was written since is all of it: no
 *  device is taken twice because a watch is slow. */
export interface DeviceMemory {
  /** All devices, read through to the server. */
  replace(devices: readonly EdgeDevice[]): void;
  /** The answer to a write. */
  remember(device: EdgeDevice): void;
  /** The server says that it is not there any more. */
  forget(device: EdgeDevice): void;
  /** The newest of each. */
  newest(cached: readonly EdgeDevice[]): readonly EdgeDevice[];
}

interface Known {
  readonly device: EdgeDevice;
  /** The cache has had it: when it is not there any more, it was deleted. */
  wasCached: boolean;
}

export function createDeviceMemory(): DeviceMemory {
  const known = new Map<string, Known>();

  function remember(device: EdgeDevice): void {
    const before = known.get(device.metadata.uid);
    if (before !== undefined && !isNewer(device, before.device)) return;
    known.set(device.metadata.uid, { device, wasCached: before?.wasCached ?? false });
  }

  function newer(cached: EdgeDevice): EdgeDevice {
    const own = known.get(cached.metadata.uid);
    if (own === undefined) return cached;
    own.wasCached = true;
    if (isNewer(own.device, cached)) return own.device;
    known.delete(cached.metadata.uid);
    return cached;
  }

  return {
    replace(devices) {
      known.clear();
      for (const device of devices) remember(device);
    },
    remember,
    forget: ({ metadata }) => void known.delete(metadata.uid),
    newest(cached) {
      const seen = new Set(cached.map(({ metadata }) => metadata.uid));
      const result = new Map(cached.map((device) => [placeOf(device), newer(device)]));
      for (const [uid, { device, wasCached }] of known) {
        if (seen.has(uid)) continue;
        if (wasCached) known.delete(uid);
        else result.set(placeOf(device), device);
      }
      return [...result.values()];
    },
  };
}

const placeOf = ({ metadata }: EdgeDevice): string => `${metadata.namespace}/${metadata.name}`;

/** Resource versions of one kind are numbers that grow, by the API server's word since 1.35 and by its doing before. */
const isNewer = ({ metadata: a }: EdgeDevice, { metadata: b }: EdgeDevice): boolean =>
  BigInt(a.resourceVersion) > BigInt(b.resourceVersion);
