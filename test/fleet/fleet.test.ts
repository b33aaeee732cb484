import type { KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ModelRolloutSpec } from "../../k8s/controller/src/ports/resources.ts";
import { create, DEFINITIONS, install } from "../controller/objects.ts";
import { type KubeGate, openKubeGate } from "../kube/kube-gate.ts";
import { kubeTools, tellMissing } from "../kube/kube-tools.ts";
import { type Kube, startKube } from "../kube/start-kube.ts";
import { startS3rver } from "../registry/s3-servers.ts";
import { type FleetPlant, type FleetPlantOptions, startFleetPlant } from "./fleet-plant.ts";

const never = new AbortController().signal;
const tools = await kubeTools();
if (tools.kind === "missing") tellMissing("rollouts of a fleet against a real API server", tools);

const WAVES = [{ devices: 1 }, { percent: 40 }, { percent: 100 }].map((wave) => ({
  ...wave,
  successPercent: 100,
  errorPercent: 0,
  leastErrors: 1,
  soakMinutes: 0,
}));
const spec: Partial<ModelRolloutSpec> = { waves: WAVES, deviceTimeoutMinutes: 60 };
const TEN = Array.from({ length: 10 }, (_, i) => `press-${i}`);

/** An account that may do everything: what a controller needs is tested with the manifests. */
const CONTROLLER = [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "controller", namespace: "default" } },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "controller" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: "controller", namespace: "default" }],
  },
];

