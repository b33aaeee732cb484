import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const BIN = "/usr/bin";
export const root = join(import.meta.dirname, "../..");
export const rulesFile = join(root, "k8s/prometheus/stethos-rules.yaml");

/** Debian's package "prometheus" has both. */
export const hasPrometheus = existsSync(join(BIN, "promtool")) && existsSync(join(BIN, "prometheus"));

export const prometheusBinary = join(BIN, "prometheus");

/** @returns what it said, and 0 where all is well */
export function promtool(args: readonly string[], input = ""): SpawnSyncReturns<string> & { text: string } {
  const result = spawnSync(join(BIN, "promtool"), args, { input, encoding: "utf8" });
  return { ...result, text: `${result.stdout}${result.stderr}` };
}

/** Names of the product's metrics in PromQL, without the prefix and the endings that a histogram's series have. */
export const metricsIn = (promql: string): readonly string[] =>
  [...promql.matchAll(/\bstethos_([a-z0-9_]+)/g)].map(([, name = ""]) => name);
