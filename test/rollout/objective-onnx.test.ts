import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock, createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuditLog } from "../../edge-agent/src/adapters/audit-log/audit-log.ts";
import { createModelLoader } from "../../edge-agent/src/adapters/onnx/loader.ts";
import { changedModel, installedAt } from "../../edge-agent/src/adapters/onnx/test-model.ts";
import { createAnalyser } from "../../edge-agent/src/adapters/signal/analyser.ts";
import { createStateFile } from "../../edge-agent/src/adapters/state-file/state-file.ts";
import type { Alarm } from "../../edge-agent/src/core/alarm-types.ts";
import { defaultAlarmPolicy } from "../../edge-agent/src/core/alarm-verdict.ts";
import { defaultBaselinePolicy } from "../../edge-agent/src/core/baseline.ts";
import { defaultDetectorPolicy } from "../../edge-agent/src/core/detect.ts";
import { defaultHealthPolicy } from "../../edge-agent/src/core/health-index.ts";
import type { Machine } from "../../edge-agent/src/core/machine.ts";
import { createPrng } from "../../edge-agent/src/core/prng.ts";
import { StatusCode } from "../../edge-agent/src/core/quality.ts";
import type { Score } from "../../edge-agent/src/core/score.ts";
import { createInfer } from "../../edge-agent/src/flow/infer.ts";
import { createRollOut } from "../../edge-agent/src/flow/roll-out.ts";
import { createModelServer } from "../../edge-agent/src/flow/serve-models.ts";
import { createWatch } from "../../edge-agent/src/flow/watch.ts";
import { watchObjective } from "../../edge-agent/src/flow/watch-objective.ts";
import type { Logger } from "../../edge-agent/src/ports/logger.ts";
import type { InstalledModel, OfferedModel } from "../../edge-agent/src/ports/model-store.ts";
import type { Telemetry } from "../../edge-agent/src/ports/telemetry.ts";
import { quickPolicy, START_US } from "./events.ts";
import { fakeField, fakeStore } from "./fakes.ts";
import { silentLogger } from "./silent-logger.ts";

const never = new AbortController().signal;
const mortal = new URL("../../edge-agent/src/adapters/onnx/mortal.worker.ts", import.meta.url);
const sensor = { id: "press/bearing", machine: "press", name: "bearing", waveform: 0, unit: "m/s2" };
const machine: Machine = {
  id: "press",
  name: "Press",
  path: { site: "s", area: "a", line: "l", cell: "c", asset: "press" },
  sensors: [sensor],
  tags: [],
};

let closers: (() => Promise<unknown>)[];
beforeEach(() => {
  closers = [];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
});

/** From waveform blocks to alarms as in the agent, with real models in threads that can be made to die. Time passes for
 *  the rollout only when it is told to. */
