import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it, onTestFinished } from "vitest";
import { ClusterError } from "../../k8s/controller/src/ports/cluster.ts";
import { FleetError, type Pointing } from "../../k8s/controller/src/ports/fleet.ts";
import { createLead, type Told } from "../../k8s/controller/src/reconcile/lead.ts";
import { rolloutOf } from "../../k8s/controller/src/reconcile/testing/observed-of.ts";
import { createFakeServer } from "./fake-cluster.ts";
import { createFakeDevice } from "./fake-device.ts";
import { createFakeStore } from "./fake-fleet.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const OLD = { version: "1.0.0", digest: "a".repeat(64) };
const NEW = { version: "2.0.0", digest: "b".repeat(64) };
const NEXT = { version: "3.0.0", digest: "c".repeat(64) };
const NODES = ["press-1", "press-2", "press-3"];

/** A small plant whose rollouts take some hours; pointers are valid for thirty days. */
function createPlant() {
  const clock = createManualClock();
  const devices = NODES.map((node) =>
    createFakeDevice({
      node,
      model: "listener",
      champion: OLD,
      fate: "good",
      trialSteps: 1,
      endsTrialOnRecall: true,
    }),
  );
  const journal: string[] = [];
  const signed: string[] = [];
  const told: Told[] = [];
  let onSigning: (pointing: Pointing) => void = () => undefined;
  const server = createFakeServer({
    onJournal: ({ metadata, status: was }, { status: is }) => {
      if (was?.rollout?.sinceTime !== is?.rollout?.sinceTime) journal.push(metadata.name);
    },
  });
  const store = createFakeStore({
    devices,
    clock,
    published: Object.fromEntries([OLD, NEW, NEXT].map(({ version, digest }) => [version, digest])),
    onMove: () => undefined,
    onRenew(pointing) {
      onSigning(pointing);
      signed.push(pointing.node);
    },
  });
  for (const node of NODES) server.addDevice(node);

  /** A process that leads until it is stopped, or until it may not. */
  function lead(confirm = () => undefined) {
    const ending = new AbortController();
    // Who is stopped does nothing more, whatever it was about to do.
    const hooks = { before: () => ending.signal.throwIfAborted(), after: () => undefined };
    const cluster = server.connect(hooks);
    cluster.catchUp(1);
    const fleet = store.connect(hooks);
    const leader = createLead(
      { pollSeconds: 3600, concurrency: 1 },
      {
        cluster,
        fleet,
        leadership: { confirm },
        clock,
        keyIdOf: () => undefined,
        onTold: (one) => told.push(one),
      },
    );
    const ended = leader.lead(ending.signal);
    ended.catch(() => undefined);
    onTestFinished(() => ending.abort());
    return { leader, cluster, ended, stop: () => ending.abort() };
  }

  let process = lead();

  async function pass(ms: number): Promise<void> {
    // By the hour: a leader that is busy does not see time run away.
    for (let passed = 0; passed < ms; passed += HOUR_MS) {
      await clock.advance(Math.min(HOUR_MS, ms - passed));
      process.cluster.catchUp(1);
    }
  }

  /** Rolled out to all, with the devices doing their part. */
  async function rollOut(name: string, { version, digest }: typeof NEW): Promise<void> {
    const [wave] = rolloutOf().spec.waves;
    server.addRollout(
      name,
      {
        ...rolloutOf().spec,
        version,
        manifestSha256: digest,
        waves: [{ ...wave, devices: undefined, percent: 100 } as NonNullable<typeof wave>],
        deviceTimeoutMinutes: 525_600,
      },
      new Date(clock.nowUs() / 1000).toISOString(),
    );
    process.cluster.catchUp(1);
    process.leader.changed(`plant/${name}`);
    for (let hour = 0; hour < 12; hour += 1) {
      for (const device of devices) {
        device.step(store.pointersOf(device.node));
        device.speak();
      }
      await pass(HOUR_MS);
    }
    expect(server.rollouts.get(name)?.status?.phase).toBe("Completed");
    signed.length = 0;
    journal.length = 0;
    told.length = 0;
  }

  return {
    clock,
    server,
    store,
    journal,
    signed,
    told,
    pass,
    rollOut,
    /** The one before is gone; another begins, and knows nothing. */
    restart(confirm?: () => undefined) {
      process.stop();
      process = lead(confirm);
      return process;
    },
    onSigning(hook: (pointing: Pointing) => void) {
      onSigning = hook;
    },
    leftDays: () =>
      NODES.map((node) => ((store.times.get(node)?.expiresMs ?? 0) - clock.nowUs() / 1000) / DAY_MS),
    pointersOf: (name: string) => server.rollouts.get(name)?.status?.pointers,
    eventsOf: (reason: string) => server.events.filter((event) => event.reason === reason),
  };
}

