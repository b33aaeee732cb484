import { Worker } from "node:worker_threads";
import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { EdgeError } from "../../core/errors.ts";
import type { Logger } from "../../ports/logger.ts";
import type { ScoreRequest } from "../../ports/scorer.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { checkSession } from "./check-session.ts";
import type { ModelPackage } from "./manifest.ts";
import { END, type WorkerReply, type WorkerSetup } from "./messages.ts";
import { packBatch, type ScoresReply } from "./tensors.ts";

export interface WorkerHostOptions {
  /** Threads of one run. */
  readonly threads: number;
  readonly loadTimeoutMs: number;
  readonly runTimeoutMs: number;
  /** The worker's script, for tests that kill it. */
  readonly workerUrl: URL;
}

export interface WorkerHostDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** A model in a worker thread. */
export interface WorkerHost {
  /** Resolves when the model is loaded and is what its manifest says. */
  open(signal: AbortSignal): Promise<void>;
  run(batch: readonly ScoreRequest[], signal: AbortSignal): Promise<ScoresReply>;
  close(): Promise<void>;
}

/** For the run at hand, when the model is closed. */
const CLOSE_MS = 3000;

interface Pending {
  readonly resolve: (reply: ScoresReply) => void;
  readonly reject: (reason: unknown) => void;
}

/** One worker at a time; a dead one is replaced when the next run needs it. */
export function createWorkerHost(
  model: ModelPackage,
  options: WorkerHostOptions,
  deps: WorkerHostDeps,
): WorkerHost {
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
    const fresh = new Worker(options.workerUrl, { workerData: setupOf(model, options) });
    worker = fresh;
    const deadline = deps.clock.deadline(options.loadTimeoutMs, signal);
    try {
      await loaded(fresh, deadline.signal);
      return fresh;
    } catch (thrown) {
      if (worker === fresh) worker = undefined;
      void retire(fresh);
      throw thrown;
    } finally {
      deadline.dispose();
    }
  }

  function loaded(fresh: Worker, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = new EdgeError("SCORER_FAILED", `the model ${model.modelFile} did not load in time`);
      signal.addEventListener("abort", () => reject(late), { once: true });
      fresh.on("message", (reply: WorkerReply) => {
        if (reply.kind === "ready") {
          try {
            checkSession(model, reply);
            resolve();
          } catch (thrown) {
            reject(thrown);
          }
        } else if (reply.kind === "refused") {
          reject(new EdgeError("MODEL_CONTRACT", `onnxruntime refused ${model.modelFile}: ${reply.message}`));
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
  }

  async function open(signal: AbortSignal): Promise<Worker> {
    if (worker === undefined || opening !== undefined) {
      refuseIfClosed();
      opening ??= start(signal).finally(() => {
        opening = undefined;
      });
      await opening;
    }
    if (worker === undefined) throw new EdgeError("SCORER_FAILED", "the scorer's worker died at its start");
    return worker;
  }

  function refuseIfClosed(): void {
    if (isClosed) throw new EdgeError("SCORER_FAILED", `the model ${model.modelFile} is closed`);
  }

  return {
    open: async (signal) => void (await open(signal)),
    async run(batch, signal) {
      signal.throwIfAborted();
      const target = await open(signal);
      // It may have been closed meanwhile.
      refuseIfClosed();
      const id = nextId++;
      const message = packBatch(id, batch, model.contract);
      const deadline = deps.clock.deadline(options.runTimeoutMs, signal);
      try {
        return await new Promise<ScoresReply>((resolve, reject) => {
          deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason), { once: true });
          pending.set(id, { resolve, reject });
          target.postMessage(message, [
            message.waveform.buffer,
            message.shaftHz.buffer,
            message.healthyFrame.buffer,
          ]);
        });
      } catch (thrown) {
        if (!deadline.expired) throw thrown;
        // A run that hangs cannot be called off: another thread takes its place.
        onDeath(target, thrown);
        void retire(target);
        throw new EdgeError(
          "SCORER_FAILED",
          `no score within ${options.runTimeoutMs} ms; the worker was replaced`,
        );
      } finally {
        pending.delete(id);
        deadline.dispose();
      }
    },
    async close() {
      isClosed = true;
      failAll(new EdgeError("SCORER_FAILED", `the model ${model.modelFile} was closed`));
      const last = worker;
      worker = undefined;
      if (last === undefined) return;
      const waiting = new AbortController();
      const ended = retire(last).then(() => true);
      const hasEnded = await Promise.race([
        ended,
        slept(deps.clock, CLOSE_MS, waiting.signal).then(() => false),
      ]);
      waiting.abort();
      // It holds nothing up, and ends when its run does.
      if (!hasEnded)
        deps.logger.warn({ model: model.modelFile }, "a model's last run has not ended; left alone");
    },
  };
}

const setupOf = (model: ModelPackage, { threads }: WorkerHostOptions): WorkerSetup => ({
  modelFile: model.modelFile,
  sampleRateHz: model.contract.sampleRateHz,
  windowSamples: model.contract.windowSamples,
  frameShape: model.frameShape,
  threads,
});

/** Ends a thread between two runs, and never by terminate(): inside of a run its end would be the end of the process, for
 *  onnxruntime-node throws then where nobody catches. */
function retire(old: Worker): Promise<void> {
  old.unref();
  return new Promise((resolve) => {
    old.once("exit", () => resolve());
    old.postMessage(END);
  });
}
