import { randomUUID } from "node:crypto";
import { ModelError } from "../errors.ts";
import type { Conditions, ObjectHead, PutCondition } from "../registry/object-store.ts";

/** What probing needs of a store. */
export interface ProbedStore {
  head(key: string, signal: AbortSignal): Promise<ObjectHead | undefined>;
  put(
    key: string,
    body: Uint8Array,
    condition: PutCondition,
    signal: AbortSignal,
  ): Promise<"conflict" | "written">;
  delete(key: string, signal: AbortSignal): Promise<void>;
}

const RACERS = 8;

/** Finds out by trying whether a server honours the conditions of a write: many take the header and ignore it, and a
 *  few check first and write later. What it says here is a hint and no proof; see `settleMs`. */
export async function probeConditions(store: ProbedStore, signal: AbortSignal): Promise<Conditions> {
  const key = `probe/${randomUUID()}`;
  try {
    const ifAbsent = await honoursAbsent(store, key, signal);
    if (!ifAbsent) return { ifAbsent, ifMatch: false };
    return { ifAbsent, ifMatch: await honoursMatch(store, key, signal) };
  } finally {
    await store.delete(key, signal);
  }
}

/** Eight create it at once, and one more afterwards. */
async function honoursAbsent(store: ProbedStore, key: string, signal: AbortSignal): Promise<boolean> {
  const created = await race(store, key, { ifAbsent: true }, signal);
  return created === 1 && (await answer(store, key, { ifAbsent: true }, signal)) === "conflict";
}

/** One with a wrong tag, then eight replace it at once. */
async function honoursMatch(store: ProbedStore, key: string, signal: AbortSignal): Promise<boolean> {
  const head = await store.head(key, signal);
  if (head === undefined) return false;
  // Of another content, in the same form.
  const wrong = head.etag.replaceAll(/[0-9a-f]/g, (digit) => (digit === "0" ? "1" : "0"));
  if ((await answer(store, key, { ifMatch: wrong }, signal)) !== "conflict") return false;
  return (await race(store, key, { ifMatch: head.etag }, signal)) === 1;
}

async function race(store: ProbedStore, key: string, condition: PutCondition, signal: AbortSignal) {
  const answers = await Promise.all(
    Array.from({ length: RACERS }, () => answer(store, key, condition, signal)),
  );
  return answers.filter((each) => each === "written").length;
}

/** A server may also say that it knows no conditions. */
async function answer(store: ProbedStore, key: string, condition: PutCondition, signal: AbortSignal) {
  try {
    return await store.put(key, Buffer.from(randomUUID()), condition, signal);
  } catch (thrown) {
    if (thrown instanceof ModelError && thrown.code === "REGISTRY_REFUSED" && isUnknown(thrown))
      return "unknown";
    throw thrown;
  }
}

const isUnknown = ({ cause }: ModelError): boolean =>
  cause instanceof Error && cause.name === "NotImplemented";
