// The scorer's worker, made to die again and again: it ends its own thread at each run that it is given while a marker
// file says so, as a model that crashes its runtime would.
import { existsSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

const marker = `${(workerData as { modelFile: string }).modelFile}.dies`;
parentPort?.on("message", (message) => {
  if (typeof message !== "string" && existsSync(marker)) process.exit(9);
});
await import("./scorer.worker.ts");
