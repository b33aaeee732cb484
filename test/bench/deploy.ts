import { startPlantProcess } from "../image/agent-container.ts";
import { ensureRunc } from "../image/storage.ts";
import { build, packedMib, unpackedMib } from "./deploy-build.ts";
import { type Firsts, fromCheckout, inContainer } from "./deploy-run.ts";
import { apart, scoresIn, tolerances } from "./deploy-scores.ts";
import { type Bench, median, type Report } from "./harness.ts";

const ROUNDS = 5;
const EMULATED_ROUNDS = 1;

/** Start after start, turn about, so that what else the machine does meets all of them. */
async function starts(report: Report) {
  const plant = await startPlantProcess();
  const taken = { checkout: [] as Firsts[], amd64: [] as Firsts[], arm64: [] as Firsts[] };
  const tell = (who: keyof typeof taken) => {
    const { readingMs = 0, scoreMs = 0 } = taken[who].at(-1) ?? {};
    report(`${who}: first reading ${readingMs.toFixed(0)} ms, first score ${scoreMs.toFixed(0)} ms`);
  };
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      taken.checkout.push(await fromCheckout(plant));
      tell("checkout");
      taken.amd64.push(await inContainer(plant, "amd64"));
      tell("amd64");
      if (round >= EMULATED_ROUNDS) continue;
      try {
        taken.arm64.push(await inContainer(plant, "arm64"));
        tell("arm64");
      } catch (thrown) {
        // The figures of the others still count; that this one is missing says enough.
        report(`arm64: no reading or score: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      }
    }
  } finally {
    await plant.close();
  }
  return taken;
}

const firstReading = (taken: readonly Firsts[]): number => median(taken.map(({ readingMs }) => readingMs));
const firstScore = (taken: readonly Firsts[]): number => median(taken.map(({ scoreMs }) => scoreMs));

/** 1 where each layer of an image that is built once more from nothing is the same to the last byte. What buildah writes beside
 *  them in Docker's format names the container that it built in; OCI's own format has no health check. */
function isSame(report: Report): number {
  report("building the agent's image twice more, from nothing");
  const which = ["--image", "agent", "--arch", "amd64", "--fresh"];
  const [[one], [two]] = [build(...which), build(...which)];
  return one !== undefined && String(one.layers) === String(two?.layers) ? 1 : 0;
}

export const deploy: Bench = {
  name: "deploy",
  explains:
    "the agent's image, run by runc as a user without rights on a read-only root: from the image on the disk to the " +
    "first good reading and the first scored window of a simulated plant, against the agent from a checkout. arm64 is " +
    "emulated by qemu: its times say that it runs, not how fast; its outputs must be those of amd64 within the model's " +
    "own tolerance. Builds the images first, and the agent's twice more",
  async run(report) {
    report("building the images; ten minutes where nothing is there yet");
    build("--arch", "amd64", "--arch", "arm64");
    ensureRunc();
    const taken = await starts(report);
    const [amd64, arm64] = [await scoresIn("amd64"), await scoresIn("arm64")];
    const { cases, otherVerdicts, ...distances } = apart(amd64, arm64);
    report(`arm64 against amd64, ${cases} vectors: ${JSON.stringify(distances)}`);
    return {
      amd64FirstReadingMs: firstReading(taken.amd64),
      amd64FirstScoreMs: firstScore(taken.amd64),
      ...(taken.arm64.length > 0 && {
        arm64EmulatedFirstReadingMs: firstReading(taken.arm64),
        arm64EmulatedFirstScoreMs: firstScore(taken.arm64),
      }),
      checkoutFirstReadingMs: firstReading(taken.checkout),
      checkoutFirstScoreMs: firstScore(taken.checkout),
      agentImageMiB: unpackedMib("agent", "amd64"),
      agentImageArm64MiB: unpackedMib("agent", "arm64"),
      agentPackedMiB: packedMib("agent", "amd64"),
      agentPackedArm64MiB: packedMib("agent", "arm64"),
      controllerImageMiB: unpackedMib("controller", "amd64"),
      fingerImageMiB: unpackedMib("protocol-finger", "amd64"),
      arm64LogitsApart: distances.logits,
      arm64EmbeddingApart: distances.embedding,
      arm64FrameApart: distances.frame,
      arm64SpectrumApart: distances.spectrum,
      arm64OtherVerdicts: otherVerdicts,
      sameWhenRebuilt: isSame(report),
    };
  },
};

/** First readings within the promise, and the same answers on both architectures. */
export const deployTargets = {
  amd64FirstReadingMs: { most: 10_000 },
  arm64LogitsApart: { most: tolerances.logits },
  arm64EmbeddingApart: { most: tolerances.embedding },
  arm64FrameApart: { most: tolerances.frame },
  arm64SpectrumApart: { most: tolerances.spectrum },
  arm64OtherVerdicts: { most: 0 },
  sameWhenRebuilt: { least: 1 },
};
