import type { ModelVersion } from "../../edge-agent/src/core/model.ts";
import type { ModelRolloutSpec, RolloutPhase } from "../../k8s/controller/src/ports/resources.ts";
import { DEFINITIONS, install } from "../controller/objects.ts";
import { type FleetPlant, startFleetPlant } from "../fleet/fleet-plant.ts";
import { kubeTools } from "../kube/kube-tools.ts";
import { startKube } from "../kube/start-kube.ts";
import type { Bench, Figures, Report } from "./harness.ts";

const DEVICES = 1000;
const WAVES = [{ devices: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }];
// Of a good version: devices whose gate rejects it. A bad one is rejected by three of ten: seven gates miss it.
const GOOD_FAILS = 0.05;
const BAD_FAILS = 0.3;
const FINAL: readonly (RolloutPhase | undefined)[] = ["Completed", "Halted", "RolledBack"];

const thresholds = { successPercent: 90, errorPercent: 10, leastErrors: 1, soakMinutes: 0 };
const inWaves: Partial<ModelRolloutSpec> = {
  waves: WAVES.map((wave) => ({ ...wave, ...thresholds })),
  deviceTimeoutMinutes: 240,
};
const atOnce: Partial<ModelRolloutSpec> = {
  waves: [{ percent: 100, ...thresholds, successPercent: 0, errorPercent: 100 }],
  deviceTimeoutMinutes: 240,
};

export const fleet: Bench = {
  name: "fleet",
  explains:
    "1,000 simulated agents (real signed channels, reports and rollout states in a registry; what their gates find is " +
    "decided beforehand) rolled out to in waves by two controller processes on a real kube-apiserver, the leader killed on " +
    "the way: a good version that 5 % of the devices reject (never the first one), a bad one that seven of ten gates miss " +
    "(halts, all go back); baseline: how many devices promote a bad version that is offered to all at once",
  async run(report) {
    const tools = await kubeTools();
    if (tools.kind === "missing") throw new Error(`no API server: ${tools.reason}`);
    const kube = await startKube(new AbortController().signal);
    try {
      const admin = await kube.config();
      await install(admin, ...DEFINITIONS);
      const plant = await startFleetPlant({
        admin,
        kubeconfig: await kube.kubeconfig(),
        namespace: "fleet",
        nodes: Array.from({ length: DEVICES }, (_, i) => `press-${i}`),
        trialMs: 2000,
        pollMs: 1000,
        heartbeatMs: 30_000,
      });
      try {
        return await measure(plant, report);
      } finally {
        await plant.stop();
      }
    } finally {
      await kube.stop();
    }
  },
};

async function measure(plant: FleetPlant, report: Report): Promise<Figures> {
  const [old, good, bad, alsoBad] = plant.versions;
  const shares = new Map([
    [good.digest, GOOD_FAILS],
    [bad.digest, BAD_FAILS],
    [alsoBad.digest, BAD_FAILS],
  ]);
  plant.agents.setFate(fates(shares));
  const leaders = await lead(plant, report);
  await until(async () => (await plant.devices()).length === DEVICES, "all devices are known");
  report(`${DEVICES} devices are known`);
  const start = performance.now();
  const first = await rollOut(plant, leaders, "good", good, inWaves, report, 2);
  const goodSeconds = (performance.now() - start) / 1000;
  const onGood = await consistent(plant, [old, good]);
  const second = await rollOut(plant, leaders, "bad", bad, inWaves, report, 1);
  const seconds = (performance.now() - start) / 1000;
  const onBad = await consistent(plant, [old, good]);
  const touched = (await plant.devices()).filter(({ status }) => status?.rollout?.name === "bad");
  const back = touched.filter(({ status }) => status?.rollout?.step === "RolledBack");
  const badReached = plant.agents.reached(bad.digest);
  const changes = leaders.changes();
  // The baseline: what the same controller does without waves and without thresholds.
  await rollOut(plant, leaders, "at-once", alsoBad, atOnce, report, 0);
  await leaders.stop();
  return {
    devices: DEVICES,
    consistent: Math.min(onGood, onBad),
    compensated: touched.length === 0 ? 0 : (100 * back.length) / touched.length,
    compensatedDevices: back.length,
    leaderChanges: changes,
    seconds,
    goodSeconds,
    goodCompleted: first === "Completed" ? 1 : 0,
    badHalted: second === "RolledBack" ? 1 : 0,
    badReached,
    badReachedAtOnce: plant.agents.reached(alsoBad.digest),
  };
}

