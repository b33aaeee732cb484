import { parentPort, workerData } from "node:worker_threads";
import type { Request } from "./messages.ts";
import { createServer } from "./server.ts";
import type { StoreSettings } from "./store.ts";

const server = createServer(workerData as StoreSettings);
parentPort?.on("message", (request: Request) => {
  const reply = server.handle(request);
  parentPort?.postMessage(reply, [...reply.buffers]);
  if (request.kind === "close") parentPort?.close();
});
