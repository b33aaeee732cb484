import { once } from "node:events";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { gzip } from "node:zlib";
import { describeError } from "../../core/errors.ts";
import type { Stream } from "../../core/outbox/outbound.ts";
import type { FileKind } from "./file-name.ts";

const zip = promisify(gzip);

type Chunks = AsyncIterable<Uint8Array>;

/** What is no disk's fault: these rows have no such form. */
export class EncodeError extends Error {}

/** NDJSON as a finished file of this kind. Chunks may be taken over: who gives them must not use them again.
 *  @throws EncodeError from its iteration; whatever `ndjson` throws */
export function encode(kind: FileKind, stream: Stream, ndjson: Chunks): Chunks {
  switch (kind) {
    case "ndjson":
      return ndjson;
    case "ndjson.gz":
      return zipped(ndjson);
    case "parquet":
      return parquet(stream, ndjson);
  }
}

/** RFC 1952, 2.2: a gzip file is a series of members. */
async function* zipped(chunks: Chunks): Chunks & AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield await zip(chunk);
}

/** Without them a busy thread's garbage takes 400 MB of an edge device; with them it is as fast, with 150. A group of rows
 *  that needs more than this has very long texts. */
const LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 512 } as const;

/** For a megabyte of rows. */
const ANSWER_MS = 60_000;

/** In a thread of its own, which lives as long as the file is made. */
async function* parquet(stream: Stream, ndjson: Chunks): Chunks & AsyncGenerator<Uint8Array> {
  const worker = new Worker(new URL("./parquet.worker.ts", import.meta.url), {
    workerData: stream,
    resourceLimits: LIMITS,
  });
  const death = new AbortController();
  const die = (why: string, cause?: unknown) => death.abort(new EncodeError(`no Parquet: ${why}`, { cause }));
  worker.once("error", (cause) => die(describeError(cause), cause));
  worker.once("exit", (code) => die(`its thread ended with code ${code}`));

  async function ask(chunk: Uint8Array | null): Promise<Uint8Array> {
    const signal = AbortSignal.any([death.signal, AbortSignal.timeout(ANSWER_MS)]);
    const answer = once(worker, "message", { signal }).catch((cause: unknown) => {
      if (death.signal.aborted) throw death.signal.reason;
      throw new EncodeError(`no Parquet: its thread does not answer within ${ANSWER_MS} ms`, { cause });
    });
    worker.postMessage(chunk, chunk?.buffer instanceof ArrayBuffer ? [chunk.buffer] : []);
    const [bytes] = (await answer) as [Uint8Array];
    return bytes;
  }

  try {
    for await (const chunk of ndjson) yield await ask(chunk);
    yield await ask(null);
  } finally {
    await worker.terminate();
  }
}

/** Lines without their ends; what follows the last "\n" is a line where it is not empty. */
export async function* linesOf(chunks: Chunks): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
