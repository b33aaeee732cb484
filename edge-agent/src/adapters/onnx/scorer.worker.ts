// Runs the model on a thread of its own: onnxruntime-node's create and run block the thread that calls them.
import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describeError } from "../../core/errors.ts";
import { openCoreWait } from "./core-wait.ts";
import {
  END,
  type RunMessage,
  type Tensor as TensorType,
  type WorkerReply,
  type WorkerSetup,
} from "./messages.ts";

const port = parentPort;
if (port === null) throw new TypeError("scorer.worker.ts runs as a worker thread only");
const setup = workerData as WorkerSetup;

const reply = (message: WorkerReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

async function open(): Promise<InferenceSession | undefined> {
  try {
    const session = await InferenceSession.create(setup.modelFile, {
      executionProviders: ["cpu"],
      intraOpNumThreads: setup.threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      // What goes wrong is thrown: nothing is written past the agent's own log.
      logSeverityLevel: 4,
    });
    reply({
      kind: "ready",
      inputs: session.inputMetadata.map(tensorOf),
      outputs: session.outputMetadata.map(tensorOf),
    });
    return session;
  } catch (thrown) {
    reply({ kind: "refused", message: describeError(thrown) });
    return undefined;
  }
}

const tensorOf = (metadata: InferenceSession.ValueMetadata): TensorType =>
  metadata.isTensor
    ? { name: metadata.name, dtype: metadata.type, shape: metadata.shape }
    : { name: metadata.name, dtype: "no tensor", shape: [] };

const floats = (tensor: InferenceSession.OnnxValueMapType[string] | undefined): Float32Array<ArrayBuffer> => {
  // A copy: the runtime owns the memory behind its outputs.
  if (tensor instanceof Tensor && tensor.data instanceof Float32Array) return tensor.data.slice();
  throw new TypeError("an output of the model is no float32 tensor");
};

async function run(session: InferenceSession, message: RunMessage): Promise<void> {
  try {
    const { batch } = message;
    const feeds = {
      waveform: new Tensor("float32", message.waveform, [batch, 1, setup.windowSamples]),
      sample_rate_hz: new Tensor("float32", new Float32Array(batch).fill(setup.sampleRateHz), [batch]),
      shaft_hz: new Tensor("float32", message.shaftHz, [batch]),
      healthy_frame: new Tensor("float32", message.healthyFrame, [batch, ...setup.frameShape]),
    };
    const waited = coreWait.readMs();
    const began = performance.now();
    const outputs = await session.run(feeds);
    const runMs = performance.now() - began - (coreWait.readMs() - waited);
    const logits = floats(outputs["logits"]);
    const embedding = floats(outputs["embedding"]);
    const frame = floats(outputs["frame"]);
    const spectrum = floats(outputs["spectrum"]);
    reply({ kind: "scores", id: message.id, logits, embedding, frame, spectrum, runMs }, [
      logits.buffer,
      embedding.buffer,
      frame.buffer,
      spectrum.buffer,
    ]);
  } catch (thrown) {
    reply({ kind: "failed", id: message.id, message: describeError(thrown) });
  }
}

const coreWait = openCoreWait();
const session = await open();
if (session !== undefined) {
  port.on("message", (message: RunMessage | typeof END) => {
    if (message !== END) void run(session, message);
    else {
      port.close();
      coreWait.close();
    }
  });
}
