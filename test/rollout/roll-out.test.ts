import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock, type ManualClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuditLog } from "../../edge-agent/src/adapters/audit-log/audit-log.ts";
import { createStateFile } from "../../edge-agent/src/adapters/state-file/state-file.ts";
import { EdgeError } from "../../edge-agent/src/core/errors.ts";
import type { RolloutPolicy } from "../../edge-agent/src/core/rollout/rollout-policy.ts";
import { createRollOut, type RollOut, type RollOutDeps } from "../../edge-agent/src/flow/roll-out.ts";
import type { ChannelOptions } from "../../edge-agent/src/flow/roll-out-channels.ts";
import { readLiveModels } from "../../edge-agent/src/flow/roll-out-keeper.ts";
import type { AuditLog } from "../../edge-agent/src/ports/audit-log.ts";
import type { StateFile } from "../../edge-agent/src/ports/state-file.ts";
import { quickPolicy, START_US, version } from "./events.ts";
import {
  contractOf,
  type FakeField,
  type FakeModel,
  type FakeServer,
  type FakeStore,
  fakeField,
  fakeModel,
  fakeServer,
  fakeStore,
} from "./fakes.ts";
import { heardPair } from "./feed.ts";
import { silentLogger } from "./silent-logger.ts";

const never = new AbortController().signal;
const candidate = { model: version(2), channel: "candidate", isRollback: false, sequence: 1 };

interface Rig {
  readonly rollOut: RollOut;
  readonly server: FakeServer;
  readonly store: FakeStore;
  readonly field: FakeField;
  readonly clock: ManualClock;
  readonly audit: AuditLog;
  readonly loaded: FakeModel[];
  readonly wanted: number[];
  /** Lets whatever is under way come to rest. */
  settle(): Promise<void>;
  /** Lets time pass until it is so. */
  see(isSo: () => boolean): Promise<void>;
  /** Until the first trial is over. */
  ended(): Promise<void>;
  /** Until the trial is there. */
  until(stage: string | undefined): Promise<void>;
  /** Windows that both models heard; the challenger calls `splits` of them anomalous. */
  hear(count: number, splits?: number, acted?: "challenger" | "champion"): Promise<void>;
  stop(): Promise<void>;
}

