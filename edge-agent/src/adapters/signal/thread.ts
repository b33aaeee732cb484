import { Worker } from "node:worker_threads";
import type { Work, WorkReply } from "./messages.ts";

/** A worker thread as the analyser sees it. */
export interface Thread {
  post(work: Work): void;
  /** Ends at once, whatever it does. Its death is not reported. */
  end(): Promise<void>;
}

export interface ThreadEvents {
  onReply(reply: WorkReply): void;
  /** Called once, when the thread ended by itself. */
  onDeath(cause: unknown): void;
}

export type StartThread = (events: ThreadEvents) => Thread;

/** Starts analyser.worker.ts, or another script for tests that kill it. */
export function startThread(
  events: ThreadEvents,
  script: URL = new URL("./analyser.worker.ts", import.meta.url),
): Thread {
  const worker = new Worker(script);
  let isOver = false;
  const die = (cause: unknown) => {
    if (isOver) return;
    isOver = true;
    events.onDeath(cause);
  };
  worker.on("message", (reply: WorkReply) => events.onReply(reply));
  worker.on("error", die);
  worker.on("exit", (code) => die(new Error(`the thread ended with code ${code}`)));
  return {
    // Not transferred: when the thread dies, the block is needed once more.
    post: (work) => worker.postMessage(work),
    async end() {
      isOver = true;
      await worker.terminate();
    },
  };
}
