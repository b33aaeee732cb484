import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import type { LoadedModel } from "../../ports/scorer.ts";
import type { TelemetryEvent } from "../../ports/telemetry.ts";
import { createModelLoader, type LoaderOptions, openModelFolder } from "./loader.ts";
import { changedModel, changeJson, installedAt, MODEL_FOLDER, quiet, replaceFile } from "./test-model.ts";

const { signal } = new AbortController();
const window = Float32Array.from({ length: 8192 }, (_, i) => Math.sin(i / 7));
const request = { samples: window, shaftHz: 0 };

const depsOf = (events: TelemetryEvent[] = []) => ({
  clock: createSystemClock(),
  logger: quiet,
  telemetry: { emit: (event: TelemetryEvent) => events.push(event) },
});

const open = (folder: string, options: LoaderOptions = {}) =>
  openModelFolder(folder, options, depsOf(), signal);

/** As after an installation: bytes are not looked at again. */
const load = async (folder: string, options: LoaderOptions = {}, events: TelemetryEvent[] = []) =>
  createModelLoader(options, depsOf(events))(await installedAt(folder), signal);

const workerNamed = (name: string) => ({ workerUrl: new URL(`./${name}.worker.ts`, import.meta.url) });

async function using<T>(model: LoadedModel, work: (model: LoadedModel) => Promise<T>): Promise<T> {
  try {
    return await work(model);
  } finally {
    await model.close();
  }
}

describe("a folder that must not be loaded", () => {
  it("is missing: names the folder and the setting", async () => {
    await expect(open("/nowhere/listener")).rejects.toMatchObject({
      code: "MODEL_MISSING",
      message: expect.stringContaining('check "model" in the configuration'),
    });
  });

  it("has no model file beside its manifest", async () => {
    const folder = await changedModel((manifest) => {
      manifest["files"] = [{ path: "lost.onnx", sha256: "0".repeat(64), bytes: 1 }];
    });
    await expect(open(folder)).rejects.toMatchObject({ code: "MODEL_MISSING" });
  });

  it.each(["model.int8.onnx", "head.bin", "golden/vectors.f32"])("was cut short in %s", async (path) => {
    const folder = await changedModel();
    await truncate(join(folder, path), 1000);
    await expect(open(folder)).rejects.toMatchObject({
      code: "MODEL_TAMPERED",
      message: expect.stringContaining(path),
    });
  });

  it("has a manifest that is no manifest: names what is wrong", async () => {
    const folder = await changedModel((manifest) => {
      manifest["classes"] = "many";
    });
    await expect(open(folder)).rejects.toMatchObject({
      code: "MODEL_CONTRACT",
      message: expect.stringContaining("classes"),
    });
  });

  it("names no .onnx file at all", async () => {
    const folder = await changedModel((manifest) => {
      manifest["files"] = [{ path: "CARD.md", sha256: "0".repeat(64), bytes: 1 }];
    });
    await expect(open(folder)).rejects.toMatchObject({ code: "MODEL_CONTRACT" });
  });

  it("holds another manifest than was installed there", async () => {
    const installed = await installedAt(MODEL_FOLDER);
    const folder = await changedModel((manifest) => {
      manifest["version"] = "0.1.1";
    });
    await expect(createModelLoader({}, depsOf())({ ...installed, folder }, signal)).rejects.toMatchObject({
      code: "MODEL_TAMPERED",
    });
  });
});

describe("a model that is not what its manifest says", () => {
  it("has not the inputs and outputs that the agent feeds and reads", async () => {
    const folder = await changedModel((manifest) => {
      manifest["outputs"] = [{ name: "logits", dtype: "float32", shape: ["batch", 5] }];
    });
    await expect(load(folder)).rejects.toMatchObject({
      code: "MODEL_CONTRACT",
      message: expect.stringContaining('no output "embedding", "frame", "spectrum"'),
    });
  });

  it("leaves open the size of a frame", async () => {
    const folder = await changedModel((manifest) => {
      for (const output of manifest["outputs"] as { name: string; shape: unknown[] }[])
        if (output.name === "frame") output.shape = ["batch", "channels", 32, 128];
    });
    await expect(load(folder)).rejects.toMatchObject({
      code: "MODEL_CONTRACT",
      message: expect.stringContaining("channels"),
    });
  });

  it("is no ONNX file", async () => {
    const folder = await changedModel();
    await writeFile(join(folder, "model.int8.onnx"), "this is no protobuf");
    await expect(load(folder)).rejects.toMatchObject({
      code: "MODEL_CONTRACT",
      message: expect.stringContaining("onnxruntime refused"),
    });
  });

  it("lacks the weights of its last layer", async () => {
    const folder = await changedModel();
    await truncate(join(folder, "head.bin"), 0);
    await expect(load(folder)).rejects.toMatchObject({ code: "MODEL_CONTRACT" });
  });

  it("takes windows of another length than is promised: the graph itself is asked", async () => {
    const folder = await changedModel((manifest) => {
      for (const input of manifest["inputs"] as { name: string; shape: unknown[] }[])
        if (input.name === "waveform") input.shape = ["batch", 1, 4096];
      (manifest["preprocessing"] as { windowSamples: number }).windowSamples = 4096;
    });
    await expect(load(folder)).rejects.toMatchObject({
      code: "MODEL_CONTRACT",
      message: expect.stringContaining(
        'input "waveform" as float32[batch, 1, 8192], its manifest promises float32[batch, 1, 4096]',
      ),
    });
  });

  it("is of two minds about its window", async () => {
    const folder = await changedModel((manifest) => {
      (manifest["preprocessing"] as { windowSamples: number }).windowSamples = 4096;
    });
    await expect(load(folder)).rejects.toMatchObject({
      code: "MODEL_CONTRACT",
      message: expect.stringContaining("4096"),
    });
  });

  it("has no class for a healthy machine", async () => {
    const folder = await changedModel((manifest) => {
      manifest["classes"] = ["good", "inner-race", "outer-race", "ball", "shaft"];
    });
    await expect(load(folder)).rejects.toMatchObject({ code: "MODEL_CONTRACT" });
  });
});

