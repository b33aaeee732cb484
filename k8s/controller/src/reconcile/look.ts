import type { Clock } from "@stethos/protocol-finger/clock";
import type { EdgeDevice, ModelRollout } from "../ports/resources.ts";
import { type ActDeps, type Acted, act, carryOut } from "./act.ts";
import type { Hearing } from "./hear.ts";
import { inParallel } from "./in-parallel.ts";
import { mirrored, nodeOf } from "./mirror.ts";
import { namesakesOf } from "./namesakes.ts";
import { MOST_STEPS, type Observed, type Step } from "./observed.ts";
import type { PublishedVersions } from "./published.ts";
import { reconcile } from "./reconcile.ts";

export interface LookDeps extends ActDeps {
  readonly clock: Clock;
  readonly hearing: Hearing;
  readonly published: PublishedVersions;
  /** Told of each decision that was carried out. */
  onActed(key: string, decision: readonly Step[], acted: Acted): void;
}

export interface Looked {
  /** Look again after so long; undefined where only a change can bring something new. */
  readonly againMs: number | undefined;
  readonly failure?: Acted["failure"];
}

// So many in a row: what else waits comes in between.
const MOST_ROUNDS = 8;

/** Looks at one rollout and does what is to be done, until there is nothing left that can be done now.
 *  @throws ClusterError "not-leader", and "unreachable" where nothing could be read
 *  @throws the signal's reason */
export async function look(
  namespace: string,
  name: string,
  deps: LookDeps,
  signal: AbortSignal,
): Promise<Looked> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const rollout = await deps.cluster.rollout(namespace, name, signal);
    if (rollout === undefined) {
      deps.renewals.forget(namespace, name);
      return { againMs: undefined };
    }
    const observed = await observe(rollout, deps, signal);
    const decision = reconcile(observed);
    if (decision.status === undefined && decision.steps.length === 0) {
      deps.renewals.forget(namespace, name);
      return { againMs: decision.requeueAfterMs };
    }
    const acted = await act(rollout, decision, deps, signal);
    deps.onActed(`${namespace}/${name}`, decision.steps, acted);
    if (acted.failure !== undefined) return { againMs: 0, failure: acted.failure };
    // Whoever was first is in the cache soon.
    if (acted.conflicts > 0) await deps.clock.sleep(CONFLICT_MS, signal);
  }
  return { againMs: 0 };
}

const CONFLICT_MS = 50;

async function observe(rollout: ModelRollout, deps: LookDeps, signal: AbortSignal): Promise<Observed> {
  const { cluster, hearing, published, memory, renewals, clock } = deps;
  const { namespace } = rollout.metadata;
  const everywhere = memory.newest(cluster.devices());
  const devices = everywhere.filter(({ metadata }) => metadata.namespace === namespace);
  const reports = hearing.of(devices);
  const { model, version } = rollout.spec;
  const champions = [...reports.values()]
    .filter(({ report }) => report.model === model)
    .map(({ report }) => report.champion.version);
  return {
    rollout,
    devices,
    reports,
    namesakes: namesakesOf(everywhere),
    others: await othersOf(rollout, devices, deps, signal),
    published: await published.of(model, [version, ...champions], signal),
    renewals: renewals.of(rollout.metadata),
    readableSinceMs: hearing.readableSinceMs,
    nowMs: Math.round(clock.nowUs() / 1000),
  };
}

/** The other rollouts of the namespace. One that has written into a journal and that the cache has not is gone, or not
 *  there yet: the server knows. */
async function othersOf(
  { metadata: own }: ModelRollout,
  devices: readonly EdgeDevice[],
  { cluster, concurrency }: LookDeps,
  signal: AbortSignal,
): Promise<readonly ModelRollout[]> {
  const cached = cluster
    .rollouts()
    .filter(({ metadata }) => metadata.namespace === own.namespace && metadata.uid !== own.uid);
  const known = new Set([own.uid, ...cached.map(({ metadata }) => metadata.uid)]);
  const owners = devices.flatMap(({ status }) => status?.rollout ?? []);
  const names = new Set(owners.filter(({ uid }) => !known.has(uid)).map(({ name }) => name));
  const found = await inParallel([...names], concurrency, (name) =>
    cluster.rollout(own.namespace, name, signal),
  );
  const missed = found.flatMap((one) => (one === undefined || known.has(one.metadata.uid) ? [] : one));
  return [...cached, ...missed];
}

/** Writes down what devices tell that no rollout has written down.
 *  @throws as {@link look} */
export async function mirrorAll(deps: LookDeps, signal: AbortSignal): Promise<Acted> {
  const { cluster, hearing, memory, clock } = deps;
  const nowMs = Math.round(clock.nowUs() / 1000);
  const devices = memory.newest(cluster.devices());
  const reports = hearing.of(devices);
  const steps = devices.flatMap((device): Step[] => {
    const status = mirrored(device, reports.get(nodeOf(device)), nowMs);
    return status === undefined ? [] : [{ kind: "journal", device, status }];
  });
  return carryOut(steps.slice(0, MOST_STEPS), deps, signal);
}