/** Each device has one fate for each version; the first that tries it promotes it. */
function fates(shares: ReadonlyMap<string, number>) {
  const first = new Map<string, string>();
  return (node: string, digest: string): "promotes" | "rejects" => {
    const pilot = first.get(digest) ?? node;
    first.set(digest, pilot);
    const place = Number(node.slice("press-".length));
    // 7 and 20 have no common divisor: the fated are spread evenly.
    const fails = (place * 7) % 20 < (shares.get(digest) ?? 0) * 20;
    return fails && node !== pilot ? "rejects" : "promotes";
  };
}

interface Leaders {
  /** Kills whoever leads, and starts another in its place. */
  kill(): Promise<void>;
  changes(): number;
  stop(): Promise<void>;
}

async function lead(plant: FleetPlant, report: Report): Promise<Leaders> {
  const start = () => plant.control(["--concurrency", "32", "--api-qps", "300", "--api-burst", "600"]);
  const children = [start(), start()];
  const terms = () =>
    children.reduce((sum, child) => sum + child.output().split("this controller leads").length - 1, 0);
  await until(async () => terms() > 0, "somebody leads");
  return {
    async kill() {
      const before = terms();
      for (const child of children) {
        const isAlive = child.process.exitCode === null && child.process.signalCode === null;
        const output = child.output();
        const leads = output.lastIndexOf("this controller leads") > output.lastIndexOf("the lease is lost");
        if (!isAlive || !leads) continue;
        report("the leader is killed");
        await child.stop("SIGKILL");
        children.push(start());
        break;
      }
      await until(async () => terms() > before, "another one leads");
    },
    changes: () => terms() - 1,
    async stop() {
      for (const child of children) await child.stop("SIGTERM");
    },
  };
}

/** Makes the rollout, kills the leader so many times while it is on its way, and waits for its end. */
async function rollOut(
  plant: FleetPlant,
  leaders: Leaders,
  name: string,
  version: ModelVersion,
  spec: Partial<ModelRolloutSpec>,
  report: Report,
  kills: number,
): Promise<RolloutPhase | undefined> {
  await plant.rollOut(name, version, spec);
  const status = async () => (await plant.rollout(name))?.status;
  for (let i = 0; i < kills; i += 1) {
    await until(
      async () => {
        const now = await status();
        return (now?.wave ?? 0) > i || FINAL.includes(now?.phase);
      },
      `wave ${i + 2} of ${name}`,
    );
    await leaders.kill();
  }
  let told = "";
  await until(async () => {
    const now = await status();
    const text = `${name}: ${now?.phase}, ${now?.message}`;
    if (text !== told) report(text);
    told = text;
    return FINAL.includes(now?.phase);
  }, `the end of ${name}`);
  return (await status())?.phase;
}

/** Devices that run what Kubernetes says that they run, which is one of these. */
async function consistent(plant: FleetPlant, versions: readonly ModelVersion[]): Promise<number> {
  const devices = await plant.devices();
  return devices.filter(({ metadata, status }) => {
    const runs = plant.agents.championOf(metadata.name).digest;
    return status?.digest === runs && versions.some(({ digest }) => digest === runs);
  }).length;
}

const POLL_MS = 1000;
const LONGEST_MS = 3_600_000;

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + LONGEST_MS;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`${what}: not within an hour`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
