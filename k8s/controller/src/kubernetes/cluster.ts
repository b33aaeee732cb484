import type { Clock } from "@stethos/protocol-finger/clock";
import type { Cluster } from "../ports/cluster.ts";
import type { EdgeDevice, ModelRollout } from "../ports/resources.ts";
import type { Api } from "./api.ts";
import { createEventTeller, type EventNews } from "./event-teller.ts";
import { listObjects } from "./list-objects.ts";
import type { Change } from "./object-cache.ts";
import { readObject } from "./read-object.ts";
import { createReflector, type Reflector, type ReflectorNews, type ReflectorOptions } from "./reflector.ts";
import { collectionPath, DEVICES, type Resource, ROLLOUTS } from "./resource.ts";
import { createWriter } from "./writer.ts";

export interface ClusterOptions {
  /** All namespaces if absent. */
  readonly namespace?: string | undefined;
  /** Of this process, in events: the pod's name. */
  readonly instance: string;
  readonly reflector: Omit<ReflectorOptions<ModelRollout>, "path" | "resource">;
}

export const USUAL_REFLECTOR: ClusterOptions["reflector"] = {
  relistMs: 600_000,
  watchSeconds: 300,
  // Two bookmarks were missed.
  silentMs: 130_000,
  mostLine: 8 * 1024 * 1024,
  backOff: { firstMs: 500, mostMs: 30_000 },
};

export interface ClusterDeps {
  readonly api: Api;
  readonly clock: Clock;
  readonly random: () => number;
  /** Asked before every write, after all waiting. @throws ClusterError "not-leader" */
  readonly confirm: () => void;
  /** @param kind of object that is watched */
  readonly onNews: (kind: string, news: ReflectorNews) => void;
  readonly onEventNews: (news: EventNews) => void;
}

export interface ClusterFigures {
  /** Objects in the cache, and left out because they do not parse, by kind. */
  readonly objects: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
}

export interface WatchedCluster extends Cluster {
  /** Both kinds have been listed. */
  readonly isSynced: () => boolean;
  readonly figures: () => ClusterFigures;
}

/** The Cluster port over the API server. */
export function createCluster(options: ClusterOptions, deps: ClusterDeps): WatchedCluster {
  const { namespace } = options;
  const rollouts = reflectorOf(ROLLOUTS, options, deps);
  const devices = reflectorOf(DEVICES, options, deps);
  const isSynced = () => rollouts.isSynced && devices.isSynced;
  const events = createEventTeller({ instance: options.instance }, { ...deps, onNews: deps.onEventNews });

  return {
    ...createWriter({ ...deps, keepRollout: rollouts.keep, keepDevice: devices.keep }),
    rollouts: rollouts.objects,
    devices: devices.objects,
    async devicesNow(signal) {
      const path = collectionPath(DEVICES, namespace);
      const { items } = await listObjects(deps.api, path, "the list of edgedevices", signal);
      return items.flatMap((item) => {
        const read = readObject(DEVICES, item);
        return read.isGood ? [read.object] : [];
      });
    },
    async run(onChange, signal) {
      const wakeAll = (of: Iterable<ModelRollout>) => {
        for (const { metadata } of of) onChange(`${metadata.namespace}/${metadata.name}`);
      };
      const onSynced = () => {
        if (isSynced()) wakeAll(rollouts.objects());
      };
      // Nothing is decided on half a picture: without the devices a rollout would seem to have none.
      const unlessEarly =
        <T extends EdgeDevice | ModelRollout>(on: (change: Change<T>) => void) =>
        (change: Change<T>) => {
          if (isSynced()) on(change);
        };
      const onRollout = unlessEarly<ModelRollout>(({ object }) => {
        // The others of the namespace too: one that ends sets devices free.
        wakeAll(new Set([object, ...inNamespace(rollouts.objects(), object)]));
      });
      const onDevice = unlessEarly<EdgeDevice>(({ object }) =>
        wakeAll(inNamespace(rollouts.objects(), object)),
      );
      await Promise.all([
        rollouts.run({ onChange: onRollout, onSynced }, signal),
        devices.run({ onChange: onDevice, onSynced }, signal),
        events.run(signal),
      ]);
    },
    tell: events.tell,
    isSynced,
    figures: () => ({
      objects: {
        [ROLLOUTS.kind]: rollouts.objects().length,
        [DEVICES.kind]: devices.objects().length,
      },
      refused: { [ROLLOUTS.kind]: rollouts.refused, [DEVICES.kind]: devices.refused },
    }),
  };
}

const inNamespace = (
  rollouts: readonly ModelRollout[],
  { metadata }: EdgeDevice | ModelRollout,
): readonly ModelRollout[] => rollouts.filter((one) => one.metadata.namespace === metadata.namespace);

function reflectorOf<T extends EdgeDevice | ModelRollout>(
  resource: Resource<T>,
  { namespace, reflector }: ClusterOptions,
  deps: ClusterDeps,
): Reflector<T> {
  return createReflector({ ...reflector, resource, path: collectionPath(resource, namespace) }, deps);
}
