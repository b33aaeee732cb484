// Stands in the agent's own folder in a container: scores the model's golden vectors with the image's onnxruntime and
// prints what it gave, one JSON line.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { DeployScores } from "./deploy-scores.ts";

interface Slice {
  readonly offset: number;
  readonly count: number;
}

interface Case {
  readonly sampleRateHz: number;
  readonly shaftHz: number;
  readonly waveform: Slice;
  readonly healthyFrame: Slice | null;
}

const folder = join(import.meta.dirname, "../models/artifacts/listener/0.1.0");
const golden = JSON.parse(readFileSync(join(folder, "golden/vectors.json"), "utf8")) as {
  readonly binary: { readonly file: string };
  readonly cases: readonly Case[];
};
const bytes = readFileSync(join(folder, "golden", golden.binary.file));
const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
const slice = ({ offset, count }: Slice): Float32Array => floats.slice(offset, offset + count);

const FRAME: readonly number[] = [1, 2, 32, 128];
const emptyFrame = new Float32Array(FRAME.reduce((product, size) => product * size));

const session = await InferenceSession.create(join(folder, "model.int8.onnx"), {
  intraOpNumThreads: 1,
  logSeverityLevel: 3,
});
const cases: DeployScores["cases"][number][] = [];
for (const one of golden.cases) {
  const given = await session.run({
    waveform: new Tensor("float32", slice(one.waveform), [1, 1, one.waveform.count]),
    sample_rate_hz: new Tensor("float32", [one.sampleRateHz], [1]),
    shaft_hz: new Tensor("float32", [one.shaftHz], [1]),
    healthy_frame: new Tensor("float32", one.healthyFrame ? slice(one.healthyFrame) : emptyFrame, FRAME),
  });
  const values = (name: string): number[] => [...((given[name]?.data ?? []) as Float32Array)];
  cases.push({
    logits: values("logits"),
    embedding: values("embedding"),
    frame: values("frame"),
    spectrum: values("spectrum"),
  });
}
process.stdout.write(`${JSON.stringify({ architecture: process.arch, cases } satisfies DeployScores)}\n`);
