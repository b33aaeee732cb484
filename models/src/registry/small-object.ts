import { ModelError } from "../errors.ts";
import type { ObjectStore } from "./object-store.ts";

// Manifests and signatures are the largest of what is read as a whole.
const MOST_BYTES = 8 << 20;

export interface SmallObject {
  readonly key: string;
  readonly etag: string;
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

/** An object as a whole; never more of it than is good for the memory.
 *  @returns undefined where there is none
 *  @throws ModelError REGISTRY_UNREACHABLE where it breaks off */
export async function readSmall(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<SmallObject | undefined> {
  const body = await store.get(key, {}, signal);
  if (body === undefined || body === "changed") return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body.chunks) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) {
      throw new ModelError("MODEL_CONTRACT", `${key} in ${store.name} has more than ${MOST_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  if (bytes !== body.bytes) {
    throw new ModelError(
      "REGISTRY_UNREACHABLE",
      `${store.name} broke off ${key} after ${bytes} of ${body.bytes} bytes; try again`,
    );
  }
  return { key, etag: body.etag, bytes: Buffer.concat(chunks), modifiedMs: body.modifiedMs };
}
