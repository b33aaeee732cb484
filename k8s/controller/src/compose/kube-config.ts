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
  try {
    if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
    else if (env["KUBERNETES_SERVICE_HOST"]) config.loadFromCluster();
    else if (env["KUBECONFIG"] || existsSync(join(homedir(), ".kube", "config"))) config.loadFromDefault();
    // client-node would go on with http://localhost:8080.
    else
      throw new UsageError(
        "where is Kubernetes? Give --kubeconfig FILE, or run it in a pod with a service account",
      );
  } catch (thrown) {
    if (thrown instanceof UsageError) throw thrown;
    throw new UsageError(`the Kubernetes configuration cannot be read: ${describeError(thrown)}`);
  }
  if (context !== undefined) {
    if (config.getContextObject(context) === null)
      throw new UsageError(`the Kubernetes configuration has no context ${context}`);
    config.setCurrentContext(context);
  }
  if (config.getCurrentCluster() === null)
    throw new UsageError("the Kubernetes configuration names no cluster; check its current-context");
  return config;
}

/** The namespace that the configuration or the pod names. */
export const ownNamespace = (config: KubeConfig): string | undefined =>
  config.getContextObject(config.getCurrentContext())?.namespace;