describe.runIf(tools.kind === "there")("a fleet on a real API server", { timeout: 300_000 }, () => {
  let kube: Kube;
  let gate: KubeGate;
  let admin: KubeConfig;
  let made = 0;

  beforeAll(async () => {
    kube = await startKube(never);
    gate = await openKubeGate(kube);
    admin = await kube.config();
    await install(admin, ...DEFINITIONS);
    await create(admin, ...CONTROLLER);
  }, 600_000);
  afterAll(async () => {
    await gate?.close();
    await kube?.stop();
  });

  async function start(more: Partial<FleetPlantOptions> = {}): Promise<FleetPlant> {
    made += 1;
    const plant = await startFleetPlant({
      admin,
      kubeconfig: await kube.kubeconfig(),
      namespace: `fleet-${made}`,
      nodes: TEN,
      trialMs: 300,
      pollMs: 200,
      heartbeatMs: 500,
      ...more,
    });
    onTestFinished(plant.stop);
    return plant;
  }

  const until = (what: () => unknown) => expect.poll(what, { timeout: 240_000, interval: 100 });
  const phaseOf = async (plant: FleetPlant, name: string) => (await plant.rollout(name))?.status?.phase;
  const championsOf = ({ agents }: FleetPlant) => agents.nodes.map((node) => agents.championOf(node).version);
  const stepsOf = async (plant: FleetPlant) =>
    (await plant.devices()).map(({ status }) => status?.rollout?.step ?? "none");
  /** Begins when all devices are known: else a wave is a part of fewer. */
  const adopted = (plant: FleetPlant) => until(async () => (await plant.devices()).length).toBe(TEN.length);

  it("takes a good version to every device, wave by wave", async () => {
    const plant = await start();
    plant.control();
    await adopted(plant);
    await plant.rollOut("better", plant.versions[1], spec);
    await until(() => phaseOf(plant, "better")).toBe("Completed");
    expect(championsOf(plant)).toEqual(TEN.map(() => "2.0.0"));
    const status = (await plant.rollout("better"))?.status;
    expect(status).toMatchObject({ devices: 10, updated: 10, failed: 0, wave: 2 });
    expect(status?.waves.map(({ devices }) => devices)).toEqual([1, 3, 6]);
    expect(status?.conditions.find(({ type }) => type === "Ready")).toMatchObject({
      status: "True",
      reason: "Completed",
    });
    // The definition keeps what is told of the pointers.
    await until(async () => (await plant.rollout("better"))?.status?.pointers).toEqual({
      checkedTime: expect.any(String),
      signedTime: expect.any(String),
      validUntilTime: expect.any(String),
    });
    // A rollout that is over holds nobody up.
    await plant.remove("better");
    await until(() => plant.rollout("better")).toBeUndefined();
    expect(championsOf(plant)).toEqual(TEN.map(() => "2.0.0"));
  });

  it("halts when a wave fails, brings its devices back, and takes the next version there all the same", async () => {
    const plant = await start();
    plant.control();
    await adopted(plant);
    let first: string | undefined;
    plant.agents.setFate((node, digest) => {
      if (digest !== plant.versions[1].digest) return "promotes";
      first ??= node;
      return node === first ? "promotes" : "rejects";
    });
    await plant.rollOut("worse", plant.versions[1], spec);
    await until(() => phaseOf(plant, "worse")).toBe("RolledBack");
    expect(championsOf(plant)).toEqual(TEN.map(() => "1.0.0"));
    // One of the first wave, three of the second; nobody else was touched.
    const steps = await stepsOf(plant);
    expect(steps.filter((step) => step === "RolledBack").length).toBe(4);
    expect(steps.filter((step) => step === "none").length).toBe(6);
    await plant.rollOut("better", plant.versions[2], spec);
    await until(() => phaseOf(plant, "better")).toBe("Completed");
    expect(championsOf(plant)).toEqual(TEN.map(() => "3.0.0"));
    // And stays: what was called back once is not called back again.
    await until(() => phaseOf(plant, "better")).toBe("Completed");
    expect(championsOf(plant)).toEqual(TEN.map(() => "3.0.0"));
  });

  it("ends consistent when watches are held and cut, the leader is killed, and the API server restarted", async () => {
    const plant = await start({
      trialMs: 1500,
      kubeconfig: await gate.serviceAccount("default", "controller"),
    });
    const controllers = [plant.control(), plant.control()];
    await adopted(plant);
    await plant.rollOut("better", plant.versions[1], spec);
    await until(async () => (await stepsOf(plant)).includes("Offered")).toBe(true);
    // From here on caches know nothing new: who leads next begins with what the other one did not live to see.
    gate.holdWatches();
    await until(
      async () => (await stepsOf(plant)).filter((step) => step === "Updated").length,
    ).toBeGreaterThan(1);
    const leads = await Promise.race(
      controllers.map((child) => child.line(/this controller leads/).then(() => child)),
    );
    await leads.stop("SIGKILL");
    await until(() =>
      controllers.every((child) => child === leads || child.output().includes("this controller leads")),
    ).toBe(true);
    gate.releaseWatches();
    gate.cutWatches();
    await kube.cut();
    await kube.mend(never);
    await until(() => phaseOf(plant, "better").catch(() => undefined)).toBe("Completed");
    expect(championsOf(plant)).toEqual(TEN.map(() => "2.0.0"));
    expect((await plant.rollout("better"))?.status?.waves.map(({ devices }) => devices)).toEqual([1, 3, 6]);
  });

  it("brings a fleet back over S3 when its rollout is deleted half way", async () => {
    const s3 = await startS3rver();
    onTestFinished(s3.stop);
    const { accessKeyId, secretAccessKey } = s3.credentials;
    const env = {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: "us-east-1",
    };
    Object.assign(process.env, env);
    const url = `s3://${s3.bucket}/fleet?endpoint=${encodeURIComponent(s3.endpoint)}&pathStyle=true&region=us-east-1`;
    const nodes = TEN.slice(0, 4);
    const plant = await start({ nodes, registry: { url, s3: {}, env } });
    plant.control();
    await until(async () => (await plant.devices()).length).toBe(nodes.length);
    await plant.rollOut("better", plant.versions[1], {
      ...spec,
      waves: [{ ...WAVES[0], devices: 2, soakMinutes: 60 }, WAVES[2]] as ModelRolloutSpec["waves"],
    });
    await until(async () => (await stepsOf(plant)).filter((step) => step === "Updated").length).toBe(2);
    await plant.remove("better");
    await until(() => plant.rollout("better")).toBeUndefined();
    await until(() => championsOf(plant)).toEqual(nodes.map(() => "1.0.0"));
  });
});
