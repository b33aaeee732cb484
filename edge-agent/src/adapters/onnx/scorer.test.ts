import { createHash } from "node:crypto";
import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import type { TelemetryEvent } from "../../ports/telemetry.ts";
import { createOnnxScorer, type OnnxScorerOptions } from "./scorer.ts";
import { changedModel, MODEL_FOLDER, quiet } from "./test-model.ts";

const { signal } = new AbortController();
const window = Float32Array.from({ length: 8192 }, (_, i) => Math.sin(i / 7));

function open(options: OnnxScorerOptions, events: TelemetryEvent[] = []) {
  return createOnnxScorer(options, {
    clock: createSystemClock(),
    logger: quiet,
    telemetry: { emit: (event) => events.push(event) },
  });
}

describe("a model that must not be loaded", () => {
  it("is missing: names the folder and the setting", async () => {
    await expect(open({ folder: "/nowhere/listener" })).rejects.toMatchObject({
      code: "MODEL_MISSING",
      message: expect.stringContaining('check "model" in the configuration'),
    });
  });

  it("has no model file beside its manifest", async () => {
    const folder = await changedModel((manifest) => {
      manifest["files"] = [{ path: "lost.onnx", sha256: "0".repeat(64), bytes: 1 }];
    });
    await expect(open({ folder })).rejects.toMatchObject({ code: "MODEL_MISSING" });
  });

  it("was changed by a byte or cut short", async () => {
    const folder = await changedModel(() => undefined);
    await truncate(join(folder, "model.int8.onnx"), 1000);
    await expect(open({ folder })).rejects.toMatchObject({ code: "MODEL_TAMPERED" });
  });

  it("has a manifest that is no manifest: names what is wrong", async () => {
    const folder = await changedModel((manifest) => {
      manifest["classes"] = "many";
    });
    await expect(open({ folder })).rejects.toMatchObject({
      code: "MODEL_CONTRACT",
      message: expect.stringContaining("classes"),
    });
  });

  it("names no .onnx file at all", async () => {
    const folder = await changedModel((manifest) => {
      manifest["files"] = [{ path: "CARD.md", sha256: "0".repeat(64), bytes: 1 }];
    });
    await expect(open({ folder })).rejects.toMatchObject({ code: "MODEL_CONTRACT" });
  });

  it("has not the inputs and outputs that the agent feeds and reads", async () => {
    const folder = await changedModel((manifest) => {
      manifest["outputs"] = [{ name: "logits", dtype: "float32", shape: ["batch", 5] }];
    });
    await expect(open({ folder })).rejects.toMatchObject({
      code: "MODEL_CONTRACT",
      message: expect.stringContaining('no output "embedding", "frame", "spectrum"'),
    });
  });

  it("leaves open the size of a frame", async () => {
    const folder = await changedModel((manifest) => {
      const outputs = manifest["outputs"] as { name: string; shape: unknown[] }[];
      for (const output of outputs)
        if (output.name === "frame") output.shape = ["batch", "channels", 32, 128];
    });
    await expect(open({ folder })).rejects.toMatchObject({
      code: "MODEL_CONTRACT",
      message: expect.stringContaining("channels"),
    });
  });

  it("is no ONNX file, though its manifest is right", async () => {
    const junk = Buffer.from("this is no protobuf");
    const folder = await changedModel((manifest) => {
      const sha256 = createHash("sha256").update(junk).digest("hex");
      manifest["files"] = [{ path: "model.int8.onnx", sha256, bytes: junk.length }];
    });
    await writeFile(join(folder, "model.int8.onnx"), junk);
    await expect(open({ folder })).rejects.toMatchObject({
      code: "MODEL_CONTRACT",
      message: expect.stringContaining("onnxruntime refused"),
    });
  });

  it("takes another window than its manifest says", async () => {
    const folder = await changedModel((manifest) => {
      const inputs = manifest["inputs"] as { name: string; shape: unknown[] }[];
      for (const input of inputs) if (input.name === "waveform") input.shape = ["batch", 1, 4096];
    });
    await expect(open({ folder })).rejects.toMatchObject({ code: "SCORER_FAILED" });
  });
});

describe("the scorer", () => {
  it("gives the same score alone and in a batch, in the order of the requests", async () => {
    const scorer = await open({ folder: MODEL_FOLDER });
    const other = window.map((value, i) => value + (i % 100 === 0 ? 3 : 0));
    const [alone] = await scorer.score([{ samples: other, shaftHz: 25 }], signal);
    const both = await scorer.score(
      [
        { samples: window, shaftHz: 25 },
        { samples: other, shaftHz: 25 },
      ],
      signal,
    );
    expect(both).toHaveLength(2);
    expect(Array.from(both[1]?.spectrum ?? [])).toEqual(Array.from(alone?.spectrum ?? []));
    expect(Math.max(...(alone?.probabilities ?? []))).toBeLessThanOrEqual(1);
    await scorer.close();
  });

  it("refuses a window of another length and goes on", async () => {
    const scorer = await open({ folder: MODEL_FOLDER });
    await expect(
      scorer.score([{ samples: new Float32Array(100), shaftHz: 0 }], signal),
    ).rejects.toMatchObject({ code: "MODEL_CONTRACT" });
    expect(await scorer.score([{ samples: window, shaftHz: 0 }], signal)).toHaveLength(1);
    await scorer.close();
  });

  it("replaces a worker that dies and scores the frame after all", async () => {
    const folder = await changedModel(() => undefined);
    const events: TelemetryEvent[] = [];
    const scorer = await open({ folder, workerUrl: new URL("./dying.worker.ts", import.meta.url) }, events);
    expect(await scorer.score([{ samples: window, shaftHz: 0 }], signal)).toHaveLength(1);
    expect(await readFile(join(folder, "model.int8.onnx.died"), "utf8")).toBe("");
    expect(events).toContainEqual({ kind: "worker-restart", worker: "scorer" });
    await scorer.close();
  });

  it("gives up a run that takes too long instead of waiting for ever", async () => {
    await expect(open({ folder: MODEL_FOLDER, runTimeoutMs: 0 })).rejects.toMatchObject({
      code: "SCORER_FAILED",
    });
  });

  it("lets the run at hand end before its thread does, when it is closed", async () => {
    const folder = await changedModel(() => undefined);
    const workerUrl = new URL("./lingering.worker.ts", import.meta.url);
    const scorer = await open({ folder, workerUrl });
    const run = expect(scorer.score([{ samples: window, shaftHz: 0 }], signal)).rejects.toMatchObject({
      code: "SCORER_FAILED",
    });
    await scorer.close();
    await run;
    expect(await readFile(join(folder, "model.int8.onnx.over"), "utf8")).toBe("");
  });

  it("scores nothing once it is closed or called off", async () => {
    const scorer = await open({ folder: MODEL_FOLDER });
    await expect(
      scorer.score([{ samples: window, shaftHz: 0 }], AbortSignal.abort(new Error("enough"))),
    ).rejects.toThrow("enough");
    await scorer.close();
    await expect(scorer.score([{ samples: window, shaftHz: 0 }], signal)).rejects.toMatchObject({
      code: "SCORER_FAILED",
    });
  });
});
