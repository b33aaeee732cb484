import type { PointerTimes } from "../ports/fleet.ts";
import type { ObjectMeta } from "../ports/resources.ts";

/** What the rounds of renewals that are under way have seen. A new leader begins them anew: it reads all pointers, and signs
 *  none that is young. */
export interface Renewals {
  /** By the device's name; undefined: its pointer is somebody else's. */
  of(rollout: ObjectMeta): ReadonlyMap<string, PointerTimes | undefined>;
  remember(rollout: ObjectMeta, node: string, times: PointerTimes | undefined): void;
  /** The round is over, or the rollout gone. */
  forget(namespace: string, name: string): void;
}

interface Round {
  readonly uid: string;
  readonly seen: Map<string, PointerTimes | undefined>;
}

export function createRenewals(): Renewals {
  const rounds = new Map<string, Round>();

  const roundOf = ({ namespace, name, uid }: ObjectMeta): Round | undefined => {
    const round = rounds.get(`${namespace}/${name}`);
    return round?.uid === uid ? round : undefined;
  };

  return {
    of: (rollout) => roundOf(rollout)?.seen ?? new Map(),
    remember(rollout, node, times) {
      const round = roundOf(rollout) ?? { uid: rollout.uid, seen: new Map() };
      round.seen.set(node, times);
      rounds.set(`${rollout.namespace}/${rollout.name}`, round);
    },
    forget: (namespace, name) => void rounds.delete(`${namespace}/${name}`),
  };
}
