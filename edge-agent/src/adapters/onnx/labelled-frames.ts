import { join } from "node:path";
import { z } from "zod";
import { EdgeError } from "../../core/errors.ts";
import type { GoldenFrame } from "../../ports/scorer.ts";
import { openFloats, openInt16s, readGolden, span } from "./float-file.ts";
import type { ModelPackage } from "./manifest.ts";

const LABELLED = "golden/labelled.json";

const labelledSchema = z.looseObject({
  schemaVersion: z.literal(1),
  /** int16 values. */
  binary: z.looseObject({ file: z.string() }),
  /** float32 values; absent where no case has a healthy frame. */
  frames: z.looseObject({ file: z.string() }).nullish(),
  sampleRateHz: z.number().positive(),
  cases: z.array(
    z.looseObject({
      name: z.string(),
      class: z.string(),
      shaftHz: z.number().nonnegative(),
      scale: z.number().positive(),
      waveform: span,
      healthyFrame: span.nullable(),
    }),
  ),
});

/** Reads the labelled set of a package; none where it brings none.
 *  @throws EdgeError MODEL_CONTRACT where it does not fit the model */
export async function readLabelledFrames(model: ModelPackage): Promise<readonly GoldenFrame[]> {
  if (!model.files.some(({ path }) => path === LABELLED)) return [];
  const { contract } = model;
  const path = join(model.folder, LABELLED);
  const golden = join(model.folder, "golden");
  const set = await readGolden(path, labelledSchema);
  if (set.sampleRateHz !== contract.sampleRateHz) {
    throw refusal(`${path} is at ${set.sampleRateHz} Hz, the model hears ${contract.sampleRateHz} Hz`);
  }
  const waveforms = await openInt16s(golden, set.binary.file);
  const frames = set.frames ? await openFloats(golden, set.frames.file) : undefined;
  return set.cases.map((one) => {
    const { name, shaftHz, scale } = one;
    const what = `labelled window "${name}"`;
    if (one.waveform.count !== contract.windowSamples) {
      throw refusal(`${what} has ${one.waveform.count} samples, the model takes ${contract.windowSamples}`);
    }
    const samples = Float32Array.from(waveforms(one.waveform, what), (value) => value * scale);
    const request = { name, isAnomalous: one.class !== "healthy", samples, shaftHz };
    if (one.healthyFrame === null) return request;
    if (frames === undefined) throw refusal(`${what} has a healthy frame, but ${path} names no file of them`);
    if (one.healthyFrame.count !== contract.frameLength) {
      throw refusal(
        `${what}: its healthy frame has ${one.healthyFrame.count} values, not ${contract.frameLength}`,
      );
    }
    return { ...request, healthyFrame: frames(one.healthyFrame, what) };
  });
}

const refusal = (message: string): EdgeError => new EdgeError("MODEL_CONTRACT", message);
