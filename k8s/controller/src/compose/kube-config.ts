import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { UsageError } from "../config.ts";
import { describeError } from "./describe-error.ts";

export interface KubePlace {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** Where the API server is: the file that was named, else the pod's service account, else what kubectl would take.
 *  @throws UsageError */
export function loadKubeConfig(
  { kubeconfig, context }: KubePlace,
  env: Readonly<Record<string, string | undefined>>,
): KubeConfig {
  const config = new KubeConfig();
  const { where, load, mend } = sourceOf(kubeconfig, env, config);
  try {
    load();
  } catch (thrown) {
    throw new UsageError(`cannot read ${where}: ${describeError(thrown)}; ${mend(thrown)}`);
  }
  const known = config.contexts.map(({ name }) => name).join(", ") || "none";
  if (context !== undefined) {
    if (config.getContextObject(context) === null)
      throw new UsageError(`${where} has no context ${context}; give --context one of: ${known}`);
    config.setCurrentContext(context);
  }
  if (config.getCurrentCluster() === null)
    throw new UsageError(
      `${where} names no cluster to ask; give --context one of: ${known}, or set its current-context`,
    );
  return config;
}

interface Source {
  /** For people. */
  readonly where: string;
  load(): void;
  mend(thrown: unknown): string;
}

/** @throws UsageError where there is none */
function sourceOf(
  kubeconfig: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  config: KubeConfig,
): Source {
  if (kubeconfig !== undefined) {
    const where = `the kubeconfig ${kubeconfig} (--kubeconfig)`;
    return { where, load: () => config.loadFromFile(kubeconfig), mend: mendOfFile };
  }
  if (env["KUBERNETES_SERVICE_HOST"]) {
    return {
      where: "the pod's service account",
      load: () => config.loadFromCluster(),
      mend: () => "set automountServiceAccountToken, or give --kubeconfig FILE outside of a pod",
    };
  }
  const named = env["KUBECONFIG"];
  const usual = join(homedir(), ".kube", "config");
  // client-node would go on with http://localhost:8080.
  if (!named && !existsSync(usual))
    throw new UsageError(
      "where is Kubernetes? Give --kubeconfig FILE, or run it in a pod with a service account",
    );
  const where = named ? `the kubeconfig ${named} ($KUBECONFIG)` : `the kubeconfig ${usual}`;
  return { where, load: () => config.loadFromDefault(), mend: mendOfFile };
}

function mendOfFile(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (code === "ENOENT") return "name a file that is there, as `kubectl config view` reads one";
  if (code === "EACCES" || code === "EPERM")
    return "let this user read it, and nobody else: it holds credentials";
  if (code === "EISDIR") return "name the file, not its folder";
  return "check that it is YAML as `kubectl config view` takes it";
}

/** The namespace that the configuration or the pod names. */
export const ownNamespace = (config: KubeConfig): string | undefined =>
  config.getContextObject(config.getCurrentContext())?.namespace;
