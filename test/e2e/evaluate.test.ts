import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BPFO_ORDER } from "../plant/machines.ts";
import { createVibration } from "../plant/vibration.ts";
import { startScript, temporaryFolder } from "./processes.ts";

interface Method {
  readonly method: string;
  readonly detection: number;
  readonly falseAlarms: number;
  readonly auroc: number;
  readonly faultWindows: number;
  readonly healthyRecordingsAlarmed: string;
}

interface Report {
  readonly datasets: readonly {
    readonly dataset: string;
    readonly note: string;
    readonly methods: readonly Method[];
    readonly lives: readonly { warningSeconds: Record<string, number | null> }[];
  }[];
}

const RATE = 12_000;
const SHAFT_HZ = 25;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

const sound = (seed: number) =>
  createVibration({
    seed,
    sampleRateHz: RATE,
    shaftHz: SHAFT_HZ,
    faultOrder: BPFO_ORDER,
    isFaultModulated: false,
  });

async function writeDataset(
  name: string,
  recordings: readonly Record<string, unknown>[],
  encoding: object = { sampleType: "float32" },
): Promise<void> {
  await mkdir(join(folder.path, name), { recursive: true });
  const entries = recordings.map((one) => ({
    machine: "rig",
    sampleRateHz: RATE,
    channels: ["drive end"],
    units: ["g"],
    rpm: SHAFT_HZ * 60,
    file: `${one["id"]}.bin`,
    ...one,
  }));
  await writeFile(
    join(folder.path, name, "manifest.json"),
    JSON.stringify({ formatVersion: 1, dataset: name, encoding, recordings: entries }),
  );
}

const writeSamples = (dataset: string, id: string, samples: Float32Array) =>
  writeFile(
    join(folder.path, dataset, `${id}.bin`),
    Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength),
  );

async function evaluate(...args: string[]) {
  const child = startScript("edge-agent/src/main.ts", ["evaluate", ...args]);
  const code = await child.ended();
  return { code, output: child.output() };
}

const reportOf = (output: string): Report =>
  JSON.parse(output.split("\n").find((line) => line.startsWith("{")) ?? "{}") as Report;

