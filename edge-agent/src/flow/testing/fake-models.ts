import type { Clock } from "@stethos/protocol-finger/clock";
import type { LoadedModel, ModelContract, ScoreRequest } from "../../ports/scorer.ts";

export const fakeContract: ModelContract = {
  name: "m",
  version: "1.0.0",
  digest: "d1",
  sequence: 1,
  preprocessing: "p1",
  classes: ["healthy", "ball"],
  sampleRateHz: 1000,
  windowSamples: 1,
  hopSamples: 1,
  frameLength: 1,
  spectrumLength: 1,
  anomalyThreshold: 0.5,
};

export const contractOf = (version: string): ModelContract => ({ ...fakeContract, version, digest: version });

/** A model that takes its time by the clock, and answers each frame with its own first sample. */
export interface FakeModel extends LoadedModel {
  /** Batches of frames' names, or of their first samples, in the order of the runs. */
  readonly runs: readonly (readonly string[])[];
  readonly closed: number;
  /** What was done to it that must not be done to a real one. */
  readonly wrongs: readonly string[];
}

/** What one run does. */
export interface FakeRun {
  readonly ms: number;
  readonly fails: boolean;
}

export function createFakeModel(
  clock: Clock,
  contract: ModelContract = fakeContract,
  nextRun: (batch: readonly ScoreRequest[]) => FakeRun = () => ({ ms: 1, fails: false }),
): FakeModel {
  const runs: string[][] = [];
  const wrongs: string[] = [];
  let closed = 0;
  let running = 0;
  return {
    contract,
    installed: { model: contract, folder: contract.version },
    runs,
    wrongs,
    get closed() {
      return closed;
    },
    async score(batch, signal) {
      if (closed > 0) wrongs.push("run after it was closed");
      if (running > 0) wrongs.push("run while it runs");
      running += 1;
      runs.push(batch.map(nameOf));
      const { ms, fails } = nextRun(batch);
      try {
        await clock.sleep(ms, signal);
      } finally {
        running -= 1;
      }
      if (fails) throw new Error(`${contract.version} broke`);
      return batch.map(({ samples }) => ({
        probabilities: Float32Array.of(1, 0),
        embedding: new Float32Array(1),
        frame: new Float32Array(1),
        spectrum: samples.slice(0, 1),
      }));
    },
    warm: async () => undefined,
    goldenFrames: async () => [],
    async close() {
      if (running > 0) wrongs.push("closed in a run");
      closed += 1;
    },
  };
}

const nameOf = ({ frame, samples }: ScoreRequest): string => frame ?? String(samples[0]);
