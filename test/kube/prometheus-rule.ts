import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";

const prometheus = join(import.meta.dirname, "../../k8s/prometheus");
const source = join(prometheus, "stethos-rules.yaml");
export const ruleFile = join(prometheus, "operator/stethos-rules.yaml");

/** The rules as the Prometheus operator takes them. */
export async function prometheusRule(): Promise<string> {
  const { groups } = parse(await readFile(source, "utf8")) as { readonly groups: unknown };
  const metadata = { name: "stethos", namespace: "stethos-system" };
  const rule = { apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule", metadata, spec: { groups } };
  return `# Made of ../stethos-rules.yaml by "node test/kube/prometheus-rule.ts".\n${stringify(rule, { lineWidth: 120 })}`;
}

if (import.meta.main) await writeFile(ruleFile, await prometheusRule());
