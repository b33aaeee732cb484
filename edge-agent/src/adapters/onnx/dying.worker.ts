// The scorer's worker, made to die: it ends its own thread at the first run it is given (and only once for each
// marker file), as a crash inside the runtime would.
import { existsSync, writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

const marker = `${(workerData as { modelFile: string }).modelFile}.died`;
if (!existsSync(marker)) {
  parentPort?.on("message", (message) => {
    if (typeof message === "string") return;
    writeFileSync(marker, "");
    process.exit(9);
  });
}
await import("./scorer.worker.ts");
