import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EdgeError } from "../../edge-agent/src/core/errors.ts";
import type { Label } from "../../edge-agent/src/core/label.ts";
import type { ModelVersion } from "../../edge-agent/src/core/model.ts";
import type { FieldFrame, FieldStore } from "../../edge-agent/src/ports/field-store.ts";
import type { InstalledModel, ModelStore, OfferedModel } from "../../edge-agent/src/ports/model-store.ts";
import type {
  GoldenFrame,
  LoadedModel,
  ModelContract,
  ModelServer,
  RawScore,
  Route,
  ScoreRequest,
} from "../../edge-agent/src/ports/scorer.ts";

export const contractOf = (model: ModelVersion): ModelContract => ({
  ...model,
  preprocessing: "p",
  classes: ["healthy", "outer-race"],
  sampleRateHz: 12_000,
  windowSamples: 4,
  hopSamples: 4,
  frameLength: 2,
  spectrumLength: 2,
  anomalyThreshold: 0.5,
});

export const rawOf = (anomalous: number): RawScore => ({
  probabilities: Float32Array.of(1 - anomalous, anomalous),
  embedding: Float32Array.of(0),
  frame: Float32Array.of(0, 0),
  spectrum: Float32Array.of(0, 0),
});

export interface FakeModel extends LoadedModel {
  readonly isClosed: boolean;
  readonly isWarm: boolean;
}

/** Says what `says` makes of the first sample. */
export function fakeModel(
  installed: InstalledModel,
  says: (sample: number) => number = (sample) => sample,
  golden: readonly GoldenFrame[] = [],
): FakeModel {
  let isClosed = false;
  let isWarm = false;
  return {
    installed,
    contract: contractOf(installed.model),
    get isClosed() {
      return isClosed;
    },
    get isWarm() {
      return isWarm;
    },
    warm: async () => {
      isWarm = true;
    },
    goldenFrames: async () => golden,
    score: async (batch: readonly ScoreRequest[]) => batch.map(({ samples }) => rawOf(says(samples[0] ?? 0))),
    close: async () => {
      isClosed = true;
    },
  };
}

export interface FakeServer extends ModelServer {
  readonly route: Route | undefined;
}

/** Switches models as the real one does, without a thread. Refuses whatever nobody warmed. */
export function fakeServer(first: LoadedModel): FakeServer {
  let champion = first;
  let trial: { readonly model: LoadedModel; readonly route: Route } | undefined;
  return {
    get champion() {
      return champion;
    },
    get challenger() {
      return trial?.model;
    },
    get route() {
      return trial?.route;
    },
    score: async () => [],
    setChallenger(model, route) {
      if ("isWarm" in model && model.isWarm !== true) throw new TypeError("serves a model that is not warm");
      if (trial !== undefined && trial.model !== model) throw new TypeError("there is a challenger already");
      trial = { model, route };
    },
    async dropChallenger() {
      const dropped = trial;
      trial = undefined;
      await dropped?.model.close();
    },
    async promote() {
      if (trial === undefined) throw new TypeError("there is no challenger to promote");
      const old = champion;
      champion = trial.model;
      trial = undefined;
      await old.close();
    },
    async close() {
      await champion.close();
      await trial?.model.close();
    },
  };
}

export interface FakeStore extends ModelStore {
  offers: Record<string, OfferedModel | undefined>;
  /** What `offered` and `install` throw. */
  trouble: EdgeError | undefined;
  readonly calls: string[];
}

/** Models as empty files of a folder: what is installed survives a restart. */
export function fakeStore(folder: string, offers: FakeStore["offers"] = {}): FakeStore {
  mkdirSync(folder, { recursive: true });
  const placeOf = (model: ModelVersion) => join(folder, model.digest);
  const calls: string[] = [];
  const store: FakeStore = {
    name: "a fake registry",
    offers,
    trouble: undefined,
    calls,
    async offered(channel) {
      if (store.trouble !== undefined) throw store.trouble;
      return store.offers[channel];
    },
    async install(model, onProgress) {
      if (store.trouble !== undefined) throw store.trouble;
      calls.push(`install ${model.version}`);
      onProgress(1, 2);
      writeFileSync(placeOf(model), "");
      return { model, folder: placeOf(model) };
    },
    async installed(model) {
      if (!existsSync(placeOf(model))) throw new EdgeError("MODEL_MISSING", `${model.version} is not here`);
      return { model, folder: placeOf(model) };
    },
    async keepOnly(models) {
      calls.push(`keep ${models.map(({ version }) => version).join(" ")}`);
      for (const digest of ["2", "3"].map((one) => one.repeat(64))) {
        if (!models.some((model) => model.digest === digest)) rmSync(join(folder, digest), { force: true });
      }
    },
    async committed(model) {
      calls.push(`committed ${model.version}`);
    },
  };
  return store;
}

export interface FakeField extends FieldStore {
  readonly kept: Map<string, FieldFrame>;
  readonly labels: Label[];
}

export function fakeField(): FakeField {
  const kept = new Map<string, FieldFrame>();
  const labels: Label[] = [];
  return {
    kept,
    labels,
    keep: (frame) => void kept.set(frame.id, frame),
    find: async (id) => kept.get(id),
    list: async () => [],
    label: async (label) => {
      labels.push(label);
      return kept.has(label.frame);
    },
    close: async () => undefined,
  };
}
