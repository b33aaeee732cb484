import type { FleetVersion } from "@stethos/edge-agent/core";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { ClusterError } from "../../k8s/controller/src/ports/cluster.ts";
import type {
  EdgeDevice,
  ModelRollout,
  RolloutPhase,
  Wave,
} from "../../k8s/controller/src/ports/resources.ts";
import { createDeviceMemory } from "../../k8s/controller/src/reconcile/device-memory.ts";
import { createHearing } from "../../k8s/controller/src/reconcile/hear.ts";
import { rankOf } from "../../k8s/controller/src/reconcile/journal.ts";
import { look } from "../../k8s/controller/src/reconcile/look.ts";
import { createPublishedVersions } from "../../k8s/controller/src/reconcile/published.ts";
import { createRenewals } from "../../k8s/controller/src/reconcile/renewals.ts";
import { targetOf } from "../../k8s/controller/src/reconcile/waves.ts";
import { createRandom } from "../plant/random.ts";
import { createFakeServer, type FakeServer } from "./fake-cluster.ts";
import { createFakeDevice, type FakeDevice, type Fate } from "./fake-device.ts";
import { createFakeStore, type FakeStore } from "./fake-fleet.ts";

export interface Plan {
  readonly seed: number;
  readonly fates: readonly Fate[];
  readonly waves: readonly Pick<Wave, "devices" | "percent">[];
  readonly successPercent: number;
  readonly errorPercent: number;
  readonly leastErrors: number;
  readonly soakMinutes: number;
  readonly onFailure: "Halt" | "RollBackAll" | "RollBackWave";
  readonly trialSteps: number;
  readonly endsTrialOnRecall: boolean;
  readonly crashShare: number;
  readonly catchUpShare: number;
  readonly awayShare: number;
  readonly deletesAfter: number | undefined;
  readonly pausesAfter: number | undefined;
  /** Devices that appear while the rollout runs. */
  readonly joins: number;
  /** Devices that run the version already, and that rejected it once. */
  readonly presentBefore: number;
  readonly rejectedBefore: number;
}

/** A fleet, a server and controllers that die: what must never be is written down as a fault. */
export interface World {
  readonly server: FakeServer;
  readonly store: FakeStore;
  readonly old: FleetVersion;
  readonly wanted: FleetVersion;
  readonly faults: readonly string[];
  /** Writes to the server so far. */
  readonly writes: number;
  /** It was rolled back, whether or not it is still there. */
  readonly wasUndone: boolean;
  readonly phase: RolloutPhase | undefined;
  deviceOf(name: string): FakeDevice;
  /** A while with faults. */
  live(): Promise<void>;
  /** Nothing fails any more, everybody lives: until nothing changes. */
  calmDown(): Promise<void>;
  look(): Promise<void>;
}

class CrashError extends Error {
  override readonly name = "CrashError";
}

const NAME = "listener-2";
const MINUTE_MS = 60_000;
const old: FleetVersion = { version: "1.0.0", digest: "a".repeat(64) };
const wanted: FleetVersion = { version: "2.0.0", digest: "b".repeat(64) };

