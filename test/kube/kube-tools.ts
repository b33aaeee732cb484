import { join } from "node:path";
import { type GoTool, goTool } from "./go-tool.ts";

const KUBERNETES = "1.36.3";

const folderOf = (name: string): string => join(import.meta.dirname, "tools", name);

export type KubeTools =
  | { readonly kind: "there"; readonly apiServer: string; readonly etcd: string }
  | { readonly kind: "missing"; readonly reason: string };

/** A real kube-apiserver and a real etcd. The first call on a machine builds them: about 5 minutes on two idle cores. */
export async function kubeTools(): Promise<KubeTools> {
  // One after the other: each build takes all cores.
  const etcd = await goTool({
    name: "etcd",
    folder: folderOf("etcd"),
    main: "go.etcd.io/etcd/server/v3",
  });
  if (etcd.kind === "missing") return etcd;
  const [major, minor] = KUBERNETES.split(".");
  const version = "k8s.io/component-base/version";
  const apiServer = await goTool({
    name: "kube-apiserver",
    folder: folderOf("kube-apiserver"),
    main: "k8s.io/kubernetes/cmd/kube-apiserver",
    values: {
      [`${version}.gitVersion`]: `v${KUBERNETES}`,
      [`${version}.gitMajor`]: `${major}`,
      [`${version}.gitMinor`]: `${minor}`,
    },
  });
  if (apiServer.kind === "missing") return apiServer;
  return { kind: "there", apiServer: apiServer.path, etcd: etcd.path };
}

export const kustomizeTool = (): Promise<GoTool> =>
  goTool({
    name: "kustomize",
    folder: folderOf("kustomize"),
    main: "sigs.k8s.io/kustomize/kustomize/v5",
  });

/** One line that says what a test file leaves out here, and why. */
export function tellMissing(what: string, { reason }: { readonly reason: string }): void {
  process.stderr.write(`NOT RUN: ${what}: ${reason}\n`);
}
