import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KubeConfig, KubernetesObjectApi } from "@kubernetes/client-node";
import { createRegistry, openStore, type S3Place, trustPem } from "@stethos/models";
import { makePackage, testKey } from "@stethos/models/testing";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import type { ModelVersion } from "../../edge-agent/src/core/model.ts";
import type { EdgeDevice, ModelRollout, ModelRolloutSpec } from "../../k8s/controller/src/ports/resources.ts";
import { create, namespaceOf } from "../controller/objects.ts";
import { type Child, startScript } from "../e2e/processes.ts";
import { type Agents, type AgentsOptions, startAgents } from "./agents.ts";

/** A fleet as a customer has it: a registry, agents, a real API server and controllers that are processes. */
export interface FleetPlant {
  readonly namespace: string;
  /** 1.0.0, which all run, and those after it. */
  readonly versions: readonly [ModelVersion, ModelVersion, ModelVersion, ModelVersion];
  readonly agents: Agents;
  /** A controller process. */
  control(more?: readonly string[]): Child;
  /** "Kubernetes" as a person: makes a ModelRollout. */
  rollOut(name: string, version: ModelVersion, spec: Partial<ModelRolloutSpec>): Promise<void>;
  rollout(name: string): Promise<ModelRollout | undefined>;
  devices(): Promise<readonly EdgeDevice[]>;
  change(name: string, spec: Partial<ModelRolloutSpec>): Promise<void>;
  remove(name: string): Promise<void>;
  /** The controller's lease, for who leads. */
  leader(): Promise<string | undefined>;
  stop(): Promise<void>;
}

export interface FleetPlantOptions
  extends Pick<AgentsOptions, "heartbeatMs" | "nodes" | "pollMs" | "trialMs"> {
  readonly admin: KubeConfig;
  /** Of the controllers. */
  readonly kubeconfig: string;
  readonly namespace: string;
  /** A folder of its own if absent. */
  readonly registry?: {
    readonly url: string;
    readonly s3: S3Place;
    readonly env: Readonly<Record<string, string>>;
  };
}

const API = "stethos.io/v1alpha1";
const never = new AbortController().signal;

export async function startFleetPlant(options: FleetPlantOptions): Promise<FleetPlant> {
  const { admin, namespace } = options;
  const folder = await mkdtemp(join(tmpdir(), "stethos-fleet-"));
  const { url, s3, env } = options.registry ?? { url: join(folder, "registry"), s3: {}, env: {} };
  const [release, channels] = [testKey(), testKey()];
  const files = { key: join(folder, "channels.key"), trust: join(folder, "release.pub") };
  await writeFile(files.key, channels.privatePem, { mode: 0o600 });
  await writeFile(files.trust, release.publicPem);
  const clock = createSystemClock();
  const registry = createRegistry(openStore(url, s3, clock), { clock });

  async function publish(version: string, sequence: number): Promise<ModelVersion> {
    const made = await makePackage({ version, sequence, key: release }, join(folder, version));
    const { version: pushed } = await registry.push(made, release.trust, () => undefined, never);
    return { name: "listener", version, digest: pushed.digest, sequence };
  }

  const versions = [
    await publish("1.0.0", 1),
    await publish("2.0.0", 2),
    await publish("3.0.0", 3),
    await publish("4.0.0", 4),
  ] as const;
  await create(admin, namespaceOf(namespace));
  const objects = admin.makeApiClient(KubernetesObjectApi);
  const agents = startAgents({
    ...options,
    registry: url,
    s3,
    trust: trustPem(channels.publicPem),
    versions,
    champion: versions[0],
  });
  const children: Child[] = [];

  const named = (name: string) => ({ apiVersion: API, kind: "ModelRollout", metadata: { name, namespace } });

  async function readRollout(name: string): Promise<ModelRollout | undefined> {
    const items = await listOf<ModelRollout>("ModelRollout");
    return items.find(({ metadata }) => metadata.name === name);
  }

  async function listOf<T>(kind: string): Promise<readonly T[]> {
    // The lists of client-node have no type for objects of one's own.
    const { items } = await objects.list(API, kind, namespace);
    return items as unknown as readonly T[];
  }

  return {
    namespace,
    versions,
    agents,
    control(more = []) {
      const args = ["--registry", url, "--key-file", files.key, "--trust", files.trust, "-n", namespace];
      const kube = ["--kubeconfig", options.kubeconfig, "--lease-namespace", namespace];
      const quick = ["--poll-seconds", "1", "--metrics-port", "0", "--host", "127.0.0.1", "--json"];
      const child = startScript(
        "k8s/controller/src/main.ts",
        ["run", ...args, ...kube, ...quick, ...more],
        env,
      );
      children.push(child);
      return child;
    },
    async rollOut(name, { name: model, version, digest }, spec) {
      const whole = { model, version, manifestSha256: digest, ...spec };
      await create(admin, { ...named(name), spec: whole } as Parameters<typeof create>[1]);
    },
    rollout: readRollout,
    devices: () => listOf<EdgeDevice>("EdgeDevice"),
    async change(name, spec) {
      const patch = { ...named(name), spec } as Parameters<typeof objects.patch>[0];
      await objects.patch(
        patch,
        undefined,
        undefined,
        "stethos-test",
        undefined,
        "application/merge-patch+json",
      );
    },
    async remove(name) {
      await objects.delete(named(name));
    },
    async leader() {
      const { items } = await objects.list("coordination.k8s.io/v1", "Lease", namespace);
      const [lease] = items as unknown as readonly { readonly spec?: { readonly holderIdentity?: string } }[];
      return lease?.spec?.holderIdentity;
    },
    async stop() {
      await Promise.all(children.map((child) => child.stop("SIGKILL")));
      await agents.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
