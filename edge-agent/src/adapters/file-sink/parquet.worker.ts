// Where Parquet is made: a row group at a time would hold up the readings of a plant.
import { parentPort, workerData } from "node:worker_threads";
import type { Stream } from "../../core/outbox/outbound.ts";
import { createParquetEncoder } from "./parquet-encoder.ts";

const encoder = createParquetEncoder(workerData as Stream);
/** NDJSON, or null at its end; each is answered by what is ready. What is thrown ends the thread, and its caller hears it. */
parentPort?.on("message", async (ndjson: Uint8Array | null) => {
  const bytes = await (ndjson === null ? encoder.end() : encoder.push(ndjson));
  parentPort?.postMessage(bytes, [bytes.buffer]);
  if (ndjson === null) parentPort?.close();
});
