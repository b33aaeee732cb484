import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { EdgeError } from "../../core/errors.ts";
import type { Logger } from "../../ports/logger.ts";
import type { RawScore, ScoreRequest, Scorer } from "../../ports/scorer.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { type ModelPackage, readModelPackage } from "./manifest.ts";
import { END, type RunMessage, type WorkerReply, type WorkerSetup } from "./messages.ts";

export interface OnnxScorerOptions {
  readonly folder: string;
  /** Threads of one run; by default what the machine can spare beside acquisition. */
  readonly threads?: number;
  readonly loadTimeoutMs?: number;
  readonly runTimeoutMs?: number;
  /** The worker's script, for tests that kill it. */
  readonly workerUrl?: URL;
}

interface Deps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** For the run at hand, when the scorer is closed. */
const CLOSE_MS = 3000;

/** Two cores are left to acquisition, features and the store; a machine with two cores scores on one. */
const spareThreads = (): number => Math.max(1, availableParallelism() - 2);

/** Loads the model of `folder` into a worker and answers when it has warmed up.
 *  @throws EdgeError MODEL_MISSING, MODEL_CONTRACT, MODEL_TAMPERED */
export async function createOnnxScorer(options: OnnxScorerOptions, deps: Deps): Promise<Scorer> {
  const model = await readModelPackage(options.folder);
  const { contract } = model;
  const host = createWorkerHost(model, options, deps);
  const closed = new AbortController();
  try {
    await host.ready(closed.signal);
    // The first runs are slow (allocation, kernel selection): better now than on the first real frame.
    for (let i = 0; i < 3; i += 1) {
      await host.run([{ samples: new Float32Array(contract.windowSamples), shaftHz: 0 }], closed.signal);
    }
  } catch (thrown) {
    await host.close();
    throw thrown;
  }
  return {
    contract,
    async score(batch, signal) {
      try {
        return await host.run(batch, signal);
      } catch (thrown) {
        if (signal.aborted || closed.signal.aborted) throw thrown;
        deps.logger.warn({ model: contract.name, err: thrown }, "scoring failed; trying once more");
        return host.run(batch, signal);
      }
    },
    async close() {
      closed.abort();
      await host.close();
    },
  };
}

interface WorkerHost {
  ready(signal: AbortSignal): Promise<void>;
  run(batch: readonly ScoreRequest[], signal: AbortSignal): Promise<RawScore[]>;
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (reply: Extract<WorkerReply, { kind: "scores" }>) => void;
  readonly reject: (reason: unknown) => void;
}

