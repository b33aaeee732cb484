import { Worker } from "node:worker_threads";
import { EdgeError } from "../../core/errors.ts";
import type { Numbered, Reply, Request } from "./messages.ts";
import type { StoreSettings } from "./store.ts";

/** The way to the worker: one request at a time. */
export interface Link {
  /** @throws EdgeError HISTORY_FAILED when the worker died */
  ask(request: Request): Promise<Reply>;
  /** Ends the worker at once, whatever it does. */
  end(): Promise<void>;
}

export type Connect = (settings: StoreSettings) => Link;

/** Starts a worker thread for the file. */
export const startWorker: Connect = (settings) => {
  const worker = new Worker(new URL("./history.worker.ts", import.meta.url), {
    name: "history",
    workerData: settings,
  });
  let death: EdgeError | undefined;
  let waiting: { resolve(reply: Reply): void; reject(error: EdgeError): void } | undefined;

  function die(cause: unknown): void {
    death ??= new EdgeError("HISTORY_FAILED", "the history's worker thread ended; it is started again", {
      cause,
    });
    waiting?.reject(death);
    waiting = undefined;
  }

  worker.on("message", (reply: Reply) => {
    const answered = waiting;
    waiting = undefined;
    answered?.resolve(reply);
  });
  worker.on("error", die);
  worker.on("exit", (code) => die(new Error(`exit code ${code}`)));

  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (death !== undefined) {
          reject(death);
          return;
        }
        waiting = { resolve, reject };
        worker.postMessage(request, request.kind === "commit" ? buffersOf(request.items) : []);
      }),
    async end() {
      await worker.terminate();
    },
  };
};

/** Buffers that move to the worker and come back with its reply. */
function buffersOf(items: readonly Numbered[]): ArrayBuffer[] {
  return items.flatMap(({ item }) => (item.kind === "block" ? [item.block.buffer] : []));
}