describe("the golden vectors", () => {
  it("are what the packaged model answers", async () => {
    await using(await load(MODEL_FOLDER), (model) => model.warm(signal));
  });

  it("refuse a head whose weights are not the package's: names case, output and how far off", async () => {
    const folder = await changedModel();
    const head = await readFile(join(folder, "head.bin"));
    const weights = new Float32Array(head.buffer.slice(head.byteOffset, head.byteOffset + head.byteLength));
    for (const [i, weight] of weights.entries()) weights[i] = weight * 1.5;
    await replaceFile(folder, "head.bin", new Uint8Array(weights.buffer));
    await expect(open(folder)).rejects.toMatchObject({
      code: "MODEL_CONTRACT",
      message: expect.stringMatching(
        /golden vector "healthy, baseline known": logits is off by [\d.]+, 0.1 is allowed/,
      ),
    });
  });

  it.each(["frame", "spectrum", "embedding"])("refuse another %s", async (output) => {
    const folder = await changedModel();
    await changeJson(join(folder, "golden/vectors.json"), (vectors) => {
      const [first] = vectors["cases"] as { expected: Record<string, { offset: number }> }[];
      const where = first?.expected[output];
      // The values beside the right ones.
      if (where !== undefined) where.offset += 1;
    });
    await using(await load(folder), (model) =>
      expect(model.warm(signal)).rejects.toMatchObject({
        code: "MODEL_CONTRACT",
        message: expect.stringContaining(`${output} is off by`),
      }),
    );
  });

  it.each([
    ["are missing", { cases: [] }, "cases"],
    ["lie beyond their file", { binary: { file: "labelled.json" } }, "beyond the"],
    ["have no file", { binary: { file: "lost.f32" } }, "cannot be read"],
  ])("refuse a package where they %s", async (_, change, message) => {
    const folder = await changedModel();
    await writeFile(join(folder, "golden/labelled.json"), "{}");
    await changeJson(join(folder, "golden/vectors.json"), (vectors) => Object.assign(vectors, change));
    await using(await load(folder), (model) =>
      expect(model.warm(signal)).rejects.toMatchObject({
        code: "MODEL_CONTRACT",
        message: expect.stringContaining(message),
      }),
    );
  });

  it("refuse a package where they are of another model", async () => {
    const folder = await changedModel();
    await changeJson(join(folder, "golden/vectors.json"), (vectors) => {
      const [first] = vectors["cases"] as { expected: { logits: number[] } }[];
      first?.expected.logits.pop();
    });
    await using(await load(folder), (model) =>
      expect(model.warm(signal)).rejects.toMatchObject({
        code: "MODEL_CONTRACT",
        message: expect.stringContaining("has 4 values of logits, the model gives 5"),
      }),
    );
  });
});

