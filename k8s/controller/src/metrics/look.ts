import type { WatchedCluster } from "../kubernetes/cluster.ts";
import { DEVICE_STEPS, PHASES } from "../ports/resources.ts";
import type { Sample } from "./metrics.ts";

export interface MetricSources {
  readonly version: string;
  readonly leadership: { readonly isLeader: () => boolean };
  readonly cluster: Pick<WatchedCluster, "devices" | "figures" | "isSynced" | "rollouts">;
  readonly reporting: () => number;
}

/** What is so at the moment of a scrape. Each state is there, so that a query sees a state end. */
export function lookAt({ version, leadership, cluster, reporting }: MetricSources): readonly Sample[] {
  const { objects, refused } = cluster.figures();
  const phases = cluster.rollouts().map(({ status }) => status?.phase ?? "Pending");
  const steps = cluster.devices().flatMap(({ status }) => status?.rollout?.step ?? []);
  const plain = (name: Sample["name"], value: number): Sample => ({ name, labels: {}, value });
  return [
    { name: "info", labels: { version: version }, value: 1 },
    plain("leader", leadership.isLeader() ? 1 : 0),
    plain("synced", cluster.isSynced() ? 1 : 0),
    ...byKind("cached_objects", objects),
    ...byKind("refused_objects", refused),
    ...counted("rollouts", "phase", PHASES, phases),
    ...counted("device_steps", "step", DEVICE_STEPS, steps),
    plain("reporting_devices", reporting()),
    plain("resident_memory_bytes", process.memoryUsage.rss()),
  ];
}

const byKind = (name: Sample["name"], counts: Readonly<Record<string, number>>): readonly Sample[] =>
  Object.entries(counts).map(([kind, value]) => ({ name, labels: { kind }, value }));

function counted<S extends string>(
  name: Sample["name"],
  label: string,
  states: readonly S[],
  found: readonly S[],
): readonly Sample[] {
  const counts = new Map<S, number>(states.map((state) => [state, 0]));
  for (const state of found) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, value]) => ({ name, labels: { [label]: state }, value }));
}
