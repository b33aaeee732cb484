// The analyser's thread, made to die over its first block, as one that runs out of memory would.
import { parentPort } from "node:worker_threads";

parentPort?.on("message", () => process.exit(9));
