import { type KubeConfig, KubernetesObjectApi } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { kubeTools, tellMissing } from "../kube/kube-tools.ts";
import { type Kube, startKube } from "../kube/start-kube.ts";
import { create, DEFINITIONS, deviceDocument, install, namespaceOf, rolloutDocument } from "./objects.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";
import { behind, followCluster, type TestCluster } from "./test-cluster.ts";

const never = new AbortController().signal;
const tools = await kubeTools();
if (tools.kind === "missing")
  tellMissing("the controller's caches and writes against a real API server", tools);

describe.runIf(tools.kind === "there")("a cluster on a real API server", { timeout: 300_000 }, () => {
  let kube: Kube;
  let admin: KubeConfig;
  let made = 0;

  beforeAll(async () => {
    kube = await startKube(never);
    admin = await kube.config();
    await install(admin, ...DEFINITIONS);
  }, 600_000);
  afterAll(() => kube?.stop());

  async function newNamespace(): Promise<string> {
    made += 1;
    const name = `plant-${made}`;
    await create(admin, namespaceOf(name));
    return name;
  }

  function follow(...args: Parameters<typeof followCluster>): TestCluster {
    const followed = followCluster(...args);
    onTestFinished(followed.close);
    return followed;
  }

  async function proxied(): Promise<TcpProxy> {
    const proxy = await startTcpProxy(kube.server);
    onTestFinished(proxy.close);
    return proxy;
  }

  const until = (what: () => unknown) => expect.poll(what, { timeout: 120_000, interval: 50 });
  const devicesOf = ({ cluster }: TestCluster) =>
    cluster
      .devices()
      .map(({ metadata }) => metadata.name)
      .sort();
  const remove = async (namespace: string, name: string) => {
    await admin.makeApiClient(KubernetesObjectApi).delete(deviceDocument(namespace, name));
  };

  it("lists in pages, follows, and wakes the rollouts of a changed device's namespace", async () => {
    const [here, there] = [await newNamespace(), await newNamespace()];
    await create(admin, rolloutDocument(here, "bearing"), rolloutDocument(there, "other"));
    const followed = follow(admin, undefined);
    await until(() => followed.cluster.isSynced()).toBe(true);
    expect([...new Set(followed.woken)]).toEqual([`${here}/bearing`, `${there}/other`]);
    const before = followed.woken.length;
    await create(admin, deviceDocument(here, "press-1"));
    await until(() => devicesOf(followed)).toEqual(["press-1"]);
    expect(followed.woken.slice(before)).toEqual([`${here}/bearing`]);
    expect(followed.cluster.rollouts()[0]?.spec).toMatchObject({ paused: false, onFailure: "RollBackAll" });
    expect(followed.news.filter(({ kind }) => kind === "refused")).toEqual([]);
  });

  it("loses and doubles nothing while its line is cut again and again", async () => {
    const namespace = await newNamespace();
    const proxy = await proxied();
    const followed = follow(behind(admin, proxy.port), namespace);
    await until(() => followed.cluster.isSynced()).toBe(true);
    for (let i = 0; i < 12; i += 1) {
      await create(admin, deviceDocument(namespace, `press-${i}`));
      proxy.cut();
      if (i % 3 === 2) await remove(namespace, `press-${i - 1}`);
    }
    const left = [0, 2, 3, 5, 6, 8, 9, 11].map((i) => `press-${i}`).sort();
    await until(() => devicesOf(followed)).toEqual(left);
    expect(followed.news).toContainEqual({ kind: "watch-ended", why: "failed", of: "EdgeDevice" });
  });

  it("notices a line that went dead without a word, and takes another one", async () => {
    const namespace = await newNamespace();
    const proxy = await proxied();
    const followed = follow(behind(admin, proxy.port), namespace, { silentMs: 2000 }, 5000);
    await until(() => followed.cluster.isSynced()).toBe(true);
    // Two lists and two watches.
    await until(() => (followed.requests.get("GET 200") ?? 0) >= 4).toBe(true);
    proxy.silence();
    await create(admin, deviceDocument(namespace, "press-1"));
    await until(() => devicesOf(followed)).toEqual(["press-1"]);
    // Whoever notices first ends the other's watch too: they share the line.
    expect(followed.news.filter((one) => one.kind === "watch-ended" && one.why === "silent")).not.toEqual([]);
  });

  it("sends all requests over few connections", async () => {
    const namespace = await newNamespace();
    const proxy = await proxied();
    const followed = follow(behind(admin, proxy.port), namespace);
    await until(() => followed.cluster.isSynced()).toBe(true);
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => followed.cluster.adoptDevice(namespace, `press-${i}`, {}, never)),
    );
    expect(proxy.made).toBeLessThan(20);
    const before = proxy.made;
    for (let i = 0; i < 20; i += 1) await followed.cluster.devicesNow(never);
    expect(proxy.made - before).toBeLessThan(3);
    await until(() => followed.cluster.devices().length).toBe(50);
  });

  it("adopts once, and says nothing when the device is there", async () => {
    const namespace = await newNamespace();
    const { cluster } = follow(admin, namespace);
    await cluster.adoptDevice(namespace, "press-1", { "stethos.io/site": "north" }, never);
    await cluster.adoptDevice(namespace, "press-1", {}, never);
    const [device] = await cluster.devicesNow(never);
    expect(device?.metadata.labels).toEqual({ "stethos.io/site": "north" });
    expect(device?.spec).toEqual({ isHeld: false });
    await expect(cluster.adoptDevice("nowhere", "press-1", {}, never)).rejects.toMatchObject({
      code: "refused",
    });
  });

  it("writes only over what it has seen", async () => {
    const namespace = await newNamespace();
    await create(admin, rolloutDocument(namespace, "bearing"));
    const { cluster } = follow(admin, namespace);
    const seen = await cluster.rollout(namespace, "bearing", never);
    if (seen === undefined) throw new Error("the rollout is not there");
    const finalized = await cluster.setFinalizers(seen, ["stethos.io/roll-back"], never);
    expect(finalized.metadata.finalizers).toEqual(["stethos.io/roll-back"]);
    const status = {
      observedGeneration: 1,
      phase: "Progressing",
      wave: 0,
      waves: [],
      devices: 0,
      updated: 0,
      failed: 0,
      rolledBack: 0,
      failedDevices: [],
      message: "begun",
      conditions: [],
    } as const;
    await expect(cluster.setRolloutStatus(seen, status, never)).rejects.toMatchObject({ code: "conflict" });
    await expect(cluster.setFinalizers(seen, [], never)).rejects.toMatchObject({ code: "conflict" });
    const written = await cluster.setRolloutStatus(finalized, status, never);
    expect(written.status).toEqual(status);
    const bare = await cluster.setFinalizers(written, [], never);
    expect(bare.metadata.finalizers ?? []).toEqual([]);
    await admin.makeApiClient(KubernetesObjectApi).delete(rolloutDocument(namespace, "bearing"));
    await expect(cluster.setRolloutStatus(bare, status, never)).rejects.toMatchObject({ code: "gone" });
    expect(await cluster.rollout(namespace, "bearing", never)).toBeUndefined();
  });

  it("tells what repeats as one Event with a count", async () => {
    const namespace = await newNamespace();
    await create(admin, rolloutDocument(namespace, "bearing"));
    const followed = follow(admin, namespace);
    const { cluster } = followed;
    const about = await cluster.rollout(namespace, "bearing", never);
    if (about === undefined) throw new Error("the rollout is not there");
    for (let i = 0; i < 64; i += 1)
      await cluster.tell(about, { type: "Warning", reason: "WaveFailed", message: "it flaps" }, never);
    for (let i = 0; i < 60; i += 1)
      await cluster.tell(about, { type: "Normal", reason: "WaveBegun", message: `number ${i}` }, never);
    const { items } = await admin
      .makeApiClient(KubernetesObjectApi)
      .list("events.k8s.io/v1", "Event", namespace);
    const events = items as unknown as readonly {
      readonly note: string;
      readonly series?: { count: number };
    }[];
    expect(events.find(({ note }) => note === "it flaps")?.series?.count).toBe(64);
    // 25 different ones of a rollout, then one in five minutes.
    expect(events.length).toBe(25);
    expect(followed.eventNews.filter(({ kind }) => kind === "told").length).toBe(25 + 6);
    expect(followed.eventNews.filter(({ kind }) => kind === "lost").length).toBe(36);
  });

  it("comes back after the API server was killed, with what happened while it was away", async () => {
    const namespace = await newNamespace();
    await create(admin, deviceDocument(namespace, "press-1"), deviceDocument(namespace, "press-2"));
    const proxy = await proxied();
    const followed = follow(behind(admin, proxy.port), namespace);
    await until(() => devicesOf(followed)).toEqual(["press-1", "press-2"]);
    proxy.refuse();
    await kube.cut();
    await kube.mend(never);
    await remove(namespace, "press-1");
    await create(admin, deviceDocument(namespace, "press-3"));
    expect(devicesOf(followed)).toEqual(["press-1", "press-2"]);
    proxy.allow();
    await until(() => devicesOf(followed)).toEqual(["press-2", "press-3"]);
    // Its memory of changes begins anew: what was seen last is too old to go on from (410).
    expect(followed.news).toContainEqual({ kind: "watch-ended", why: "expired", of: "EdgeDevice" });
  });
});
