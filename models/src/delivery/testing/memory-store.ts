import { createHash } from "node:crypto";
import { ModelError } from "../../errors.ts";
import type { ObjectBody, ObjectStore } from "../../registry/object-store.ts";

/** A store in memory whose lines can be cut, held, or fed with other bytes: what a test says of the next answers. */
export interface MemoryStore extends ObjectStore {
  readonly objects: Map<string, Uint8Array>;
  /** Bytes that left it, by key. */
  readonly given: Map<string, number>;
  /** Keys asked for and from where, in order. */
  readonly asked: { readonly key: string; readonly from: number }[];
  /** Looks at each answer before it is given; may throw, and may give other chunks. */
  onGet: (key: string, chunks: AsyncIterable<Uint8Array>, attempt: number) => AsyncIterable<Uint8Array>;
}

const CHUNK = 16_384;

export const etagOf = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

export function createMemoryStore(): MemoryStore {
  const objects = new Map<string, Uint8Array>();
  const given = new Map<string, number>();
  const asked: { key: string; from: number }[] = [];

  async function* chunksOf(key: string, bytes: Uint8Array): AsyncIterable<Uint8Array> {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const chunk = bytes.subarray(at, at + CHUNK);
      given.set(key, (given.get(key) ?? 0) + chunk.length);
      yield chunk;
    }
  }

  const store: MemoryStore = {
    name: "memory",
    objects,
    given,
    asked,
    onGet: (_, chunks) => chunks,
    conditions: async () => ({ ifAbsent: true, ifMatch: true }),
    async head(key) {
      const bytes = objects.get(key);
      return bytes && { etag: etagOf(bytes), bytes: bytes.length, modifiedMs: 0 };
    },
    async get(key, { from = 0, ifMatch }): Promise<ObjectBody | "changed" | undefined> {
      asked.push({ key, from });
      const bytes = objects.get(key);
      if (bytes === undefined) return undefined;
      const etag = etagOf(bytes);
      if (ifMatch !== undefined && ifMatch !== etag) return "changed";
      const attempt = asked.filter((ask) => ask.key === key).length;
      const chunks = store.onGet(key, chunksOf(key, bytes.subarray(from)), attempt);
      return { etag, bytes: bytes.length, modifiedMs: 0, chunks };
    },
    async put(key, body) {
      objects.set(key, body);
      return "written";
    },
    async *list(prefix) {
      for (const [key, bytes] of objects) {
        if (key.startsWith(prefix)) yield { key, etag: etagOf(bytes), bytes: bytes.length, modifiedMs: 0 };
      }
    },
    async delete(key) {
      objects.delete(key);
    },
  };
  return store;
}

/** The first `bytes` of them, then a line that broke. */
export async function* cutAfter(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncIterable<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (chunk.length > left) {
      if (left > 0) yield chunk.subarray(0, left);
      throw new ModelError("REGISTRY_UNREACHABLE", "the line broke");
    }
    left -= chunk.length;
    yield chunk;
  }
}
