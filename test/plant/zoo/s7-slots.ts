import type { ConnectionTraits, ConnectionType } from "./s7-traits.ts";

/** The connections that a controller has, by type: each type has its reserve, the rest is for all. */
export interface Slots {
  /** @returns what gives the connection back; undefined where none is free */
  take(type: ConnectionType): (() => void) | undefined;
  /** So many connections are other clients' from now on, whatever they hold to begin with. */
  occupy(connections: number): void;
}

const TYPES: readonly ConnectionType[] = ["basic", "op", "pg"];

export function createSlots({ total, reserved, taken }: ConnectionTraits): Slots {
  const ours = { pg: 0, op: 0, basic: 0 };
  let others = { pg: 0, op: 0, basic: 0, ...taken };
  const reserveOf = (type: ConnectionType): number => reserved[type] ?? 0;
  const shared = total - TYPES.reduce((sum, type) => sum + reserveOf(type), 0);

  const used = (type: ConnectionType): number => ours[type] + others[type];
  const sharedInUse = (): number =>
    TYPES.reduce((sum, type) => sum + Math.max(0, used(type) - reserveOf(type)), 0);
  const isFree = (type: ConnectionType): boolean => used(type) < reserveOf(type) || sharedInUse() < shared;

  return {
    take(type) {
      if (!isFree(type)) return undefined;
      ours[type] += 1;
      return () => {
        ours[type] -= 1;
      };
    },
    occupy(connections) {
      others = { pg: 0, op: 0, basic: 0, ...taken };
      for (let i = 0; i < connections; i += 1) {
        const type = TYPES.find(isFree);
        if (type === undefined) return;
        others[type] += 1;
      }
    },
  };
}
