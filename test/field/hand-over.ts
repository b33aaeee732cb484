import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ObjectStore } from "@stethos/models";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createObjectSink } from "../../edge-agent/src/adapters/field-store/sink.ts";
import { createFieldStore } from "../../edge-agent/src/adapters/field-store/store.ts";
import { createUploadField, defaultUploadPolicy } from "../../edge-agent/src/flow/upload-field.ts";
import { silentLogger as logger } from "../rollout/silent-logger.ts";
import type { SeenWindow } from "./plant.ts";

const clock = createSystemClock();
const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

/** What an agent keeps and people label goes to the registry's store; what lies there is brought to a folder, as
 *  `aws s3 sync` would. */
export async function uploadAll(
  seen: readonly SeenWindow[],
  data: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<void> {
  const fieldStore = await createFieldStore({ folder: data, mostBytes: 1e8, queueFrames: 100 }, { logger });
  for (const { frame } of seen) fieldStore.keep(frame);
  await fieldStore.settled();
  for (const { frame, isFault } of seen) {
    const verdict = isFault ? "real" : "false";
    await fieldStore.label(
      { frame: frame.id, verdict, by: "ana", timeUs: frame.timeUs, source: "operator" },
      signal,
    );
  }
  let text: string | undefined;
  const journal = {
    read: async () => text,
    write: async (next: string) => {
      text = next;
    },
  };
  const policy = {
    ...defaultUploadPolicy,
    site: "hall-7",
    node: "node-1",
    bytesPerSecond: 1e12,
    batchFrames: 40,
  };
  const sink = createObjectSink(store);
  const upload = await createUploadField(policy, {
    store: fieldStore,
    sink,
    journal,
    sha256,
    clock,
    random: () => 0.5,
    logger,
  });
  const end = new AbortController();
  const running = upload.run(end.signal);
  while (upload.counts().frames < seen.length && !signal.aborted) await clock.sleep(20, signal);
  end.abort();
  await running;
  await fieldStore.close();
}

/** @returns how many objects */
export async function bring(
  store: ObjectStore,
  prefix: string,
  folder: string,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  for await (const { key } of store.list(prefix, signal)) {
    const body = await store.get(key, {}, signal);
    if (body === undefined || body === "changed") throw new Error(`${key} is gone`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body.chunks) chunks.push(chunk);
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), Buffer.concat(chunks));
    count += 1;
  }
  return count;
}