async function startPlant(versions: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), "stethos-objective-"));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const installed = await Promise.all(versions.map((version) => installedVersion(version)));
  const clock = createSystemClock();
  const time = createManualClock(START_US);
  const telemetry: Telemetry = {
    emit(event) {
      if (event.kind === "model-run") rollOut.onInference(event.role, true, event.frames);
      if (event.kind === "model-failed") rollOut.onInference(event.role, false, event.frames);
    },
  };
  const shared = { clock, logger: silentLogger, telemetry };
  const open = createModelLoader({ threads: 1, workerUrl: mortal }, shared);
  const load = (model: InstalledModel, signal: AbortSignal) =>
    open(installed.find((one) => one.model.digest === model.model.digest) ?? model, signal);
  const champion = await load(firstOf(installed), never);
  const server = createModelServer({ ...shared, champion });
  closers.push(() => server.close());
  const audit = await openAuditLog({ file: join(folder, "audit.ndjson") }, () => time.nowUs());
  closers.push(() => audit.close());
  const rollOut = await createRollOut({
    server,
    load,
    store: fakeStore(join(folder, "models"), offersOf(installed)),
    state: createStateFile(join(folder, "rollout.json")),
    audit,
    field: fakeField(),
    clock: time,
    logger: silentLogger,
    random: () => 0.5,
    policy: quickPolicy,
    channels: {
      candidateChannel: "candidate",
      stableChannel: "stable",
      pollSeconds: 60,
      startOn: "published",
    },
    memoryMib: () => 100,
    drift: () => ({ needed: 3, sensors: [] }),
    onWanting: async () => true,
  });
  const told: string[] = [];
  rollOut.subscribe(() => told.push(rollOut.report().objective.state));
  const logged: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (_, text) => logged.push(text),
    error: (_, text) => logged.push(text),
  };
  const unwatch = watchObjective({ rollouts: rollOut, logger, champion: () => server.champion.contract });
  closers.push(async () => unwatch());
  const analyser = createAnalyser(shared);
  closers.push(() => analyser.close());
  const scores: Score[] = [];
  const alarms: Alarm[] = [];
  const isDegraded = () => rollOut.isDegraded;
  const watch = createWatch({
    clock,
    logger: silentLogger,
    random: () => 0.5,
    champion: () => server.champion.contract,
    isDegraded,
    policy: {
      baseline: defaultBaselinePolicy,
      detector: defaultDetectorPolicy,
      alarm: defaultAlarmPolicy,
      health: defaultHealthPolicy,
    },
    baselines: [],
    alarms: [],
    onScore: (score) => scores.push(score),
    onHealth: () => undefined,
    onAlarm: (alarm) => alarms.push(alarm),
    onBaseline: () => undefined,
    onBaselineForgotten: () => undefined,
  });
  watch.setMachines([machine], () => "plc");
  const infer = createInfer({
    ...shared,
    analyser,
    models: server,
    listeningFor: watch.listeningFor,
    isDegraded,
    onHeard(heard, features) {
      watch.onHeard(heard, features);
      rollOut.onHeard(heard, features);
    },
  });
  const stopping = new AbortController();
  const running = Promise.all([infer.run(stopping.signal), rollOut.run(stopping.signal)]);
  closers.push(() => {
    stopping.abort();
    return running;
  });
  const rest = () => new Promise((resolve) => setTimeout(resolve, 5));
  let sent = 0;
  return {
    rollOut,
    server,
    scores,
    alarms,
    told,
    logged,
    audit,
    time,
    /** One block of one window; resolves when it was judged. */
    async hear(loudness = 1): Promise<Score | undefined> {
      sent += 1;
      const before = scores.length;
      infer.hear({ sensor, waveform: noise(sent, loudness), shaftHz: 25 });
      while (scores.length === before) await rest();
      return scores.at(-1);
    },
    /** Lets time pass until it is so. */
    async see(isSo: () => boolean): Promise<void> {
      for (let i = 0; i < 2000; i += 1) {
        if (isSo()) return;
        await rest();
        await time.advance(1000);
      }
      throw new Error(`never came: ${JSON.stringify(rollOut.report())}`);
    },
    kill: (at: number) => writeFile(markerOf(installed, at), ""),
    revive: (at: number) => rm(markerOf(installed, at)),
  };
}

async function installedVersion(version: string): Promise<InstalledModel> {
  const folder = await changedModel((manifest) => {
    manifest["version"] = version;
  });
  closers.push(() => rm(folder, { recursive: true, force: true }));
  return installedAt(folder);
}

function firstOf(installed: readonly InstalledModel[]): InstalledModel {
  const [first] = installed;
  if (first === undefined) throw new TypeError("a plant needs a model");
  return first;
}

function offersOf([, second]: readonly InstalledModel[]): Record<string, OfferedModel> {
  return second === undefined
    ? {}
    : { candidate: { model: second.model, channel: "candidate", isRollback: false, sequence: 1 } };
}

const markerOf = (installed: readonly InstalledModel[], at: number): string =>
  join(installed[at]?.folder ?? "", "model.int8.onnx.dies");

