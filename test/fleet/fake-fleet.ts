import { type Fleet, FleetError, type Pointing } from "../../k8s/controller/src/ports/fleet.ts";
import type { FakeDevice, Pointers } from "./fake-device.ts";

/** A registry's store in memory. */
export interface FakeStore {
  readonly pointers: ReadonlyMap<string, Pointers>;
  /** Nodes whose pointers were ever moved. */
  readonly moved: ReadonlySet<string>;
  isAway: boolean;
  connect(hooks: { before(): void; after(): void }): Fleet;
  pointersOf(node: string): Pointers;
}

export interface FakeStoreOptions {
  readonly devices: readonly FakeDevice[];
  /** Digest by version. */
  readonly published: Readonly<Record<string, string>>;
  /** Sees each deed before it is done. */
  onMove(kind: "offer" | "recall", pointing: Pointing): void;
}

export function createFakeStore({ devices, published, onMove }: FakeStoreOptions): FakeStore {
  const pointers = new Map<string, Pointers>();
  const moved = new Set<string>();
  let sequence = 0;

  const store: FakeStore = {
    pointers,
    moved,
    isAway: false,
    pointersOf(node) {
      const known = pointers.get(node) ?? {};
      pointers.set(node, known);
      return known;
    },
    connect(hooks) {
      async function move(kind: "offer" | "recall", pointing: Pointing): Promise<void> {
        hooks.before();
        answer();
        onMove(kind, pointing);
        const { node, version, digest } = pointing;
        const own = store.pointersOf(node);
        moved.add(node);
        const pointer = { version, digest, isRollback: kind === "recall" };
        if (!isThere(own.candidate, pointer)) own.candidate = { ...pointer, sequence: ++sequence };
        hooks.after();
        if (kind === "recall" && !isThere(own.stable, pointer))
          own.stable = { ...pointer, sequence: ++sequence };
        if (kind === "offer" && own.stable?.isRollback) own.stable = undefined;
        hooks.after();
      }
      return {
        reports: async () => {
          answer();
          return {
            reports: devices.map(({ report }) => ({ report, keyId: `key-${report.node}` })),
            refused: [],
          };
        },
        published: async (_, version) => {
          answer();
          const digest = published[version];
          return digest === undefined ? undefined : { version, digest };
        },
        offer: (pointing) => move("offer", pointing),
        recall: (pointing) => move("recall", pointing),
      };
    },
  };

  function answer(): void {
    if (store.isAway) throw new FleetError("unreachable", "the store is away");
  }

  return store;
}

const isThere = (
  known: { readonly digest: string; readonly isRollback: boolean } | undefined,
  wanted: { readonly digest: string; readonly isRollback: boolean },
): boolean => known?.digest === wanted.digest && known.isRollback === wanted.isRollback;
