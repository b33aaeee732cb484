// The scorer's worker, made to linger: each run begins with a pause in which nothing can call its thread off but its end,
// and leaves marks that it got there, and that it got past it.
import { writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

const LINGER_MS = 200;
const { modelFile } = workerData as { modelFile: string };
const still = new Int32Array(new SharedArrayBuffer(4));

parentPort?.on("message", (message) => {
  if (typeof message === "string") return;
  writeFileSync(`${modelFile}.begun`, "");
  Atomics.wait(still, 0, 0, LINGER_MS);
  writeFileSync(`${modelFile}.over`, "");
});
await import("./scorer.worker.ts");
