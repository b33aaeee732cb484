import { parentPort, workerData } from "node:worker_threads";
import type { OutboxRequest } from "./messages.ts";
import { createOutboxServer } from "./server.ts";
import type { OutboxSettings } from "./store-types.ts";

const server = createOutboxServer(workerData as OutboxSettings);
parentPort?.on("message", (request: OutboxRequest) => {
  const reply = server.handle(request);
  parentPort?.postMessage(reply, [...reply.buffers]);
  if (request.kind === "close") parentPort?.close();
});
