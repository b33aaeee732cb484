import type { Clock } from "@stethos/protocol-finger/clock";
import { type Cluster, ClusterError, type Leadership } from "../ports/cluster.ts";
import type { Fleet } from "../ports/fleet.ts";
import type { ModelRollout } from "../ports/resources.ts";
import type { Acted } from "./act.ts";
import { adopt } from "./adopt.ts";
import { createDeviceMemory } from "./device-memory.ts";
import { createHearing } from "./hear.ts";
import { createKeyQueue, type KeyQueue } from "./key-queue.ts";
import { type LookDeps, look, mirrorAll } from "./look.ts";
import type { Step } from "./observed.ts";
import { createPublishedVersions } from "./published.ts";
import { createRenewals } from "./renewals.ts";

export interface LeadOptions {
  /** How often the devices' reports are read. */
  readonly pollSeconds: number;
  /** Where a device that reports itself gets its EdgeDevice; none are made if absent. */
  readonly adoptInto?: string | undefined;
  /** Writes and pointer moves at the same time. */
  readonly concurrency: number;
}

export interface LeadDeps {
  readonly cluster: Cluster;
  readonly fleet: Fleet;
  readonly leadership: Pick<Leadership, "confirm">;
  readonly clock: Clock;
  /** Fingerprint of a public key (PEM): sha256 of its SPKI DER, hex; undefined for what is none. */
  keyIdOf(pem: string): string | undefined;
  /** What happens, for the log and for metrics. */
  onTold(told: Told): void;
}

export type Told =
  | {
      readonly kind: "acted";
      readonly rollout: string;
      readonly steps: readonly Step[];
      readonly acted: Acted;
    }
  | { readonly kind: "failed"; readonly what: string; readonly failure: Error; readonly againMs: number }
  | { readonly kind: "refused"; readonly report: string; readonly why: string }
  | { readonly kind: "heard"; readonly devices: number; readonly seconds: number };

/** The work of a leader. */
export interface Lead {
  /** A rollout, by "namespace/name", that may have to be looked at. Nothing for one who does not lead. */
  changed(key: string): void;
  /** Leads until the signal ends.
   *  @throws ClusterError "not-leader" where somebody else does */
  lead(signal: AbortSignal): Promise<void>;
}

export function createLead(options: LeadOptions, deps: LeadDeps): Lead {
  let queue: KeyQueue | undefined;
  return {
    changed: (key) => queue?.add(key, 0),
    async lead(signal) {
      queue = createKeyQueue(deps.clock);
      try {
        await leadOnce(queue, options, deps, signal);
      } finally {
        queue = undefined;
      }
    },
  };
}

// A key that is no rollout's: names of objects have no space.
const LISTEN = " reports";
const MIRROR = " devices";
const FIRST_AGAIN_MS = 500;
const MOST_AGAIN_MS = 60_000;

async function leadOnce(
  queue: KeyQueue,
  options: LeadOptions,
  deps: LeadDeps,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, fleet, clock, onTold } = deps;
  const memory = createDeviceMemory();
  const hearing = createHearing({
    ...deps,
    onRefused: (report, why) => onTold({ kind: "refused", report, why }),
  });
  const work: LookDeps = {
    ...deps,
    memory,
    hearing,
    concurrency: options.concurrency,
    renewals: createRenewals(),
    published: createPublishedVersions(fleet, clock),
    onActed: (rollout, steps, acted) => onTold({ kind: "acted", rollout, steps, acted }),
  };
  let isKnown = false;

  /** Before anything is decided: what the leader before did, and what the devices say. */
  async function listen(): Promise<number> {
    if (!isKnown) memory.replace(await cluster.devicesNow(signal));
    isKnown = true;
    const startMs = clock.monotonicMs();
    const hasNews = await hearing.listen(signal);
    if (hearing.failure !== undefined) throw hearing.failure;
    onTold({ kind: "heard", devices: hearing.reports.size, seconds: (clock.monotonicMs() - startMs) / 1000 });
    if (options.adoptInto !== undefined) await adopt(options.adoptInto, work, signal);
    if (hasNews) for (const rollout of cluster.rollouts()) if (mayCare(rollout)) queue.add(keyOf(rollout), 0);
    // After the rollouts: they write the same down on the way.
    queue.add(MIRROR, 0);
    return options.pollSeconds * 1000;
  }

  async function lookAt(key: string): Promise<number | undefined> {
    // Without the devices nothing can be said of a rollout.
    if (!isKnown) return FIRST_AGAIN_MS;
    const [namespace = "", name = ""] = key.split("/");
    const looked = await look(namespace, name, work, signal);
    if (looked.failure !== undefined) throw looked.failure;
    return looked.againMs;
  }

  async function mirror(): Promise<number | undefined> {
    const { failure, done } = await mirrorAll(work, signal);
    if (failure !== undefined) throw failure;
    return done > 0 ? 0 : undefined;
  }

  const workOn = (key: string): Promise<number | undefined> => {
    if (key === LISTEN) return listen();
    return key === MIRROR ? mirror() : lookAt(key);
  };

  queue.add(LISTEN, 0);
  for (const rollout of cluster.rollouts()) queue.add(keyOf(rollout), 0);
  while (!signal.aborted) {
    const key = await queue.next(signal);
    if (key === undefined) return;
    try {
      queue.succeeded(key, await workOn(key));
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof Error) || (thrown instanceof ClusterError && thrown.code === "not-leader"))
        throw thrown;
      const againMs = queue.failed(key, FIRST_AGAIN_MS, MOST_AGAIN_MS);
      onTold({ kind: "failed", what: key.trim(), failure: thrown, againMs });
    }
  }
}

const keyOf = ({ metadata }: ModelRollout): string => `${metadata.namespace}/${metadata.name}`;

/** Something that a device says may change what is done. */
const mayCare = ({ status }: ModelRollout): boolean => status?.phase !== "Completed";