let folder: string;
let rigs: Rig[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stethos-rollout-"));
  rigs = [];
});
afterEach(async () => {
  for (const rig of rigs) await rig.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface RigOptions {
  readonly policy?: RolloutPolicy;
  readonly channels?: Partial<ChannelOptions>;
  readonly offers?: FakeStore["offers"];
  readonly deps?: Partial<RollOutDeps>;
  readonly champion?: ReturnType<typeof version>;
}

async function startRig(options: RigOptions = {}): Promise<Rig> {
  const clock = createManualClock(START_US);
  const store = fakeStore(join(folder, "models"), options.offers ?? { candidate });
  const field = fakeField();
  const log = await openAuditLog({ file: join(folder, "audit.ndjson") }, () => clock.nowUs());
  const champion = fakeModel({ model: options.champion ?? version(1), folder: "" }, (sample) => sample);
  const server = fakeServer(champion);
  const loaded: FakeModel[] = [];
  const wanted: number[] = [];
  const rollOut = await createRollOut({
    server,
    store,
    load: async (installed) => {
      const model = fakeModel(installed);
      loaded.push(model);
      return model;
    },
    state: createStateFile(join(folder, "rollout.json")),
    audit: log,
    field,
    clock,
    logger: silentLogger,
    random: () => 0.5,
    policy: options.policy ?? quickPolicy,
    channels: {
      candidateChannel: "candidate",
      stableChannel: "stable",
      pollSeconds: 60,
      startOn: "published",
      ...options.channels,
    },
    memoryMib: () => 100,
    drift: () => ({ needed: 3, sensors: [] }),
    onWanting: async (sinceUs) => {
      wanted.push(sinceUs);
      return true;
    },
    ...options.deps,
  });
  const controller = new AbortController();
  const run = rollOut.run(controller.signal);
  let number = 0;
  let isStopped = false;
  const rest = () => new Promise((resolve) => setTimeout(resolve, 5));
  const rig: Rig = {
    rollOut,
    server,
    store,
    field,
    clock,
    audit: log,
    loaded,
    wanted,
    async settle() {
      for (let i = 0; i < 4; i += 1) {
        await rest();
        await clock.advance(1000);
      }
    },
    async see(isSo) {
      for (let i = 0; i < 1000; i += 1) {
        if (isSo()) return;
        await rest();
        await clock.advance(1000);
      }
      throw new Error(`never came: ${JSON.stringify(rollOut.report())}`);
    },
    ended: () => rig.see(() => rollOut.report().outcomes.length > 0 && rollOut.report().trial === undefined),
    until: (stage) => rig.see(() => rollOut.report().trial?.stage === stage),
    async hear(count, splits = 0, acted = "champion") {
      for (let i = 0; i < count; i += 1) {
        number += 1;
        const by = { champion: server.champion.contract, challenger: contractOf(version(2)) };
        const challenger = i < splits ? 0.9 : 0.1;
        rollOut.onHeard(heardPair(number, by, { champion: 0.1, challenger }, acted), undefined);
      }
      await rest();
    },
    async stop() {
      if (isStopped) return;
      isStopped = true;
      controller.abort();
      await run;
      await log.close();
    },
  };
  rigs.push(rig);
  return rig;
}

const labelAll = async ({ rollOut }: Rig, verdict: "false" | "real"): Promise<void> => {
  for (const { frame, label } of rollOut.disagreements(100)) {
    if (label === undefined) await rollOut.label(frame, verdict, "Ann", undefined, never);
  }
};

describe("a rollout", () => {
  it("finds a published candidate, proves it on live frames and labels, and commits it", async () => {
    const rig = await startRig();
    let told = 0;
    const off = rig.rollOut.subscribe(() => {
      told += 1;
    });
    await rig.until("shadow");
    await rig.see(() => rig.server.route?.kind === "shadow");
    expect(rig.server.route?.share).toBe(1);
    await rig.hear(40, 10);
    await rig.until("canary");
    await rig.see(() => rig.server.route?.kind === "canary");
    expect(rig.server.route).toMatchObject({ share: 0.05, hears: 1 });
    await rig.hear(60, 0, "challenger");
    expect(rig.field.kept.size).toBe(10);
    expect([...rig.field.kept.values()][0]).toMatchObject({
      kind: "disagreement",
      machine: "m1",
      sensor: "s1",
      model: "listener 0.1.0",
      probability: expect.closeTo(0.1, 5),
      challengerProbability: expect.closeTo(0.9, 5),
    });
    await labelAll(rig, "real");
    await rig.until("soak");
    await rig.until(undefined);
    expect(rig.server.champion).toBe(rig.loaded[0]);
    expect(rig.store.calls).toEqual(["install 0.2.0", "committed 0.2.0", "keep 0.2.0 0.1.0"]);
    expect(rig.rollOut.report()).toMatchObject({
      champion: { version: "0.2.0", role: "champion" },
      previous: { version: "0.1.0", role: "previous" },
      outcomes: [{ kind: "promoted", reason: { code: "accuracy-rose" } }],
      registry: { name: "a fake registry", reachable: true },
    });
    off();
    expect(told).toBeGreaterThan(5);
    // Comes back when all is written.
    expect(await rig.rollOut.command("pause", "Ann", undefined, never)).toBe("nothing");
    const history = await rig.rollOut.history(3, never);
    expect(history.map(({ what }) => what)).toEqual(["champion", "promoted", "stage"]);
  });

  it("rolls a worse one back, closes and removes it, and does not try it again by itself", async () => {
    const rig = await startRig();
    await rig.until("shadow");
    await rig.hear(20, 10);
    await labelAll(rig, "false");
    await rig.until(undefined);
    expect(rig.rollOut.report().outcomes[0]?.reason.code).toBe("accuracy-fell");
    expect(rig.loaded[0]?.isClosed).toBe(true);
    expect(rig.server.challenger).toBeUndefined();
    expect(rig.store.calls.at(-1)).toBe("keep 0.1.0");
    await rig.clock.advance(130_000);
    await rig.settle();
    expect(rig.rollOut.report().trial).toBeUndefined();
    expect(await rig.rollOut.command("start", "Ann", "again", never)).toBe("done");
    await rig.until("shadow");
    expect(rig.rollOut.report().trial?.because).toBe("by-hand");
  });

  it("tells apart what a person may command and what is not there", async () => {
    const rig = await startRig({ channels: { startOn: "drift" }, offers: {} });
    const command = (one: Parameters<RollOut["command"]>[0]) =>
      rig.rollOut.command(one, "Ann", undefined, never);
    await rig.settle();
    expect(await command("start")).toBe("no-candidate");
    expect(await command("abort")).toBe("nothing");
    rig.store.offers["candidate"] = { ...candidate, model: version(1) };
    expect(await command("start")).toBe("no-candidate");
    rig.store.offers["candidate"] = candidate;
    expect(await command("start")).toBe("done");
    expect(await command("start")).toBe("nothing");
    await rig.until("shadow");
    expect(await command("pause")).toBe("done");
    expect(await command("pause")).toBe("nothing");
    expect(await command("resume")).toBe("done");
    expect(await command("promote")).toBe("done");
    await rig.until(undefined);
    expect(rig.rollOut.report().champion.version).toBe("0.2.0");
    const who = (await rig.rollOut.history(50, never))
      .filter(({ by }) => by === "Ann")
      .map(({ what }) => what);
    expect(who.toReversed()).toEqual(["trial-started", "paused", "resumed", "stage", "promotion-decided"]);
  });

  it("stops a download as soon as nobody wants it", async () => {
    const rig = await startRig();
    rig.store.install = (_, __, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
      );
    await rig.until("verify");
    await rig.settle();
    expect(await rig.rollOut.command("abort", "Ann", undefined, never)).toBe("done");
    await rig.until(undefined);
    expect(rig.rollOut.report().outcomes[0]?.reason).toEqual({ code: "by-hand", by: "Ann" });
  });

  it("tries again while the registry is away, and refuses what is tampered with", async () => {
    const rig = await startRig();
    let attempts = 0;
    rig.store.install = async () => {
      attempts += 1;
      throw attempts < 3
        ? new EdgeError("REGISTRY_UNREACHABLE", "no answer")
        : new EdgeError("MODEL_TAMPERED", "a byte is wrong");
    };
    await rig.ended();
    expect(attempts).toBe(3);
    expect(rig.rollOut.report().outcomes[0]?.reason).toEqual({
      code: "refused",
      error: "MODEL_TAMPERED",
      message: "a byte is wrong",
    });
  });

  it("refuses a model that prepares windows otherwise, and closes it", async () => {
    let isClosed = false;
    const rig = await startRig({
      deps: {
        load: async (installed) => ({
          ...fakeModel(installed),
          contract: { ...contractOf(version(2)), preprocessing: "other" },
          close: async () => {
            isClosed = true;
          },
        }),
      },
    });
    await rig.ended();
    expect(rig.rollOut.report().outcomes[0]?.reason.code).toBe("incompatible");
    expect(isClosed).toBe(true);
  });

  it("compares both on the labelled set of the package before any frame", async () => {
    const golden = Array.from({ length: 6 }, (_, i) => ({
      name: `g${i}`,
      isAnomalous: true,
      samples: Float32Array.of(0.9),
      shaftHz: 25,
    }));
    const rig = await startRig({
      deps: { load: async (installed) => fakeModel(installed, () => 0.1, golden) },
    });
    await rig.ended();
    expect(rig.rollOut.report().outcomes[0]?.reason).toEqual({
      code: "golden-worse",
      champion: 6,
      challenger: 0,
      frames: 6,
    });
  });

  it("labels by a work order whatever was split on that machine in that time", async () => {
    const rig = await startRig();
    await rig.until("shadow");
    await rig.hear(8, 4);
    const order = { number: "4711", machine: "m1", finding: "fault" as const, by: "CMMS" };
    const times = { fromUs: START_US, toUs: START_US + 3e6 };
    expect(await rig.rollOut.workOrder({ ...order, ...times, machine: "m2" }, never)).toBe(0);
    expect(await rig.rollOut.workOrder({ ...order, ...times }, never)).toBe(3);
    expect(rig.field.labels[0]).toMatchObject({ source: "work-order", note: "4711", verdict: "real" });
    expect(rig.rollOut.report().trial?.evidence).toMatchObject({ better: 3, unlabelled: 1 });
    expect(await rig.rollOut.label("nobody", "real", "Ann", "?", never)).toBeUndefined();
  });

  it("does not hear windows whose baseline is still learnt", async () => {
    const rig = await startRig();
    await rig.until("shadow");
    const by = { champion: rig.server.champion.contract, challenger: contractOf(version(2)) };
    const heard = heardPair(1, by, { champion: 0.1, challenger: 0.9 }, "champion");
    rig.rollOut.onHeard({ ...heard, knowledge: { kind: "learning", progress: 0.5 } }, undefined);
    rig.rollOut.onHeard(
      heardPair(2, by, { champion: 0.1, challenger: { failure: "dead" } }, "champion"),
      undefined,
    );
    await rig.settle();
    expect(rig.rollOut.report().trial?.evidence).toMatchObject({ frames: 1, errors: { challenger: 1 } });
  });
});

describe("drift", () => {
  it("starts what the candidate channel offers", async () => {
    const rig = await startRig({ channels: { startOn: "drift" } });
    await rig.settle();
    expect(rig.rollOut.report().trial).toBeUndefined();
    rig.rollOut.onDriftConfirmed();
    await rig.until("shadow");
    expect(rig.rollOut.report().trial?.because).toBe("drift");
    expect(rig.wanted).toEqual([]);
  });

  it("says that a model is wanted where there is none, asks once, and takes the next that comes", async () => {
    const rig = await startRig({ channels: { startOn: "drift" }, offers: {} });
    await rig.settle();
    rig.rollOut.onDriftConfirmed();
    await rig.settle();
    rig.rollOut.onDriftConfirmed();
    await rig.see(() => rig.rollOut.report().drift.wanting?.requested === true);
    expect(rig.wanted).toHaveLength(1);
    rig.store.offers["candidate"] = candidate;
    await rig.until("shadow");
    expect(rig.rollOut.report().drift.wanting).toBeUndefined();
  });

  it("waits for a registry that is away before it says that there is none", async () => {
    const rig = await startRig({ channels: { startOn: "drift" } });
    rig.store.trouble = new EdgeError("REGISTRY_UNREACHABLE", "no answer from the store");
    rig.rollOut.onDriftConfirmed();
    await rig.see(() => rig.rollOut.report().registry.reason === "no answer from the store");
    expect(rig.rollOut.report().registry.reachable).toBe(false);
    expect(rig.wanted).toEqual([]);
    rig.store.trouble = undefined;
    await rig.until("shadow");
    expect(rig.rollOut.report().registry.reachable).toBe(true);
  });

  it("starts nothing where only what is published is tried", async () => {
    const rig = await startRig({ offers: {} });
    rig.rollOut.onDriftConfirmed();
    await rig.settle();
    expect(rig.rollOut.report().drift.wanting).toBeUndefined();
  });

  it("does not fall over when retraining cannot be requested", async () => {
    const rig = await startRig({
      channels: { startOn: "drift" },
      offers: {},
      deps: { onWanting: () => Promise.reject(new Error("no webhook")) },
    });
    await rig.settle();
    rig.rollOut.onDriftConfirmed();
    await rig.see(() => rig.rollOut.report().drift.wanting?.requested === false);
  });
});

describe("errors in use", () => {
  it("bring the version before back, or leave threshold alarms only", async () => {
    const rig = await startRig();
    await rig.until("shadow");
    await rig.rollOut.command("promote", "Ann", undefined, never);
    await rig.until(undefined);
    rig.rollOut.onInference("champion", false, 5);
    await rig.see(() => rig.rollOut.report().trial?.because === "recall");
    expect(rig.rollOut.report().objective.state).toBe("broken");
    await rig.until(undefined);
    expect(rig.rollOut.report().champion.version).toBe("0.1.0");
    rig.rollOut.onInference("champion", false, 5);
    await rig.see(() => rig.rollOut.isDegraded);
    expect(rig.rollOut.report().objective.state).toBe("degraded");
    await rig.clock.advance(7 * 3600e3);
    expect(rig.rollOut.isDegraded).toBe(true);
    // One failure breaks no objective, and keeps none.
    rig.rollOut.onInference("champion", false, 1);
    await rig.clock.advance(60e3);
    expect(rig.rollOut.isDegraded).toBe(true);
    await rig.clock.advance(7 * 3600e3);
    rig.rollOut.onInference("champion", true, 5);
    await rig.see(() => !rig.rollOut.isDegraded);
  });

  it("of a challenger that acts alone roll it back", async () => {
    const rig = await startRig();
    await rig.until("shadow");
    await rig.rollOut.command("promote", "Ann", undefined, never);
    await rig.until("soak");
    rig.rollOut.onInference("challenger", true, 100);
    rig.rollOut.onInference("challenger", false, 3);
    await rig.until(undefined);
    expect(rig.rollOut.report().outcomes[0]?.reason).toMatchObject({
      code: "slo-broken",
      failed: 3,
      frames: 103,
    });
    expect(rig.rollOut.report().champion.version).toBe("0.1.0");
  });
});

describe("a version that is called back", () => {
  it("goes live at once", async () => {
    const rig = await startRig({ champion: version(2), offers: {} });
    await rig.settle();
    rig.store.offers["stable"] = { model: version(1), channel: "stable", isRollback: true, sequence: 1 };
    await rig.clock.advance(60_000);
    await rig.until("soak");
    expect(rig.rollOut.report().trial?.because).toBe("recall");
    await rig.until(undefined);
    expect(rig.rollOut.report().champion.version).toBe("0.1.0");
  });
});

describe("a device of a fleet", () => {
  const channels = {
    candidateChannel: "candidate.node-1",
    stableChannel: "stable.node-1",
    startOn: "both",
  } as const;
  const back = (sequence: number) => ({
    model: version(1),
    channel: "stable.node-1",
    isRollback: true,
    sequence,
  });
  const offered = { model: version(2), channel: "candidate.node-1", isRollback: false, sequence: 1 };
  const offers = { "candidate.node-1": offered };

  it("tries what it is offered, and gives it up when it is called back, though it is still offered", async () => {
    const rig = await startRig({ channels, offers: { ...offers } });
    await rig.until("shadow");
    rig.store.offers["stable.node-1"] = back(1);
    await rig.ended();
    expect(rig.rollOut.report().outcomes[0]).toMatchObject({
      kind: "rolled-back",
      reason: { code: "recalled" },
    });
    await rig.clock.advance(300_000);
    await rig.settle();
    expect(rig.rollOut.report().trial).toBeUndefined();
    expect(rig.rollOut.report().outcomes).toHaveLength(1);
    expect(rig.server.champion.contract.version).toBe("0.1.0");
  });

  it("goes back from what it promoted, also when it was switched off meanwhile, and later takes the next", async () => {
    const rig = await startRig({ channels, offers: { ...offers } });
    await rig.until("shadow");
    await rig.rollOut.command("promote", "Ann", undefined, never);
    await rig.until(undefined);
    expect(rig.rollOut.report().champion.version).toBe("0.2.0");
    await rig.stop();
    const now = { ...offers, "stable.node-1": back(1) };
    const later = await startRig({ channels, offers: now, champion: version(2) });
    await later.see(() => later.rollOut.report().champion.version === "0.1.0");
    expect(later.rollOut.report().outcomes[0]).toMatchObject({
      kind: "promoted",
      reason: { code: "recalled" },
    });
    later.store.offers["candidate.node-1"] = { ...offered, model: version(3), sequence: 2 };
    await later.until("shadow");
    await later.rollOut.command("promote", "Ann", undefined, never);
    await later.until(undefined);
    await later.clock.advance(300_000);
    await later.settle();
    expect(later.rollOut.report().champion.version).toBe("0.3.0");
    expect(later.rollOut.state.recall).toEqual({ channel: "stable.node-1", sequence: 1 });
  });

  it("makes room for what is called back at once, without waiting for the next look", async () => {
    const rig = await startRig({
      channels: { ...channels, pollSeconds: 3600 },
      offers: {},
      champion: version(2),
    });
    await rig.settle();
    rig.store.offers["candidate.node-1"] = { ...offered, model: version(3) };
    await rig.clock.advance(3_600_000);
    await rig.until("shadow");
    rig.store.offers["stable.node-1"] = back(1);
    const since = rig.clock.monotonicMs();
    await rig.clock.advance(3_600_000);
    await rig.see(() => rig.rollOut.report().trial?.because === "recall");
    expect(rig.clock.monotonicMs() - since).toBeLessThan(2 * 3_600_000);
  });
});

describe("the state on the disk", () => {
  const file = (): StateFile => createStateFile(join(folder, "rollout.json"));

  it("names the committed champion to whoever starts next, and the version before in its place", async () => {
    expect(await readLiveModels(file(), silentLogger)).toEqual([]);
    const rig = await startRig();
    await rig.until("shadow");
    await rig.rollOut.command("promote", "Ann", undefined, never);
    await rig.until(undefined);
    await rig.stop();
    expect((await readLiveModels(file(), silentLogger)).map((one) => one.version)).toEqual([
      "0.2.0",
      "0.1.0",
    ]);
  });

  it("goes on after a clean stop with the evidence so far", async () => {
    const first = await startRig();
    await first.until("shadow");
    await first.hear(20, 3);
    await first.stop();
    const second = await startRig();
    await second.until("shadow");
    expect(second.rollOut.report().trial?.evidence).toMatchObject({ frames: 20, disagreements: 3 });
  });

  it("begins anew with what runs where nothing can be read, and says so nowhere but in the log", async () => {
    writeFileSync(join(folder, "rollout.json"), "rubbish");
    const rig = await startRig({ offers: {} });
    await rig.see(() => readFileSync(join(folder, "rollout.json"), "utf8").startsWith('{"version":1,'));
    expect(rig.rollOut.report().champion.version).toBe("0.1.0");
  });

  it("is written before anything acts on it, however long the disk refuses", async () => {
    let isFull = true;
    const real = file();
    const state: StateFile = {
      read: () => real.read(),
      write: (text) => (isFull ? Promise.reject(new EdgeError("DISK_FULL", "no space")) : real.write(text)),
    };
    const rig = await startRig({ deps: { state } });
    await rig.settle();
    expect(rig.store.calls).toEqual([]);
    isFull = false;
    await rig.until("shadow");
    expect(rig.store.calls).toEqual(["install 0.2.0"]);
  });
});
