import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFolderStore, type ObjectStore, type PublishedVersion } from "@stethos/models";
import { testKey } from "@stethos/models/testing";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import type { ModelsDto } from "../../edge-agent/src/core/rollout/models-dto.ts";
import { BPFO_ORDER } from "../plant/machines.ts";
import { createVibration } from "../plant/vibration.ts";
import { type ModelAgent, quickModels, startModelAgent } from "./model-agent.ts";
import { type CandidateOptions, makeCandidate, offer, push } from "./model-candidates.ts";
import { type ModelPlant, type ScriptedMachine, startModelPlant } from "./model-plant.ts";

const BLOCK_MS = 250;
const SHAFTS_HZ = [16.4, 29.3, 24.7];

/** Of an ML engineer whom the agents trust. */
export const key = testKey();
/** Of somebody whom nobody trusts. */
export const mallory = testKey();

export const registry = { url: "./registry", trustedKeys: ["release.pub"], bytesPerSecond: 1_000_000_000 };

/** A plant for the tests of a file; for each test a folder with a registry, and the agents that it starts. */
export interface ModelScene {
  readonly folder: string;
  readonly store: ObjectStore;
  /** Of all machines: 0 as commissioned .. 1 full. The shipped model takes full load for damage, the better head does
   *  not. */
  load: number;
  config(settings: object): string;
  /** An agent that follows the registry. @param models laid over the quick settings */
  start(models?: object, env?: Record<string, string>): Promise<ModelAgent>;
  startWith(settings: object, env?: Record<string, string>): Promise<ModelAgent>;
  /** Pushes and offers a candidate, as it should be. */
  publish(options?: CandidateOptions, to?: ObjectStore): Promise<PublishedVersion>;
}

/** Registers its own hooks: call it at the top of a file. */
export function modelScene(): ModelScene {
  let plant: ModelPlant;
  let agents: ModelAgent[] = [];
  let folder = "";
  let load = 0;
  let store: ObjectStore;

  beforeAll(async () => {
    const machines = SHAFTS_HZ.map((shaftHz, i): ScriptedMachine => {
      const vibration = createVibration({
        seed: 12 + i,
        sampleRateHz: 12_000,
        shaftHz,
        faultOrder: BPFO_ORDER,
        isFaultModulated: false,
      });
      return { asset: `utilities/air/cell-1/fan-${i}`, shaftHz, next: () => vibration.next(8192, 0, load) };
    });
    plant = await startModelPlant(machines, BLOCK_MS);
  });
  afterAll(() => plant.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "stethos-delivery-"));
    store = createFolderStore(join(folder, "registry"), createSystemClock());
    await writeFile(join(folder, "release.pub"), key.publicPem);
    agents = [];
    load = 0;
  });
  afterEach(async () => {
    for (const { child } of agents) if (child.process.exitCode === null) await child.stop("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  async function startWith(settings: object, env: Record<string, string> = {}): Promise<ModelAgent> {
    const agent = await startModelAgent(folder, plant.agentConfig(settings), env);
    agents.push(agent);
    return agent;
  }

  return {
    get folder() {
      return folder;
    },
    get store() {
      return store;
    },
    get load() {
      return load;
    },
    set load(value) {
      load = value;
    },
    config: (settings) => plant.agentConfig(settings),
    startWith,
    start: (models = {}, env = {}) => startWith({ models: { ...quickModels, registry, ...models } }, env),
    async publish(options = {}, to = store) {
      const candidate = await makeCandidate(join(folder, options.head ?? "better"), key, options);
      const version = await push(to, candidate, key);
      await offer(to, version, key);
      return version;
    },
  };
}

export const isAt =
  (...stages: readonly string[]) =>
  ({ trial }: ModelsDto): boolean =>
    trial !== undefined && stages.includes(trial.stage);

/** The plant goes on being watched. */
export async function scoredMore(agent: ModelAgent): Promise<void> {
  const scored = async () => (await agent.counters())["frames_scored"] ?? 0;
  const before = await scored();
  await expect.poll(scored, { timeout: 20_000 }).toBeGreaterThan(before);
}