describe("the pointers of a rollout that is over", { timeout: 60_000 }, () => {
  it("stay valid for as long as somebody leads, with one event a round and nothing in the devices' journals", async () => {
    const plant = createPlant();
    await plant.rollOut("better", NEW);
    for (let day = 0; day < 100; day += 1) {
      await plant.pass(DAY_MS);
      expect(Math.min(...plant.leftDays())).toBeGreaterThan(14);
    }
    const rounds = plant.signed.length / NODES.length;
    expect(rounds).toBe(6);
    expect(plant.eventsOf("PointersRenewed")).toHaveLength(rounds);
    expect(plant.journal).toEqual([]);
    const untilMs = plant.clock.nowUs() / 1000 + Math.min(...plant.leftDays()) * DAY_MS;
    expect(Date.parse(plant.pointersOf("better")?.validUntilTime ?? "")).toBe(Math.round(untilMs));
  });

  it("are not signed while they are young, by one leader or by many", async () => {
    const plant = createPlant();
    await plant.rollOut("better", NEW);
    const known = plant.pointersOf("better");
    expect(known).toBeDefined();
    for (let day = 0; day < 14; day += 1) {
      plant.restart();
      await plant.pass(DAY_MS);
    }
    expect(plant.signed).toEqual([]);
    expect(plant.pointersOf("better")).toEqual(known);
    expect(plant.eventsOf("PointersRenewed")).toEqual([]);
  });

  it("are signed at once where no one led until they had expired", async () => {
    const plant = createPlant();
    await plant.rollOut("better", NEW);
    plant.restart().stop();
    await plant.pass(40 * DAY_MS);
    expect(Math.max(...plant.leftDays())).toBeLessThan(0);
    plant.restart();
    await plant.pass(HOUR_MS);
    expect(Math.min(...plant.leftDays())).toBeGreaterThan(29);
  });

  it("are signed once each where the leader dies half way and another goes on", async () => {
    const plant = createPlant();
    await plant.rollOut("better", NEW);
    let leader = plant.restart();
    plant.onSigning(({ node }) => {
      if (node === "press-2") leader.stop();
    });
    await plant.pass(16 * DAY_MS);
    expect(plant.signed).toEqual(["press-1", "press-2"]);
    expect(plant.eventsOf("PointersRenewed")).toEqual([]);
    plant.onSigning(() => undefined);
    leader = plant.restart();
    await plant.pass(2 * HOUR_MS);
    expect([...plant.signed].sort()).toEqual(NODES);
    expect(plant.eventsOf("PointersRenewed")).toHaveLength(1);
    expect(Math.min(...plant.leftDays())).toBeGreaterThan(28);
  });

  it("are a later rollout's when it has the devices: the older signs nothing more", async () => {
    const plant = createPlant();
    await plant.rollOut("better", NEW);
    await plant.rollOut("best", NEXT);
    expect(plant.pointersOf("better")).toBeUndefined();
    const versions = new Set<string>();
    plant.onSigning(({ version }) => versions.add(version));
    await plant.pass(20 * DAY_MS);
    expect([...versions]).toEqual([NEXT.version]);
    expect(plant.signed).toHaveLength(NODES.length);
    expect(plant.eventsOf("PointersRenewed")).toHaveLength(1);
  });

  it("are nobody's when the rollout is deleted", async () => {
    const plant = createPlant();
    await plant.rollOut("better", NEW);
    plant.server.deleteRollout("better");
    await plant.pass(40 * DAY_MS);
    expect(plant.server.rollouts.size).toBe(0);
    expect(plant.signed).toEqual([]);
  });

  it("are tried again, and told, while the store gives no answer to one; the others are signed", async () => {
    const plant = createPlant();
    await plant.rollOut("better", NEW);
    plant.onSigning(({ node }) => {
      if (node === "press-1") throw new FleetError("unreachable", "no answer");
    });
    await plant.pass(15.5 * DAY_MS);
    const failures = plant.told.filter((one) => one.kind === "failed");
    expect(failures.length).toBeGreaterThan(2);
    expect(failures[0]).toMatchObject({ what: "plant/better", failure: { code: "unreachable" } });
    expect(plant.signed).toEqual(["press-2", "press-3"]);
    expect(plant.eventsOf("PointersRenewed")).toEqual([]);
    plant.onSigning(() => undefined);
    await plant.pass(HOUR_MS);
    expect(plant.signed).toEqual(["press-2", "press-3", "press-1"]);
    expect(plant.eventsOf("PointersRenewed")).toHaveLength(1);
  });

  it("are signed by none who may not write", async () => {
    const plant = createPlant();
    await plant.rollOut("better", NEW);
    const { ended } = plant.restart(() => {
      throw new ClusterError("not-leader", "somebody else leads");
    });
    await plant.pass(16 * DAY_MS);
    await expect(ended).rejects.toMatchObject({ code: "not-leader" });
    expect(plant.signed).toEqual([]);
  });
});
