import { KubernetesObjectApi } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { ModelRollout } from "../../k8s/controller/src/ports/resources.ts";
import { DEFINITIONS, install } from "../controller/objects.ts";
import { apply, ask, type KubeObject } from "../kube/apply.ts";
import { kubeTools, tellMissing } from "../kube/kube-tools.ts";
import { type Kube, startKube } from "../kube/start-kube.ts";

const tools = await kubeTools();
if (tools.kind === "missing") tellMissing("what the definitions of rollouts and devices refuse", tools);

const SPEC = { model: "listener", version: "2.0.0", manifestSha256: "ab".repeat(32) };
const LAST = { percent: 100 };

describe.runIf(tools.kind === "there")("the API server with our definitions", { timeout: 300_000 }, () => {
  let kube: Kube;
  let made = 0;
  const nextName = (): string => {
    made += 1;
    return `made-${made}`;
  };

  beforeAll(async () => {
    kube = await startKube(new AbortController().signal);
    const admin = await kube.config();
    await install(admin, ...DEFINITIONS);
    const objects = admin.makeApiClient(KubernetesObjectApi);
    const list = () => objects.list("stethos.io/v1alpha1", "ModelRollout", "default");
    await vi.waitFor(list, { timeout: 60_000 });
  }, 600_000);
  afterAll(() => kube?.stop());

  const rollout = (spec: object, name = nextName()): KubeObject => ({
    apiVersion: "stethos.io/v1alpha1",
    kind: "ModelRollout",
    metadata: { name, namespace: "default" },
    spec: { ...SPEC, ...spec },
  });
  const device = (spec: object): KubeObject => ({
    apiVersion: "stethos.io/v1alpha1",
    kind: "EdgeDevice",
    metadata: { name: nextName(), namespace: "default" },
    spec,
  });

  it("fills in what is left out", async () => {
    const object = rollout({}, "usual");
    expect(await apply(kube, object, false)).toBeUndefined();
    const path = "/apis/stethos.io/v1alpha1/namespaces/default/modelrollouts/usual";
    const { body } = await ask(kube, { method: "GET", path });
    const { spec } = body as ModelRollout;
    expect(spec).toMatchObject({
      paused: false,
      onFailure: "RollBackAll",
      deviceTimeoutMinutes: 1440,
      pointerDays: 90,
    });
    expect(spec.waves.map(({ devices, percent }) => devices ?? `${percent} %`)).toEqual([
      1,
      "10 %",
      "50 %",
      "100 %",
    ]);
    expect(spec.waves[0]).toMatchObject({
      successPercent: 95,
      errorPercent: 5,
      leastErrors: 2,
      soakMinutes: 60,
    });
  });

  it.each([
    ["a size twice in a wave", [{ devices: 1, percent: 10 }, LAST], /either devices or percent/],
    ["a wave without a size", [{ soakMinutes: 1 }, LAST], /either devices or percent/],
    [
      "waves that end before the whole fleet",
      [{ devices: 1 }, { percent: 50 }],
      /the last wave must be 100 percent/,
    ],
    ["a last wave that is a number", [{ devices: 1 }], /the last wave must be 100 percent/],
    [
      "waves that shrink",
      [{ percent: 50 }, { percent: 10 }, LAST],
      /a higher percentage than the one before/,
    ],
    ["the same wave twice", [{ devices: 2 }, { devices: 2 }, LAST], /more devices than the one before/],
    [
      "numbers after percentages",
      [{ percent: 10 }, { devices: 50 }, LAST],
      /come before waves of so many percent/,
    ],
    ["no waves", [], /at least 1/],
    ["a threshold beyond 100", [{ ...LAST, errorPercent: 101 }], /less than or equal to 100/],
  ])("refuses %s", async (_, waves, message) => {
    expect(await apply(kube, rollout({ waves }), true)).toMatch(message);
  });

  it("refuses another model, version or manifest for a rollout that is there, and takes all else", async () => {
    expect(await apply(kube, rollout({}, "fixed"), false)).toBeUndefined();
    for (const change of [{ model: "other" }, { version: "3.0.0" }, { manifestSha256: "cd".repeat(32) }]) {
      expect(await apply(kube, rollout(change, "fixed"), true)).toMatch(
        /does not change; make a new ModelRollout/,
      );
    }
    const waves = [{ devices: 3 }, { percent: 20 }, LAST];
    expect(
      await apply(kube, rollout({ paused: true, waves, onFailure: "Halt" }, "fixed"), true),
    ).toBeUndefined();
  });

  it("refuses digests and names that the registry could not have", async () => {
    expect(await apply(kube, rollout({ manifestSha256: "AB".repeat(32) }), true)).toMatch(/manifestSha256/);
    expect(await apply(kube, rollout({ version: "../1" }), true)).toMatch(/version/);
    expect(await apply(kube, rollout({ unknown: 1 }), true)).toMatch(/unknown/);
  });

  it("takes a device with or without a key, and no private one", async () => {
    expect(await apply(kube, device({}), true)).toBeUndefined();
    const publicKey = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n";
    expect(await apply(kube, device({ publicKey, node: "press-1", isHeld: true }), true)).toBeUndefined();
    const privateKey = "-----BEGIN PRIVATE KEY-----\nMFkw\n-----END PRIVATE KEY-----\n";
    expect(await apply(kube, device({ publicKey: privateKey }), true)).toMatch(/a public key in PEM/);
  });
});