describe("stethos evaluate", () => {
  beforeAll(async () => {
    folder = await temporaryFolder();
    const seconds = (s: number) => Math.round(s * RATE);
    // One machine, recorded healthy twice and damaged once; its own voice in all of them.
    const rig = sound(7);
    await writeDataset("rig", [
      { id: "healthy-1", label: "normal" },
      { id: "healthy-2", label: "normal" },
      { id: "outer", label: "fault", faultType: "outer-race" },
      { id: "other-speed", label: "fault", rpm: 3000 },
    ]);
    await writeSamples("rig", "healthy-1", rig.next(seconds(15), 0));
    await writeSamples("rig", "healthy-2", rig.next(seconds(6), 0));
    await writeSamples("rig", "outer", rig.next(seconds(6), 1));
    await writeSamples("rig", "other-speed", rig.next(seconds(2), 1));

    const single = sound(8);
    await writeDataset("single", [
      { id: "only", label: "normal" },
      { id: "bad", label: "fault" },
    ]);
    await writeSamples("single", "only", single.next(seconds(12), 0));
    await writeSamples("single", "bad", single.next(seconds(3), 1));

    const life = sound(9);
    const snapshots = Array.from({ length: 200 }, (_, i) => ({
      number: i + 1,
      secondsSinceStart: i * 10,
      secondsToEnd: (199 - i) * 10,
    }));
    await writeDataset("life", [{ id: "run", label: "run-to-failure", samplesPerSnapshot: 8193, snapshots }]);
    const run = new Float32Array(200 * 8193);
    for (let i = 0; i < 200; i += 1) run.set(life.next(8193, i < 150 ? 0 : (i - 150) / 50), i * 8193);
    await writeSamples("life", "run", run);

    await writeDataset("faults-only", [{ id: "f", label: "fault" }]);
    await writeDataset("table", [{ id: "t", label: "anomalous", sampleRateHz: 1 }], { type: "csv" });
  }, 60_000);

  afterAll(() => folder.remove());

  it("detects the damage it has not learnt, without alarming for the healthy recording it has not learnt either", async () => {
    const { code, output } = await evaluate("--data", folder.path, "--json");
    expect(code).toBe(0);
    const { datasets } = reportOf(output);
    const of = (name: string) => datasets.find((one) => one.dataset === name);
    const stethos = of("rig")?.methods.find((one) => one.method === "stethos");
    expect(stethos?.falseAlarms).toBeLessThanOrEqual(0.1);
    expect(stethos?.healthyRecordingsAlarmed).toBe("0/1");
    // All windows at the learnt speed are found; the four of a speed nobody learnt count as missed, and the note says so.
    expect(Math.round((stethos?.detection ?? 0) * (stethos?.faultWindows ?? 0))).toBe(
      (stethos?.faultWindows ?? 0) - 4,
    );
    expect(of("rig")?.note).toContain("no baseline at their speed");
    expect(of("rig")?.methods.map((one) => one.method)).toEqual([
      "stethos",
      "network",
      "spectrum",
      "rms",
      "iso20816",
    ]);
    expect(of("single")?.note).toContain("only is the only healthy recording at its speed");
    expect(of("life")?.lives[0]?.warningSeconds["stethos"]).toBeGreaterThan(0);
    expect(of("life")?.lives[0]?.warningSeconds["stethos"]).toBeLessThanOrEqual(490);
    expect(of("faults-only")?.note).toContain("nothing to learn from");
    expect(of("table")?.note).toContain("no waveforms");
  }, 120_000);

  it("prints a table for people", async () => {
    const { output } = await evaluate("--data", join(folder.path, "single"));
    expect(output).toMatch(/== single/);
    expect(output).toMatch(/stethos\s+100\.0 %/);
  }, 60_000);

  it.each([
    ["a folder that is not there", "/nowhere", "cannot be read; check the path after --data"],
    ["a folder without recordings", "test/e2e", "holds no manifest.json"],
  ])("says what is wrong with %s", async (_, data, text) => {
    const { code, output } = await evaluate("--data", data);
    expect(output).toContain(text);
    expect(code).toBe(1);
  });

  it("refuses a manifest that is none, and a recording that is not the one its manifest names", async () => {
    await mkdir(join(folder.path, "broken"), { recursive: true });
    await writeFile(join(folder.path, "broken/manifest.json"), '{"formatVersion":1}');
    expect((await evaluate("--data", join(folder.path, "broken"))).output).toContain(
      "is no manifest of recordings",
    );
    await writeDataset("broken", [{ id: "x", label: "normal", sha256: "0".repeat(64) }]);
    await writeSamples("broken", "x", new Float32Array(20_000));
    expect((await evaluate("--data", join(folder.path, "broken"))).output).toContain(
      "is not the file that its manifest names",
    );
    await writeDataset("broken", [{ id: "gone", label: "normal" }]);
    expect((await evaluate("--data", join(folder.path, "broken"))).output).toContain(
      "gone.bin cannot be read",
    );
  }, 60_000);
});

const recordings = join(process.env["STETHOS_DATA"] ?? "/nowhere", "uestc");

if (existsSync(recordings)) {
  it("finds every seeded fault of a bearing rig at three speeds with at most 4 % false alarms", async () => {
    const { output } = await evaluate("--data", recordings, "--json");
    const stethos = reportOf(output).datasets[0]?.methods.find((one) => one.method === "stethos");
    expect(stethos?.detection).toBeGreaterThanOrEqual(0.98);
    expect(stethos?.falseAlarms).toBeLessThanOrEqual(0.04);
    expect(stethos?.healthyRecordingsAlarmed).toBe("0/3");
  }, 120_000);
}