describe("the labelled windows of a package", () => {
  const waveform = Int16Array.from({ length: 8192 }, (_, i) => i - 4096);
  const healthy = new Float32Array(8192).fill(0.25);
  const cases = [
    {
      name: "quiet",
      class: "healthy",
      shaftHz: 25,
      scale: 0.5,
      waveform: { offset: 0, count: 8192 },
      healthyFrame: { offset: 0, count: 8192 },
    },
    {
      name: "loud",
      class: "ball",
      shaftHz: 0,
      scale: 2,
      waveform: { offset: 0, count: 8192 },
      healthyFrame: null,
    },
  ];
  const set = {
    schemaVersion: 1,
    binary: { file: "labelled.i16", sha256: "" },
    frames: { file: "labelled.f32" },
    sampleRateHz: 12_000,
    cases,
  };

  async function labelled(change: object = {}) {
    const folder = await changedModel();
    await replaceFile(folder, "golden/labelled.i16", new Uint8Array(waveform.buffer));
    await replaceFile(folder, "golden/labelled.f32", new Uint8Array(healthy.buffer));
    const json = JSON.stringify({ ...set, ...change });
    await replaceFile(folder, "golden/labelled.json", new TextEncoder().encode(json));
    return load(folder);
  }

  it("are given as the model wants them, with their truth", async () => {
    await using(await labelled(), async (model) => {
      const [quietOne, loud] = await model.goldenFrames(signal);
      expect(quietOne).toMatchObject({ name: "quiet", isAnomalous: false, shaftHz: 25 });
      expect(quietOne?.samples[0]).toBe(-2048);
      expect(quietOne?.healthyFrame).toEqual(healthy);
      expect(loud).toMatchObject({ name: "loud", isAnomalous: true, shaftHz: 0 });
      expect(loud?.samples[1]).toBe(-8190);
      expect(loud?.healthyFrame).toBeUndefined();
    });
  });

  it("are none where the package brings none", async () => {
    const folder = await changedModel((manifest) => {
      const files = manifest["files"] as { path: string }[];
      manifest["files"] = files.filter(({ path }) => path !== "golden/labelled.json");
    });
    await using(await load(folder), async (model) => expect(await model.goldenFrames(signal)).toEqual([]));
  });

  it.each([
    ["are at another rate", { sampleRateHz: 48_000 }, "48000 Hz"],
    ["have another length", { cases: [{ ...cases[1], waveform: { offset: 0, count: 100 } }] }, "100 samples"],
    ["lie beyond their file", { cases: [{ ...cases[1], waveform: { offset: 1, count: 8192 } }] }, "beyond"],
    ["have healthy frames in no file", { frames: undefined }, "names no file of them"],
    [
      "have short healthy frames",
      { cases: [{ ...cases[0], healthyFrame: { offset: 0, count: 9 } }] },
      "9 values",
    ],
  ])("are refused where they %s", async (_, change, message) => {
    await using(await labelled(change), (model) =>
      expect(model.goldenFrames(signal)).rejects.toMatchObject({
        code: "MODEL_CONTRACT",
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe("a loaded model", () => {
  it("gives the same score alone and in a batch, in the order of the requests", async () => {
    await using(await load(MODEL_FOLDER), async (model) => {
      const other = window.map((value, i) => value + (i % 100 === 0 ? 3 : 0));
      const [alone] = await model.score([{ samples: other, shaftHz: 25 }], signal);
      const both = await model.score(
        [
          { samples: window, shaftHz: 25 },
          { samples: other, shaftHz: 25 },
        ],
        signal,
      );
      expect(both).toHaveLength(2);
      expect(Array.from(both[1]?.spectrum ?? [])).toEqual(Array.from(alone?.spectrum ?? []));
      const sum = Array.from(alone?.probabilities ?? []).reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(1, 5);
      expect(await model.score([], signal)).toEqual([]);
    });
  });

  it("refuses a window of another length and goes on", async () => {
    await using(await load(MODEL_FOLDER), async (model) => {
      await expect(
        model.score([{ samples: new Float32Array(100), shaftHz: 0 }], signal),
      ).rejects.toMatchObject({ code: "MODEL_CONTRACT" });
      expect(await model.score([request], signal)).toHaveLength(1);
    });
  });

  it("fails the run that its worker died over, and runs the next one in another worker", async () => {
    const events: TelemetryEvent[] = [];
    const folder = await changedModel();
    await using(await load(folder, workerNamed("dying"), events), async (model) => {
      await expect(model.score([request], signal)).rejects.toMatchObject({ code: "SCORER_FAILED" });
      expect(events).toEqual([{ kind: "worker-restart", worker: "scorer" }]);
      expect(await model.score([request], signal)).toHaveLength(1);
    });
  });

  it("gives up a run that takes too long instead of waiting for ever, and takes another worker", async () => {
    const events: TelemetryEvent[] = [];
    const folder = await changedModel();
    const model = await load(folder, { ...workerNamed("lingering"), runTimeoutMs: 50 }, events);
    await using(model, async () => {
      await expect(model.score([request], signal)).rejects.toMatchObject({
        code: "SCORER_FAILED",
        message: expect.stringContaining("no score within 50 ms"),
      });
      expect(events).toEqual([{ kind: "worker-restart", worker: "scorer" }]);
    });
  });

  it("gives up a model that does not load in time", async () => {
    await expect(load(MODEL_FOLDER, { loadTimeoutMs: 0 })).rejects.toMatchObject({
      code: "SCORER_FAILED",
      message: expect.stringContaining("did not load in time"),
    });
  });

  it("lets the run at hand end before its thread does, when it is closed", async () => {
    const folder = await changedModel();
    const model = await load(folder, workerNamed("lingering"));
    const file = join(folder, "model.int8.onnx");
    const run = expect(model.score([request], signal)).rejects.toMatchObject({ code: "SCORER_FAILED" });
    while ((await stat(`${file}.begun`).catch(() => undefined)) === undefined) await delay(5);
    await model.close();
    await run;
    expect(await readFile(`${file}.over`, "utf8")).toBe("");
  });

  it("scores nothing once it is closed or called off", async () => {
    const model = await load(MODEL_FOLDER);
    await expect(model.score([request], AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    const late = expect(model.score([request], signal)).rejects.toMatchObject({ code: "SCORER_FAILED" });
    await model.close();
    await late;
    await expect(model.score([request], signal)).rejects.toMatchObject({ code: "SCORER_FAILED" });
    await model.close();
  });
});
