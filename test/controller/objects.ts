import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type KubeConfig, KubernetesObjectApi, loadAllYaml } from "@kubernetes/client-node";

const root = join(import.meta.dirname, "../..");

type Document = Parameters<KubernetesObjectApi["create"]>[0];

/** Makes every object of these manifests, as an administrator would.
 *  @param files relative to the repository */
export async function install(config: KubeConfig, ...files: readonly string[]): Promise<void> {
  const objects = config.makeApiClient(KubernetesObjectApi);
  for (const file of files) {
    const text = await readFile(join(root, file), "utf8");
    for (const document of loadAllYaml(text))
      if (document !== null) await objects.create(document as Document);
  }
}

export const DEFINITIONS = ["k8s/crd/modelrollouts.yaml", "k8s/crd/edgedevices.yaml"];

export const namespaceOf = (name: string): Document => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name },
});

export async function create(config: KubeConfig, ...documents: readonly Document[]): Promise<void> {
  const objects = config.makeApiClient(KubernetesObjectApi);
  for (const document of documents) await objects.create(document);
}

export const rolloutDocument = (namespace: string, name: string): Document & { readonly spec: unknown } => ({
  apiVersion: "stethos.io/v1alpha1",
  kind: "ModelRollout",
  metadata: { name, namespace },
  spec: { model: "listener", version: "0.2.0", manifestSha256: "ab".repeat(32) },
});

export const deviceDocument = (namespace: string, name: string): Document & { readonly spec: unknown } => ({
  apiVersion: "stethos.io/v1alpha1",
  kind: "EdgeDevice",
  metadata: { name, namespace },
  spec: {},
});
