import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** etcd speaks over sockets of its folder: no port can be taken by somebody else. */
export const ETCD_ARGUMENTS: readonly string[] = [
  ...["--name=one", "--data-dir=data", "--log-level=warn"],
  ...["--listen-client-urls=unix://client:1", "--advertise-client-urls=unix://client:1"],
  ...["--listen-peer-urls=unix://peer:1", "--initial-advertise-peer-urls=unix://peer:1"],
  "--initial-cluster=one=unix://peer:1",
  // Nothing of this outlives the machine.
  "--unsafe-no-fsync",
];

export interface ApiServerFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  readonly tokens: { readonly publicFile: string; readonly privateFile: string };
  readonly auditPolicy: string;
  readonly auditLog: string;
}

/** Everything else is as Kubernetes has it: all admission plugins of a cluster, watch caches, priority and fairness. */
export const apiServerArguments = (port: number, files: ApiServerFiles): readonly string[] => [
  "--etcd-servers=unix:client:1",
  "--authorization-mode=RBAC",
  ...["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", `--secure-port=${port}`],
  ...[`--tls-cert-file=${files.certFile}`, `--tls-private-key-file=${files.keyFile}`],
  `--client-ca-file=${files.caFile}`,
  "--service-account-issuer=https://kubernetes.default.svc",
  `--service-account-key-file=${files.tokens.publicFile}`,
  `--service-account-signing-key-file=${files.tokens.privateFile}`,
  "--service-cluster-ip-range=10.0.0.0/24",
  // There is no service network that could lead to it.
  "--endpoint-reconciler-type=none",
  ...[`--audit-policy-file=${files.auditPolicy}`, `--audit-log-path=${files.auditLog}`],
];

const AUDIT_POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived", "ResponseStarted"],
  rules: [
    { level: "None", users: ["system:apiserver"] },
    { level: "None", nonResourceURLs: ["*"] },
    { level: "Metadata" },
  ],
};

export async function writeAuditPolicy(folder: string): Promise<string> {
  const file = join(folder, "audit-policy.json");
  await writeFile(file, JSON.stringify(AUDIT_POLICY));
  return file;
}
