import { type Cluster, ClusterError, type ClusterEvent } from "../../k8s/controller/src/ports/cluster.ts";
import type {
  EdgeDevice,
  EdgeDeviceStatus,
  ModelRollout,
  ModelRolloutStatus,
  ObjectMeta,
} from "../../k8s/controller/src/ports/resources.ts";

/** An API server in memory: resource versions, conflicts, finalizers; and caches that lag behind it. */
export interface FakeServer {
  readonly devices: ReadonlyMap<string, EdgeDevice>;
  readonly rollouts: ReadonlyMap<string, ModelRollout>;
  readonly events: readonly ClusterEvent[];
  /** @param node the device that it stands for, if not the one of its own name */
  addDevice(name: string, node?: string): void;
  addRollout(name: string, spec: ModelRollout["spec"], creationTimestamp: string): ModelRollout;
  setSpec(name: string, change: Partial<ModelRollout["spec"]>): void;
  hold(name: string, isHeld: boolean): void;
  /** Only marked, as long as there is a finalizer. */
  deleteRollout(name: string): void;
  /** A client with a cache of its own. `before` and `after` are called around each write, and may throw. */
  connect(hooks: { before(): void; after(): void }): FakeClient;
}

export interface FakeClient extends Cluster {
  /** The cache hears of some of what it has not heard of yet: `share` 0..1. */
  catchUp(share: number): void;
}

export interface FakeServerOptions {
  /** Sees each device write, before it counts. */
  onJournal(before: EdgeDevice, after: EdgeDevice): void;
}

const NAMESPACE = "plant";

export function createFakeServer({ onJournal }: FakeServerOptions): FakeServer {
  const devices = new Map<string, EdgeDevice>();
  const rollouts = new Map<string, ModelRollout>();
  const events: ClusterEvent[] = [];
  /** All states ever, in order: a cache is a place in it. */
  const history: (
    | { readonly kind: "device"; readonly object: EdgeDevice }
    | { readonly kind: "gone"; readonly name: string }
    | { readonly kind: "rollout"; readonly object: ModelRollout }
  )[] = [];
  let version = 0;

  function meta(name: string, creationTimestamp: string): ObjectMeta {
    version += 1;
    const uid = `uid-${name}-${version}`;
    return {
      name,
      namespace: NAMESPACE,
      uid,
      resourceVersion: String(version),
      generation: 1,
      creationTimestamp,
    };
  }

  function bumped(metadata: ObjectMeta): ObjectMeta {
    version += 1;
    return { ...metadata, resourceVersion: String(version) };
  }

  function setDevice(object: EdgeDevice): EdgeDevice {
    devices.set(object.metadata.name, object);
    history.push({ kind: "device", object });
    return object;
  }

  function setRollout(object: ModelRollout): ModelRollout {
    const { metadata } = object;
    const isGone = metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
    if (isGone) {
      rollouts.delete(metadata.name);
      history.push({ kind: "gone", name: metadata.name });
    } else {
      rollouts.set(metadata.name, object);
      history.push({ kind: "rollout", object });
    }
    return object;
  }

  function current<T extends EdgeDevice | ModelRollout>(all: ReadonlyMap<string, T>, seen: T): T {
    const object = all.get(seen.metadata.name);
    if (object === undefined || object.metadata.uid !== seen.metadata.uid) {
      throw new ClusterError("gone", `${seen.metadata.name} is not there`);
    }
    if (object.metadata.resourceVersion !== seen.metadata.resourceVersion) {
      throw new ClusterError("conflict", `${seen.metadata.name} changed`);
    }
    return object;
  }

  function changeRollout(name: string, change: (rollout: ModelRollout) => ModelRollout): void {
    const rollout = rollouts.get(name);
    if (rollout === undefined) return;
    const changed = change(rollout);
    setRollout({ ...changed, metadata: bumped(changed.metadata) });
  }

  return {
    devices,
    rollouts,
    events,
    addDevice(name, node) {
      const spec = { isHeld: false, ...(node !== undefined && { node }) };
      setDevice({ metadata: meta(name, "2026-11-23T00:00:00Z"), spec });
    },
    addRollout: (name, spec, creationTimestamp) =>
      setRollout({ metadata: meta(name, creationTimestamp), spec }),
    setSpec: (name, change) =>
      changeRollout(name, (rollout) => ({
        ...rollout,
        metadata: { ...rollout.metadata, generation: rollout.metadata.generation + 1 },
        spec: { ...rollout.spec, ...change },
      })),
    hold(name, isHeld) {
      const device = devices.get(name);
      if (device === undefined) return;
      setDevice({ ...device, metadata: bumped(device.metadata), spec: { ...device.spec, isHeld } });
    },
    deleteRollout: (name) =>
      changeRollout(name, (rollout) => ({
        ...rollout,
        metadata: { ...rollout.metadata, deletionTimestamp: "2026-11-23T00:00:00Z" },
      })),
    connect(hooks) {
      const cachedDevices = new Map<string, EdgeDevice>();
      const cachedRollouts = new Map<string, ModelRollout>();
      let place = 0;

      async function write<T>(work: () => T): Promise<T> {
        hooks.before();
        const done = work();
        hooks.after();
        return done;
      }

      return {
        devices: () => [...cachedDevices.values()],
        rollouts: () => [...cachedRollouts.values()],
        devicesNow: async () => [...devices.values()],
        run: () => Promise.reject(new Error("the test says what is looked at")),
        rollout: async (_, name) => rollouts.get(name),
        setRolloutStatus: (seen, status: ModelRolloutStatus) =>
          write(() => setRollout({ ...current(rollouts, seen), metadata: bumped(seen.metadata), status })),
        setDeviceStatus: (seen, status: EdgeDeviceStatus) =>
          write(() => {
            const before = current(devices, seen);
            const after = { ...before, metadata: bumped(before.metadata), status };
            onJournal(before, after);
            return setDevice(after);
          }),
        setFinalizers: (seen, finalizers) =>
          write(() => {
            const before = current(rollouts, seen);
            return setRollout({ ...before, metadata: { ...bumped(before.metadata), finalizers } });
          }),
        adoptDevice: (namespace, name, labels) =>
          write(() => {
            const metadata = { ...meta(name, "2026-11-23T00:00:00Z"), namespace, labels };
            if (!devices.has(name)) setDevice({ metadata, spec: { isHeld: false } });
          }),
        tell: async (_, event) => void events.push(event),
        catchUp(share) {
          const until = Math.min(history.length, place + Math.ceil((history.length - place) * share));
          for (const change of history.slice(place, until)) {
            if (change.kind === "device") cachedDevices.set(change.object.metadata.name, change.object);
            else if (change.kind === "rollout")
              cachedRollouts.set(change.object.metadata.name, change.object);
            else cachedRollouts.delete(change.name);
          }
          place = until;
        },
      };
    },
  };
}
