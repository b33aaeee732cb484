import type { Clock } from "@stethos/protocol-finger/clock";
import {
  type Fleet,
  FleetError,
  type PointerTimes,
  type Pointing,
} from "../../k8s/controller/src/ports/fleet.ts";
import type { FakeDevice, Pointers } from "./fake-device.ts";

/** A registry's store in memory. */
export interface FakeStore {
  readonly pointers: ReadonlyMap<string, Pointers>;
  /** Nodes whose pointers were ever moved. */
  readonly moved: ReadonlySet<string>;
  /** Of the candidate pointers, by node. */
  readonly times: ReadonlyMap<string, PointerTimes>;
  isAway: boolean;
  connect(hooks: { before(): void; after(): void }): Fleet;
  pointersOf(node: string): Pointers;
}

export interface FakeStoreOptions {
  readonly devices: readonly FakeDevice[];
  readonly clock: Clock;
  /** Digest by version. */
  readonly published: Readonly<Record<string, string>>;
  /** Sees each deed before it is done. */
  onMove(kind: "offer" | "recall", pointing: Pointing): void;
  /** Sees each pointer before it is signed anew, and may throw. */
  onRenew?(pointing: Pointing): void;
}

export function createFakeStore({
  devices,
  clock,
  published,
  onMove,
  onRenew = () => undefined,
}: FakeStoreOptions): FakeStore {
  const pointers = new Map<string, Pointers>();
  const moved = new Set<string>();
  const times = new Map<string, PointerTimes>();
  let sequence = 0;

  const store: FakeStore = {
    pointers,
    moved,
    times,
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
        if (!isThere(own.candidate, pointer)) setCandidate(pointing, pointer.isRollback);
        hooks.after();
        if (kind === "recall" && !isThere(own.stable, pointer))
          own.stable = { ...pointer, sequence: ++sequence };
        if (kind === "offer" && own.stable?.isRollback) own.stable = undefined;
        hooks.after();
      }
      async function renew(pointing: Pointing): Promise<PointerTimes | undefined> {
        hooks.before();
        answer();
        const { candidate } = store.pointersOf(pointing.node);
        const known = times.get(pointing.node);
        if (candidate !== undefined && !isThere(candidate, { ...pointing, isRollback: false }))
          return undefined;
        const leftMs = (known?.expiresMs ?? 0) - nowMs();
        if (candidate !== undefined && leftMs > pointing.expiresDays * DAY_MS * (3 / 4)) return known;
        onRenew(pointing);
        const signed = setCandidate(pointing, false);
        hooks.after();
        return signed;
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
        renew,
        recall: (pointing) => move("recall", pointing),
      };
    },
  };

  const nowMs = (): number => clock.nowUs() / 1000;

  function setCandidate(pointing: Pointing, isRollback: boolean): PointerTimes {
    const { node, version, digest, expiresDays } = pointing;
    sequence += 1;
    store.pointersOf(node).candidate = { version, digest, isRollback, sequence };
    const signedMs = nowMs();
    const signed = { signedMs, expiresMs: signedMs + expiresDays * DAY_MS };
    times.set(node, signed);
    return signed;
  }

  function answer(): void {
    if (store.isAway) throw new FleetError("unreachable", "the store is away");
  }

  return store;
}

const DAY_MS = 86_400_000;

const isThere = (
  known: { readonly digest: string; readonly isRollback: boolean } | undefined,
  wanted: { readonly digest: string; readonly isRollback: boolean },
): boolean => known?.digest === wanted.digest && known.isRollback === wanted.isRollback;