/** One worker at a time; a dead one is replaced when the next run needs it. */
function createWorkerHost(model: ModelPackage, options: OnnxScorerOptions, deps: Deps): WorkerHost {
  const { contract } = model;
  const setup: WorkerSetup = {
    modelFile: model.modelFile,
    sampleRateHz: contract.sampleRateHz,
    windowSamples: contract.windowSamples,
    frameShape: model.frameShape,
    threads: options.threads ?? spareThreads(),
  };
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let opening: Promise<Worker> | undefined;
  let nextId = 1;
  let isClosed = false;

  function failAll(reason: EdgeError): void {
    for (const waiting of pending.values()) waiting.reject(reason);
    pending.clear();
  }

  function onDeath(dead: Worker, cause: unknown): void {
    if (worker !== dead) return;
    worker = undefined;
    if (isClosed) return;
    deps.telemetry.emit({ kind: "worker-restart", worker: "scorer" });
    failAll(new EdgeError("SCORER_FAILED", "the scorer's worker died; it is started again", { cause }));
  }

  function settle(reply: WorkerReply): void {
    if (reply.kind !== "scores" && reply.kind !== "failed") return;
    const waiting = pending.get(reply.id);
    pending.delete(reply.id);
    if (reply.kind === "scores") waiting?.resolve(reply);
    else waiting?.reject(new EdgeError("SCORER_FAILED", `the model could not be run: ${reply.message}`));
  }

  async function start(signal: AbortSignal): Promise<Worker> {
    const url = options.workerUrl ?? new URL("./scorer.worker.ts", import.meta.url);
    const fresh = new Worker(url, { workerData: setup });
    worker = fresh;
    const deadline = deps.clock.deadline(options.loadTimeoutMs ?? 30_000, signal);
    try {
      await new Promise<void>((resolve, reject) => {
        const onAbort = () =>
          reject(new EdgeError("SCORER_FAILED", `the model ${model.modelFile} did not load in time`));
        deadline.signal.addEventListener("abort", onAbort, { once: true });
        fresh.on("message", (reply: WorkerReply) => {
          if (reply.kind === "ready") resolve();
          else if (reply.kind === "refused") {
            reject(
              new EdgeError("MODEL_CONTRACT", `onnxruntime refused ${model.modelFile}: ${reply.message}`),
            );
          } else settle(reply);
        });
        fresh.once("error", (cause) => {
          reject(
            new EdgeError("SCORER_FAILED", "the scorer's worker died while it loaded the model", { cause }),
          );
          onDeath(fresh, cause);
        });
        fresh.once("exit", (code) => {
          reject(new EdgeError("SCORER_FAILED", `the scorer's worker ended with code ${code}`));
          onDeath(fresh, code);
        });
      });
    } catch (thrown) {
      await fresh.terminate();
      throw thrown;
    } finally {
      deadline.dispose();
    }
    return fresh;
  }

  function open(signal: AbortSignal): Promise<Worker> {
    if (isClosed) return Promise.reject(new EdgeError("SCORER_FAILED", "the scorer is closed"));
    if (worker !== undefined && opening === undefined) return Promise.resolve(worker);
    opening ??= start(signal).finally(() => {
      opening = undefined;
    });
    return opening;
  }

  async function run(batch: readonly ScoreRequest[], signal: AbortSignal): Promise<RawScore[]> {
    signal.throwIfAborted();
    const target = await open(signal);
    const id = nextId++;
    const deadline = deps.clock.deadline(options.runTimeoutMs ?? 10_000, signal);
    try {
      const reply = await new Promise<Extract<WorkerReply, { kind: "scores" }>>((resolve, reject) => {
        deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason), { once: true });
        pending.set(id, { resolve, reject });
        const message = packBatch(id, batch, contract.windowSamples, contract.frameLength);
        target.postMessage(message, [
          message.waveform.buffer,
          message.shaftHz.buffer,
          message.healthyFrame.buffer,
        ]);
      });
      return unpackScores(reply, batch.length);
    } catch (thrown) {
      if (!deadline.expired) throw thrown;
      // A run that hangs cannot be called off: another thread takes its place.
      onDeath(target, thrown);
      void retire(target);
      throw new EdgeError(
        "SCORER_FAILED",
        `no score within ${options.runTimeoutMs ?? 10_000} ms; the worker was replaced`,
      );
    } finally {
      pending.delete(id);
      deadline.dispose();
    }
  }

  return {
    ready: async (signal) => void (await open(signal)),
    run,
    async close() {
      isClosed = true;
      failAll(new EdgeError("SCORER_FAILED", "the scorer was closed"));
      const last = worker;
      if (last === undefined) return;
      const waiting = new AbortController();
      const patience = slept(deps.clock, CLOSE_MS, waiting.signal);
      await Promise.race([retire(last), patience]);
      waiting.abort();
      await last.terminate();
    },
  };
}

/** Ends a thread between two runs. Inside of one its end would be the end of the process: onnxruntime-node throws then
 *  where nobody catches. */
function retire(old: Worker): Promise<void> {
  old.unref();
  return new Promise((resolve) => {
    old.once("exit", () => resolve());
    old.postMessage(END);
  });
}

/** The requests as the worker wants them: one array an input. */
function packBatch(id: number, batch: readonly ScoreRequest[], window: number, frame: number): RunMessage {
  const waveform = new Float32Array(batch.length * window);
  const shaftHz = new Float32Array(batch.length);
  const healthyFrame = new Float32Array(batch.length * frame);
  batch.forEach((request, i) => {
    if (request.samples.length !== window) {
      throw new EdgeError(
        "MODEL_CONTRACT",
        `a window has ${request.samples.length} samples, the model takes ${window}`,
      );
    }
    waveform.set(request.samples, i * window);
    shaftHz[i] = request.shaftHz;
    if (request.healthyFrame !== undefined) healthyFrame.set(request.healthyFrame, i * frame);
  });
  return { id, batch: batch.length, waveform, shaftHz, healthyFrame };
}

function unpackScores(reply: Extract<WorkerReply, { kind: "scores" }>, count: number): RawScore[] {
  const row = (all: Float32Array, i: number) => {
    const length = all.length / count;
    return all.subarray(i * length, (i + 1) * length);
  };
  return Array.from({ length: count }, (_, i) => ({
    probabilities: softmax(row(reply.logits, i)),
    embedding: row(reply.embedding, i),
    frame: row(reply.frame, i),
    spectrum: row(reply.spectrum, i),
  }));
}

function softmax(logits: Float32Array): Float32Array {
  const top = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
