import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { createModelLoader, type LoaderOptions } from "../adapters/onnx/loader.ts";
import { changedModel, installedAt, MODEL_FOLDER, quiet } from "../adapters/onnx/test-model.ts";
import type { ModelServer, Route, ScoreRequest, ServedScore } from "../ports/scorer.ts";
import type { TelemetryEvent } from "../ports/telemetry.ts";
import { createModelServer } from "./serve-models.ts";

const { signal } = new AbortController();
const full: Route = { kind: "canary", share: 1, trial: "t" };
const shadow: Route = { kind: "shadow", share: 1, trial: "t" };

const renamed = () =>
  changedModel((manifest) => {
    manifest["version"] = "0.2.0";
  });

async function start() {
  const events: TelemetryEvent[] = [];
  const deps = {
    clock: createSystemClock(),
    logger: quiet,
    telemetry: { emit: (event: TelemetryEvent) => events.push(event) },
  };
  const load = async (folder: string, options: LoaderOptions = {}) =>
    createModelLoader(options, deps)(await installedAt(folder), signal);
  const models = createModelServer({ ...deps, champion: await load(MODEL_FOLDER) });
  return { models, load, events };
}

/** Its shaft turns at the frame's number: with each speed the same noise gives another spectrum. */
const frame = (number: number): ScoreRequest => ({
  frame: `s|${number}|0`,
  samples: Float32Array.from({ length: 8192 }, (_, i) => Math.sin(i * i * 1e-5) + 0.1 * Math.sin(i / 3)),
  shaftHz: 10 + number / 4,
});

const hear = (models: ModelServer, number: number): Promise<readonly ServedScore[]> =>
  models.score([frame(number)], signal);

const spectra = (scores: readonly ServedScore[]) => scores.map(({ spectrum }) => [...spectrum]);

const workerNamed = (name: string) => ({
  workerUrl: new URL(`../adapters/onnx/${name}.worker.ts`, import.meta.url),
});

describe("models in onnxruntime", () => {
  it("are swapped in mid-stream: each frame is scored once, in order, and all as by one model", async () => {
    const { models, load } = await start();
    const FRAMES = 60;
    const wanted: (readonly ServedScore[])[] = [];
    for (let i = 0; i < FRAMES; i += 1) wanted.push(await hear(models, i));
    const folder = await renamed();
    let swapping: Promise<void> | undefined;
    const swap = async () => {
      const next = await load(folder);
      await next.warm(signal);
      models.setChallenger(next, full);
      await models.promote();
    };
    const heard: ServedScore[] = [];
    for (let i = 0; i < FRAMES; i += 1) {
      if (i === 10) swapping = swap();
      // The second half comes when the swap is through.
      if (i === 40) await swapping;
      heard.push(...(await hear(models, i)));
    }
    expect(spectra(heard)).toEqual(spectra(wanted.flat()));
    const versions = heard.map(({ by }) => by.version);
    expect(versions).toEqual([...versions].sort());
    expect(versions[0]).toBe("0.1.0");
    expect(versions.at(-1)).toBe("0.2.0");
    await models.close();
  });

  it("stand in for a challenger whose worker dies, which then lives on in another worker", async () => {
    const { models, load, events } = await start();
    models.setChallenger(await load(await renamed(), workerNamed("dying")), full);
    const [first] = await hear(models, 1);
    expect(first).toMatchObject({ role: "champion", by: { version: "0.1.0" } });
    expect(await first?.pair).toMatchObject({ challenger: { failure: expect.stringContaining("died") } });
    const [second] = await hear(models, 2);
    expect(second).toMatchObject({ role: "challenger", by: { version: "0.2.0" } });
    expect(events.filter(({ kind }) => kind !== "model-run")).toEqual([
      { kind: "worker-restart", worker: "scorer" },
      { kind: "model-failed", model: "listener 0.2.0", role: "challenger", frames: 1 },
    ]);
    await models.close();
  });

  it("let a slow run of the old champion end before they close it", async () => {
    const { models, load } = await start();
    const folder = await renamed();
    models.setChallenger(await load(folder, workerNamed("lingering")), full);
    await models.promote();
    const slow = hear(models, 1);
    const file = join(folder, "model.int8.onnx");
    while ((await stat(`${file}.begun`).catch(() => undefined)) === undefined) await delay(5);
    models.setChallenger(await load(MODEL_FOLDER), full);
    const promoted = models.promote();
    expect((await hear(models, 2))[0]?.by.version).toBe("0.1.0");
    await promoted;
    expect((await slow)[0]?.by.version).toBe("0.2.0");
    await models.close();
  });

  it("compare a model with its own copy: the same answers, from both", async () => {
    const { models, load } = await start();
    models.setChallenger(await load(await renamed()), shadow);
    for (let i = 0; i < 10; i += 1) {
      const [score] = await hear(models, i);
      const pair = await score?.pair;
      const { runMs: _, ...said } = pair?.champion.raw ?? {};
      expect(pair?.challenger).toMatchObject({ by: { version: "0.2.0" }, raw: said });
    }
    await models.close();
  });
});