/** A bearing that hums and hisses, another stretch of it each time. */
function noise(sequence: number, loudness: number) {
  const random = createPrng(sequence);
  return {
    tag: 0,
    sampleRateHz: 12_000,
    firstSampleTimeUs: START_US + sequence * 1e6,
    sequence,
    missed: 0,
    status: StatusCode.Good,
    samples: Float32Array.from(
      { length: 8192 },
      (_, i) => loudness * (Math.sin((i + sequence * 37) / 9) + random() - 0.5),
    ),
  };
}

const inOrder = (scores: readonly Score[]): boolean => scores.every(({ sequence }, i) => sequence === i + 1);

describe("a champion whose thread dies at every run", () => {
  it("gives way to the version before by itself, and no block is lost, doubled or reordered", async () => {
    const plant = await startPlant(["0.1.0", "0.2.0"]);
    const { rollOut, server, scores } = plant;
    await plant.see(() => rollOut.report().trial?.stage === "shadow");
    await rollOut.command("promote", "Ann", undefined, never);
    await plant.see(() => rollOut.report().trial === undefined);
    expect(server.champion.contract.version).toBe("0.2.0");
    for (let i = 0; i < 21; i += 1) await plant.hear();
    expect(scores.at(-1)).toMatchObject({ state: "scored", model: "listener 0.2.0" });
    await plant.kill(1);
    expect(await plant.hear()).toMatchObject({ state: "not-scored", sensorState: "valid" });
    expect(await plant.hear()).toMatchObject({ state: "not-scored", features: { rms: expect.any(Number) } });
    await plant.see(() => server.champion.contract.version === "0.1.0");
    expect(rollOut.report().outcomes).toContainEqual(
      expect.objectContaining({
        kind: "rolled-back",
        model: expect.objectContaining({ version: "0.2.0" }),
        reason: expect.objectContaining({ code: "slo-broken" }),
      }),
    );
    expect(await plant.hear()).toMatchObject({ state: "scored", model: "listener 0.1.0" });
    expect(rollOut.isDegraded).toBe(false);
    expect(plant.alarms).toEqual([]);
    expect(inOrder(scores)).toBe(true);
  });

  it("leaves threshold alarms where there is no version before, says so, and is believed again later", async () => {
    const plant = await startPlant(["0.1.0"]);
    const { rollOut, scores, alarms } = plant;
    for (let i = 0; i < 21; i += 1) await plant.hear();
    expect(scores.at(-1)).toMatchObject({ state: "scored" });
    await plant.kill(0);
    await plant.hear();
    await plant.hear();
    await plant.see(() => rollOut.isDegraded);
    expect(rollOut.report().objective.state).toBe("degraded");
    expect(plant.told).toContain("degraded");
    expect(await plant.hear()).toMatchObject({ state: "degraded", votes: { rms: false } });
    for (let i = 0; i < 3; i += 1) await plant.hear(5);
    expect(alarms.at(-1)).toMatchObject({
      state: "unacknowledged-active",
      evidence: { votes: "rms", judgedBy: "thresholds" },
    });
    for (let i = 0; i < 5; i += 1) await plant.hear();
    expect(alarms.at(-1)).toMatchObject({ state: "unacknowledged-cleared" });
    await plant.revive(0);
    // Answers alone are no proof yet: errors must be rare again.
    expect(await plant.hear()).toMatchObject({ state: "degraded", votes: { spectrum: false, rms: false } });
    await plant.time.advance(30 * 60_000);
    // Nor is silence.
    expect(await plant.hear()).toMatchObject({ state: "degraded" });
    await plant.see(() => !rollOut.isDegraded);
    expect(rollOut.report().objective.state).toBe("kept");
    expect(plant.told.at(-1)).toBe("kept");
    expect(plant.logged).toEqual([
      "the model fails too often: threshold alarms only",
      "the model can be run again: threshold alarms have ended",
    ]);
    expect(await plant.hear()).toMatchObject({ state: "scored" });
    // It is written when the state is.
    await expect
      .poll(async () => (await plant.audit.newest(10, new AbortController().signal)).map(({ what }) => what))
      .toEqual(expect.arrayContaining(["degraded", "recovered"]));
    expect(inOrder(scores)).toBe(true);
  });
});
