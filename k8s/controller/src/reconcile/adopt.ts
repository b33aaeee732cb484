import type { FleetReport } from "@stethos/edge-agent/core";
import { inParallel } from "./in-parallel.ts";
import type { LookDeps } from "./look.ts";
import { nodeOf } from "./mirror.ts";

/** Labels by which selectors find an adopted device. */
const SITE_LABEL = "stethos.io/site";
const MODEL_LABEL = "stethos.io/model";

// RFC 1123, as names of objects have to be.
const NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const LABEL_VALUE = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const MOST_AT_ONCE = 200;

/** Makes an EdgeDevice for each device that reports itself and has none. One whose name cannot be an object's is left to
 *  be made by hand, with `spec.node`. */
export async function adopt(namespace: string, deps: LookDeps, signal: AbortSignal): Promise<void> {
  const { cluster, hearing, leadership, memory } = deps;
  const known = new Set(memory.newest(cluster.devices()).map(nodeOf));
  const strangers = [...hearing.reports.values()]
    .map(({ report }) => report)
    .filter(({ node }) => !known.has(node) && NAME.test(node))
    .slice(0, MOST_AT_ONCE);
  await inParallel(strangers, deps.concurrency, (report) => {
    leadership.confirm();
    return cluster.adoptDevice(namespace, report.node, labelsOf(report), signal);
  });
}

function labelsOf({ site, model }: FleetReport): Readonly<Record<string, string>> {
  const wanted = [
    [SITE_LABEL, site],
    [MODEL_LABEL, model],
  ] as const;
  return Object.fromEntries(wanted.filter(([, value]) => LABEL_VALUE.test(value)));
}
