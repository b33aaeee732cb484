import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { createFft } from "../../../edge-agent/src/adapters/signal/fft.ts";
import { createFeatureExtractor } from "../../../edge-agent/src/core/features.ts";
import type { Features } from "../../../edge-agent/src/core/score.ts";

const modelFile = join(import.meta.dirname, "../../../models/artifacts/listener/0.1.0/model.int8.onnx");
const SAMPLES = 8192;
const FRAME = [2, 32, 128] as const;
const FRAME_LENGTH = 8192;
const RATE_HZ = 12_000;

/** A window as the shipped model and the analyser hear it. */
interface HeardSound {
  readonly features: Features;
  readonly probabilities: Float32Array;
  readonly embedding: Float32Array;
  readonly frame: Float32Array;
  readonly spectrum: Float32Array;
}

/** The shipped model, run in this thread: a benchmark has nobody to keep waiting. */
export interface Listener {
  /** @param healthyFrame absent while the machine is being learnt */
  hear(samples: Float32Array, shaftHz: number, healthyFrame?: Float32Array): Promise<HeardSound>;
  close(): Promise<void>;
}

export async function openListener(): Promise<Listener> {
  const session = await InferenceSession.create(modelFile, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  });
  const extractor = createFeatureExtractor(createFft, SAMPLES, RATE_HZ);
  const silence = new Float32Array(FRAME_LENGTH);
  return {
    async hear(samples, shaftHz, healthyFrame = silence) {
      const outputs = await session.run({
        waveform: new Tensor("float32", samples, [1, 1, SAMPLES]),
        sample_rate_hz: new Tensor("float32", Float32Array.of(RATE_HZ), [1]),
        shaft_hz: new Tensor("float32", Float32Array.of(shaftHz), [1]),
        healthy_frame: new Tensor("float32", healthyFrame, [1, ...FRAME]),
      });
      return {
        features: extractor.extract(samples, { shaftHz }),
        probabilities: softmax(floats(outputs["logits"])),
        embedding: floats(outputs["embedding"]),
        frame: floats(outputs["frame"]),
        spectrum: floats(outputs["spectrum"]),
      };
    },
    close: () => session.release(),
  };
}

/** Mean frame of sounds of a healthy machine. */
export async function healthyFrameOf(
  listener: Listener,
  sounds: readonly Float32Array[],
  shaftHz: number,
): Promise<Float32Array> {
  const mean = new Float32Array(FRAME_LENGTH);
  for (const sound of sounds) {
    const { frame } = await listener.hear(sound, shaftHz);
    frame.forEach((value, i) => {
      mean[i] = (mean[i] ?? 0) + value / sounds.length;
    });
  }
  return mean;
}

function floats(tensor: unknown): Float32Array {
  // A copy: the runtime owns the memory behind its outputs.
  if (tensor instanceof Tensor && tensor.data instanceof Float32Array) return tensor.data.slice();
  throw new TypeError("an output of the model is no float32 tensor");
}

function softmax(logits: Float32Array): Float32Array {
  const most = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - most));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}
