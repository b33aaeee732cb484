import { CoreV1Api, type KubeConfig, RbacAuthorizationV1Api, Watch } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type KubeGate, openKubeGate } from "./kube-gate.ts";
import { kubeTools, tellMissing } from "./kube-tools.ts";
import { type Kube, startKube } from "./start-kube.ts";

const tools = await kubeTools();
if (tools.kind === "missing") tellMissing("the gate before the API server", tools);
const namespace = "default";
const PATH = `/api/v1/namespaces/${namespace}/configmaps`;

describe.runIf(tools.kind === "there")("the gate before the API server", { timeout: 120_000 }, () => {
  let kube: Kube;
  let gate: KubeGate;
  let config: KubeConfig;
  let core: CoreV1Api;
  let made = 0;

  beforeAll(async () => {
    kube = await startKube(new AbortController().signal);
    gate = await openKubeGate(kube);
    core = (await kube.config()).makeApiClient(CoreV1Api);
    await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: "watcher" } } });
    const admin = await kube.config();
    await admin.makeApiClient(RbacAuthorizationV1Api).createClusterRoleBinding({
      body: {
        metadata: { name: "watcher" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
        subjects: [{ kind: "ServiceAccount", namespace, name: "watcher" }],
      },
    });
    config = await kube.config(await gate.serviceAccount(namespace, "watcher"));
  }, 600_000);

  afterAll(async () => {
    await gate.close();
    await kube.stop();
  });

  const make = async () => {
    made += 1;
    const name = `map-${made}`;
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name } } });
    return name;
  };

  async function watch() {
    const seen: string[] = [];
    let isOver = false;
    await expect.poll(() => gate.openWatches).toBe(0);
    const stop = await new Watch(config).watch(
      PATH,
      {},
      (type, object: { code?: number; metadata?: { name?: string } }) =>
        seen.push(`${type} ${object.code ?? object.metadata?.name}`),
      () => {
        isOver = true;
      },
    );
    onTestFinished(() => stop.abort());
    await expect.poll(() => gate.openWatches).toBe(1);
    return { seen, isOver: () => isOver };
  }

  it("holds back what watches would tell, and tells it when released", async () => {
    const { seen } = await watch();
    gate.holdWatches();
    const name = await make();
    expect(await config.makeApiClient(CoreV1Api).readNamespacedConfigMap({ namespace, name })).toBeDefined();
    expect(seen).not.toContain(`ADDED ${name}`);
    gate.releaseWatches();
    await expect.poll(() => seen).toContain(`ADDED ${name}`);
  });

  it("breaks watches, and ends them with 410 Gone", async () => {
    const first = await watch();
    gate.cutWatches();
    await expect.poll(first.isOver).toBe(true);
    const second = await watch();
    gate.expireWatches();
    await expect.poll(() => second.seen).toContain("ERROR 410");
    await expect.poll(second.isOver).toBe(true);
    expect(gate.openWatches).toBe(0);
  });

  it("refuses requests, or loses the answer to what was done", async () => {
    onTestFinished(() => gate.setFault(() => undefined));
    const maps = config.makeApiClient(CoreV1Api);
    const create = (name: string) =>
      maps.createNamespacedConfigMap({ namespace, body: { metadata: { name } } });
    gate.setFault(({ method }) => (method === "POST" ? 409 : undefined));
    await expect(create("refused")).rejects.toMatchObject({ code: 409 });
    gate.setFault(({ method }) => (method === "POST" ? "lose" : undefined));
    await expect(create("lost")).rejects.toThrow();
    const { items } = await maps.listNamespacedConfigMap({ namespace });
    expect(
      items.map(({ metadata }) => metadata?.name).filter((name) => /refused|lost/.test(`${name}`)),
    ).toEqual(["lost"]);
  });
});
