import { chmod, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { ModelError } from "../errors.ts";
import type { ObjectBody, ObjectStore } from "../registry/object-store.ts";
import { type AttemptDeps, withAttempts } from "./attempts.ts";
import type { Bandwidth } from "./bandwidth.ts";
import { syncFolder } from "./files.ts";
import type { LocalLayout } from "./local-layout.ts";
import { openPartial, type Partial } from "./partial.ts";
import { watched, watchedChunks } from "./watched.ts";

export interface WantedBlob {
  /** For messages. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Where the registry has it. */
  readonly key: string;
}

export interface FetchDeps extends AttemptDeps {
  readonly clock: Clock;
  readonly store: ObjectStore;
  readonly bandwidth: Bandwidth;
  readonly layout: LocalLayout;
  /** The longest silence of the registry. */
  readonly idleMs: number;
}

/** Brings one file here, from where an earlier attempt ended, and lets it in only when it is the one that was signed.
 *  The caller holds the lock of the folder.
 *  @throws ModelError MODEL_TAMPERED, MODEL_MISSING, REGISTRY_UNREACHABLE, REGISTRY_REFUSED, DISK_FULL */
export async function fetchBlob(
  wanted: WantedBlob,
  deps: FetchDeps,
  onBytes: (bytesHere: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { layout } = deps;
  const file = join(layout.partial, wanted.sha256);
  const partial = await openPartial(file);
  // Progress is what was never reached before: an object that changes for ever is not progress.
  let furthest = 0;
  const onChunk = () => {
    furthest = Math.max(furthest, partial.bytes);
    onBytes(partial.bytes);
  };
  const receiveAll = () =>
    withAttempts(
      () => receive(wanted, partial, deps, onChunk, signal),
      () => furthest,
      deps,
      signal,
    );
  try {
    const isResumed = partial.bytes > 0;
    await receiveAll();
    // Bytes from before may be another object's or the disk's own; fresh ones that differ are the registry's.
    if (partial.sha256() !== wanted.sha256 && isResumed) {
      await partial.startAnew();
      await receiveAll();
    }
    if (partial.sha256() !== wanted.sha256) {
      const found = partial.sha256();
      await partial.startAnew();
      throw new ModelError(
        "MODEL_TAMPERED",
        `${wanted.path} in ${deps.store.name} has sha256 ${found} where ${wanted.sha256} was signed; ` +
          "it was thrown away. Push the version again from a folder that you trust",
      );
    }
    await partial.save();
  } finally {
    await partial.close();
  }
  await chmod(file, 0o444);
  await rename(file, layout.blob(wanted.sha256));
  await syncFolder(layout.blobs);
  await rm(`${file}.json`, { force: true });
}

/** One answer of the registry, until all bytes are here. */
async function receive(
  wanted: WantedBlob,
  partial: Partial,
  { store, bandwidth, clock, idleMs }: FetchDeps,
  onChunk: () => void,
  signal: AbortSignal,
): Promise<void> {
  if (partial.bytes > wanted.bytes) await partial.startAnew();
  if (partial.bytes === wanted.bytes) return;
  const cut = new AbortController();
  const until = AbortSignal.any([signal, cut.signal]);
  const watch = { clock, idleMs, what: `${wanted.path} in ${store.name}` };
  try {
    const get: Get = (options) => watched(store.get(wanted.key, options, until), watch, signal);
    const body = await ask(wanted, partial, store, get);
    partial.of(body.etag);
    for await (const chunk of watchedChunks(body.chunks, watch, signal)) {
      if (partial.bytes + chunk.length > wanted.bytes) throw wrongSize(wanted, store, "more");
      await bandwidth.take(chunk.length, signal);
      await partial.append(chunk);
      onChunk();
    }
    if (partial.bytes < wanted.bytes) throw brokeOff(wanted, partial, store);
  } finally {
    // Ends the request where it was left half read.
    cut.abort();
    await partial.save();
  }
}

type Get = (options: Parameters<ObjectStore["get"]>[1]) => ReturnType<ObjectStore["get"]>;

async function ask(wanted: WantedBlob, partial: Partial, store: ObjectStore, get: Get): Promise<ObjectBody> {
  const { etag } = partial;
  const from = partial.bytes;
  let body = await get(from > 0 && etag !== undefined ? { from, ifMatch: etag } : {});
  // Some servers ignore the condition (s3rver does): the tag of what they give tells the same.
  if (body === "changed" || (from > 0 && body !== undefined && body.etag !== etag)) {
    // Never two objects in one file.
    await partial.startAnew();
    body = await get({});
  }
  if (body === undefined || body === "changed") {
    throw new ModelError(
      "MODEL_MISSING",
      `${store.name} has no ${wanted.key} (${wanted.path}); push the version again`,
    );
  }
  if (body.bytes !== wanted.bytes) throw wrongSize(wanted, store, `${body.bytes}`);
  return body;
}

const wrongSize = (wanted: WantedBlob, store: ObjectStore, found: string): ModelError =>
  new ModelError(
    "MODEL_TAMPERED",
    `${wanted.path} in ${store.name} has ${found} bytes where ${wanted.bytes} were signed; ` +
      "push the version again from a folder that you trust",
  );

const brokeOff = (wanted: WantedBlob, partial: Partial, store: ObjectStore): ModelError =>
  new ModelError(
    "REGISTRY_UNREACHABLE",
    `${store.name} broke off ${wanted.path} after ${partial.bytes} of ${wanted.bytes} bytes; it is gone on with later`,
  );