export function createWorld(plan: Plan): World {
  const random = createRandom(plan.seed).uniform;
  const clock = createManualClock();
  const signal = new AbortController().signal;
  const faults: string[] = [];
  let writes = 0;
  let wasUndone = false;
  let crashShare = plan.crashShare;
  let catchUpShare = plan.catchUpShare;
  let awayShare = plan.awayShare;

  const devices = plan.fates.map((fate, place) =>
    createFakeDevice({
      node: `press-${place}`,
      model: "listener",
      champion: place < plan.presentBefore ? wanted : old,
      fate,
      trialSteps: plan.trialSteps,
      endsTrialOnRecall: plan.endsTrialOnRecall,
    }),
  );
  const server = createFakeServer({ onJournal: watchJournal });
  const store = createFakeStore({
    devices,
    clock,
    published: { [old.version]: old.digest, [wanted.version]: wanted.digest },
    onMove(kind, { node, digest }) {
      const step = server.devices.get(node)?.status?.rollout;
      const isRight =
        kind === "offer"
          ? step?.step === "Offering" && digest === wanted.digest
          : step?.step === "Recalling" && digest === step.previous.digest;
      if (!isRight) faults.push(`${kind} of ${node} while its journal says ${step?.step ?? "nothing"}`);
    },
  });
  const late = Math.min(plan.joins, devices.length - 1);
  for (const { node } of devices.slice(0, devices.length - late)) server.addDevice(node);
  for (const device of devices.slice(plan.presentBefore, plan.presentBefore + plan.rejectedBefore)) {
    device.refuse(wanted);
  }
  server.addRollout(
    NAME,
    {
      model: "listener",
      version: wanted.version,
      manifestSha256: wanted.digest,
      waves: plan.waves.map((wave) => ({
        ...wave,
        successPercent: plan.successPercent,
        errorPercent: plan.errorPercent,
        leastErrors: plan.leastErrors,
        soakMinutes: plan.soakMinutes,
      })),
      paused: false,
      onFailure: plan.onFailure,
      deviceTimeoutMinutes: 30,
      pointerDays: 30,
    },
    "2026-11-23T00:00:00Z",
  );

  function watchJournal(before: EdgeDevice, after: EdgeDevice): void {
    const [was, is] = [before.status?.rollout, after.status?.rollout];
    const { name } = after.metadata;
    if (is === undefined || is.step === was?.step) return;
    if (is.step === "Recalling") wasUndone = true;
    if (was !== undefined && rankOf(is.step) < rankOf(was.step)) {
      faults.push(`${name} went back from ${was.step} to ${is.step}`);
    }
    const { champion, trial } = world.deviceOf(name).now;
    if (
      is.step === "RolledBack" &&
      (champion.digest !== is.previous.digest || trial?.digest === wanted.digest)
    ) {
      faults.push(`${name} is called back while it runs or tries the version`);
    }
    const rollout = server.rollouts.get(NAME);
    if (was === undefined && rollout !== undefined) watchOpening(name, rollout);
  }

  function watchOpening(name: string, { spec, status }: ModelRollout): void {
    const begun =
      [...server.devices.values()].filter((device) => device.status?.rollout !== undefined).length + 1;
    const allowed = targetOf(spec, status?.wave ?? -1, server.devices.size);
    if (begun > allowed) faults.push(`${begun} devices begun, ${allowed} allowed`);
    if (spec.paused) faults.push(`${name} begun while paused`);
  }

  const mayCrash = () => {
    if (random() < crashShare) throw new CrashError("the process is gone");
  };
  let process = start();

  /** A new process: it knows nothing, and its cache is as old as it may be. */
  function start() {
    const hooks = {
      before: mayCrash,
      after() {
        writes += 1;
        mayCrash();
      },
    };
    const cluster = server.connect(hooks);
    const fleet = store.connect(hooks);
    cluster.catchUp(Math.max(0.5, random()));
    const memory = createDeviceMemory();
    const hearing = createHearing({
      fleet,
      clock,
      keyIdOf: () => undefined,
      onRefused: (key) => faults.push(key),
    });
    const published = createPublishedVersions(fleet, clock);
    // Pauses between looks are over at once.
    const quick = { ...clock, sleep: async (ms: number) => void (await clock.advance(ms)) };
    const leadership = { confirm: () => undefined };
    const deps = {
      cluster,
      fleet,
      memory,
      hearing,
      published,
      renewals: createRenewals(),
      clock: quick,
      leadership,
      concurrency: 3,
      onActed: () => undefined,
    };
    return { cluster, hearing, memory, deps, isKnown: false };
  }

  async function lookOnce(): Promise<void> {
    try {
      const { cluster, memory, hearing } = process;
      if (!process.isKnown) memory.replace(await cluster.devicesNow(signal));
      process.isKnown = true;
      cluster.catchUp(catchUpShare);
      await hearing.listen(signal);
      await look("plant", NAME, process.deps, signal);
    } catch (thrown) {
      if (thrown instanceof ClusterError) return;
      if (!(thrown instanceof CrashError)) throw thrown;
      process = start();
    }
  }

  async function turn(): Promise<void> {
    store.isAway = random() < awayShare;
    for (const device of devices) {
      if (random() < 0.7) device.step(store.pointersOf(device.node));
      // What it tells is always a little older than what it does.
      if (random() < 0.5) device.speak();
    }
    await clock.advance(Math.floor(random() * 2 * MINUTE_MS));
    await lookOnce();
  }

  const world: World = {
    server,
    store,
    old,
    wanted,
    faults,
    get writes() {
      return writes;
    },
    get wasUndone() {
      return wasUndone;
    },
    get phase() {
      return server.rollouts.get(NAME)?.status?.phase;
    },
    deviceOf(name) {
      const device = devices.find(({ node }) => node === name);
      if (device === undefined) throw new TypeError(`there is no ${name}`);
      return device;
    },
    async live() {
      for (let i = 0; i < 80; i += 1) {
        if (i === plan.deletesAfter) server.deleteRollout(NAME);
        if (i === plan.pausesAfter) server.setSpec(NAME, { paused: true });
        if (i === (plan.pausesAfter ?? 0) + 10) server.setSpec(NAME, { paused: false });
        const joining = devices[devices.length - late + Math.floor(i / 8)];
        if (i % 8 === 0 && joining !== undefined) server.addDevice(joining.node);
        await turn();
      }
    },
    async calmDown() {
      crashShare = 0;
      awayShare = 0;
      catchUpShare = 1;
      for (let i = 0; i < 160; i += 1) {
        if (i === 80) for (const device of devices) device.repair();
        for (const device of devices) device.speak();
        await turn();
      }
    },
    look: lookOnce,
  };
  return world;
}
