import { Worker } from "node:worker_threads";
import { EdgeError } from "../../core/errors.ts";
import type { Reply, Request } from "./messages.ts";
import { HISTORY_WORDS } from "./messages.ts";
import type { StoreSettings } from "./store.ts";
import { type AnyItem, buffersIn, type Outcome, type StoreWords, type WireRequest } from "./wire.ts";

/** The way to the worker: one request at a time. */
export interface Link<Q, R> {
  /** @throws EdgeError when the worker died */
  ask(request: Q): Promise<R>;
  /** Ends the worker at once, whatever it does. */
  end(): Promise<void>;
}

export type HistoryLink = Link<Request, Reply>;
export type Connect = (settings: StoreSettings) => HistoryLink;

/** Starts a worker thread for the file. */
export const startWorker: Connect = (settings) =>
  openLink(new URL("./history.worker.ts", import.meta.url), settings, HISTORY_WORDS);

/** Starts a worker thread that answers requests. @param workerData as the worker's module wants it */
export function openLink<Q extends WireRequest<AnyItem, unknown>, R extends Outcome>(
  script: URL,
  workerData: unknown,
  words: StoreWords,
): Link<Q, R> {
  const worker = new Worker(script, { name: words.name, workerData });
  let death: EdgeError | undefined;
  let waiting: { resolve(reply: R): void; reject(error: EdgeError): void } | undefined;

  function die(cause: unknown): void {
    death ??= new EdgeError(words.failed, `the ${words.name}'s worker thread ended; it is started again`, {
      cause,
    });
    waiting?.reject(death);
    waiting = undefined;
  }

  worker.on("message", (reply: R) => {
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
        worker.postMessage(request, request.kind === "commit" ? buffersIn(request.items) : []);
      }),
    async end() {
      await worker.terminate();
    },
  };
}
