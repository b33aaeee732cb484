import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { type ApiServer, startApiServer } from "./api-server.ts";
import { ETCD_ARGUMENTS, writeAuditPolicy } from "./arguments.ts";
import { type Authority, createAuthority, type Identity, writeTokenKeys } from "./authority.ts";
import { kubeTools } from "./kube-tools.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import { startOwned } from "./owned-process.ts";

export interface KubeUser {
  readonly name: string;
  readonly groups?: readonly string[];
}

/** One line of the API server's audit log, as far as it is asked for. */
export interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code: number };
}

/** A real kube-apiserver with RBAC and its etcd, on loopback, in a folder of its own. There is no kubelet and no controller
 *  manager: what is applied is admitted and kept, and nothing starts. */
export interface Kube {
  /** "https://127.0.0.1:port" */
  readonly server: string;
  readonly authority: Authority;
  /** PEM of the administrator's certificate and key. */
  readonly admin: { readonly cert: string; readonly key: string };
  readonly folder: string;
  /** Path of a kubeconfig. Without a user, the administrator's. */
  kubeconfig(user?: KubeUser): Promise<string>;
  /** The same for a service account, with a token as a pod has it. The account must be there. */
  serviceAccount(namespace: string, name: string): Promise<string>;
  /** For client-node, of such a file; the administrator's without. */
  config(file?: string): Promise<KubeConfig>;
  /** The API server is killed: every watch breaks, every request is refused. */
  cut(): Promise<void>;
  /** It comes up at the same port, and cannot go on with the watches of before. */
  mend(signal: AbortSignal): Promise<void>;
  /** What was asked of it, by whom, until now; the API server's own requests left out. */
  audit(): Promise<readonly AuditEvent[]>;
  /** What the API server said. */
  log(): string;
  stop(): Promise<void>;
}

const TOKEN_SECONDS = 24 * 3600;

/** @throws where Go is missing or cannot build: ask `kubeTools` first */
export async function startKube(signal: AbortSignal): Promise<Kube> {
  const tools = await kubeTools();
  if (tools.kind === "missing") throw new Error(tools.reason);
  const folder = await mkdtemp(join(tmpdir(), "stethos-kube-"));
  const etcd = startOwned(tools.etcd, ETCD_ARGUMENTS, folder);
  const stopEtcd = async () => {
    await etcd.kill();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const authority = createAuthority(folder);
    const admin = authority.issue("admin", "/O=system:masters/CN=admin");
    const files = {
      ...authority.issue("server", "/CN=kube-apiserver", ["subjectAltName=IP:127.0.0.1,DNS:localhost"]),
      caFile: authority.caFile,
      tokens: writeTokenKeys(folder),
      auditPolicy: await writeAuditPolicy(folder),
      auditLog: join(folder, "audit.log"),
    };
    const api = await startApiServer(
      { program: tools.apiServer, folder, files, authority, admin, etcd },
      signal,
    );
    return kubeOf({ folder, authority, admin, api, auditLog: files.auditLog, stopEtcd });
  } catch (thrown) {
    await stopEtcd();
    throw thrown;
  }
}

interface Parts {
  readonly folder: string;
  readonly authority: Authority;
  readonly admin: Identity;
  readonly api: ApiServer;
  readonly auditLog: string;
  readonly stopEtcd: () => Promise<void>;
}

function kubeOf({ folder, authority, admin, api, auditLog, stopEtcd }: Parts): Kube {
  const server = `https://127.0.0.1:${api.port}`;
  let made = 0;

  async function kubeconfig(user?: KubeUser): Promise<string> {
    made += 1;
    const subject =
      user === undefined
        ? ""
        : [...(user.groups ?? []).map((group) => `/O=${group}`), `/CN=${user.name}`].join("");
    const { certFile, keyFile } = user === undefined ? admin : authority.issue(`user-${made}`, subject);
    const [cert, key] = await Promise.all([certFile, keyFile].map((file) => readFile(file, "utf8")));
    return write(
      `kubeconfig-${made}`,
      kubeconfigText(server, authority.ca, { cert: `${cert}`, key: `${key}` }),
    );
  }

  async function write(name: string, text: string): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  }

  async function config(file?: string): Promise<KubeConfig> {
    const loaded = new KubeConfig();
    loaded.loadFromFile(file ?? (await kubeconfig()));
    return loaded;
  }

  return {
    server,
    authority,
    admin: { cert: readFileSync(admin.certFile, "utf8"), key: readFileSync(admin.keyFile, "utf8") },
    folder,
    kubeconfig,
    config,
    async serviceAccount(namespace, name) {
      const core = (await config()).makeApiClient(CoreV1Api);
      const body = { spec: { audiences: [], expirationSeconds: TOKEN_SECONDS } };
      const { status } = await core.createNamespacedServiceAccountToken({ namespace, name, body });
      const text = kubeconfigText(server, authority.ca, { token: status?.token ?? "" });
      return write(`kubeconfig-${namespace}-${name}`, text);
    },
    cut: () => api.cut(),
    mend: (signal) => api.mend(signal),
    log: () => api.log(),
    async audit() {
      const lines = (await readFile(auditLog, "utf8")).split("\n");
      return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as AuditEvent);
    },
    async stop() {
      await api.cut();
      await stopEtcd();
    },
  };
}
