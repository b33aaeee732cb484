import type { Clock } from "@stethos/protocol-finger/clock";
import { ModelError } from "../errors.ts";
import type { Trust } from "../package/trust.ts";
import { type ChannelState, type FoundPointer, readChannel } from "./channel-state.ts";
import { channelKey, claimKey } from "./layout.ts";
import type { ObjectStore, PutCondition } from "./object-store.ts";
import { pointerId, signPointer } from "./pointer-file.ts";
import type { Pointer, Signer, WantedPointer } from "./registry.ts";
import { awaitSettled } from "./settle.ts";

export interface SetPointerDeps {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly trust: Trust;
}

interface SignedPointer {
  readonly pointer: Pointer;
  readonly bytes: Uint8Array;
}

/** Sets a channel's pointer; of several writers of one sequence exactly one is told that it did.
 *  @throws ModelError REGISTRY_CONFLICT, REGISTRY_UNREACHABLE, REGISTRY_REFUSED, USAGE */
export async function setPointer(
  { after, ...wanted }: WantedPointer,
  signer: Signer,
  deps: SetPointerDeps,
  signal: AbortSignal,
): Promise<Pointer> {
  const { store, trust } = deps;
  refuseForeignKey(signer, trust);
  const state = await readChannel(store, wanted, trust, {}, signal);
  const current = state.newest;
  const sequence = current?.pointer.sequence ?? 0;
  if (after !== undefined && after !== sequence) throw conflict(store, wanted);
  if (await isUnsettled(current, store, signal)) throw conflict(store, wanted);
  const pointer: Pointer = { ...wanted, sequence: sequence + 1 };
  const signed = { pointer, bytes: await signPointer(pointer, signer) };
  const { ifAbsent, ifMatch } = await store.conditions(signal);
  if (ifAbsent && ifMatch) await replaceFile(signed, state, deps, signal);
  else await claimSequence(signed, deps, signal);
  return pointer;
}

function refuseForeignKey(signer: Signer, trust: Trust): void {
  if (trust.keys.some(({ keyId }) => keyId === signer.keyId)) return;
  throw new ModelError(
    "USAGE",
    `the signing key ${signer.keyId.slice(0, 16)} is not among the trusted ones: nobody with the same trust would ` +
      "follow the channel; add its public key to them",
  );
}

/** What may yet turn out not to have been the first is not built upon. */
async function isUnsettled(
  newest: FoundPointer | undefined,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<boolean> {
  const { settleMs, nowMs } = store;
  if (settleMs === undefined || nowMs === undefined || newest === undefined) return false;
  return (await nowMs(signal)) < newest.modifiedMs + settleMs;
}

/** Compare-and-set, and where that may not be one step, a look at whose stands there in the end. */
async function replaceFile(
  { pointer, bytes }: SignedPointer,
  { file }: ChannelState,
  { store, clock, trust }: SetPointerDeps,
  signal: AbortSignal,
): Promise<void> {
  const key = channelKey(pointer.name, pointer.channel);
  const condition: PutCondition = file === undefined ? { ifAbsent: true } : { ifMatch: file.etag };
  const answer = await store.put(key, bytes, condition, signal);
  if (store.settleMs === undefined) {
    if (answer === "conflict") throw conflict(store, pointer);
    return;
  }
  const whose = async (): Promise<Outcome> => {
    const { file: stands, newest } = await readChannel(store, pointer, trust, {}, signal);
    if (stands !== undefined && Buffer.compare(stands.bytes, bytes) === 0) return "ours";
    return (newest?.pointer.sequence ?? 0) < pointer.sequence ? "older" : "theirs";
  };
  // "conflict" may be the echo of our own write, sent again because its answer was lost: only a look can tell.
  if (answer === "conflict" && (await whose()) !== "ours") throw conflict(store, pointer);
  await awaitSettled(store, key, clock, signal);
  await requireOurs(whose, pointer, store, clock, signal);
}

/** Append-only: everybody writes a claim of their own, and the store's clock says whose was first. */
async function claimSequence(
  { pointer, bytes }: SignedPointer,
  { store, clock, trust }: SetPointerDeps,
  signal: AbortSignal,
): Promise<void> {
  const { name, channel, sequence } = pointer;
  const key = claimKey(name, channel, sequence, pointerId(bytes));
  const startedMs = clock.monotonicMs();
  await store.put(key, bytes, "none", signal);
  const isSlow = clock.monotonicMs() - startedMs > (store.settleMs ?? Number.POSITIVE_INFINITY);
  const whose = async (): Promise<Outcome> => {
    const { newest } = await readChannel(store, pointer, trust, { sequence }, signal);
    if (newest === undefined || newest.pointer.sequence < sequence) return "older";
    return newest.key === key ? "ours" : "theirs";
  };
  try {
    // A server may date an object by the begin of its upload: one that came late could overtake who has already won.
    if (isSlow) throw conflict(store, pointer);
    await awaitSettled(store, key, clock, signal);
    await requireOurs(whose, pointer, store, clock, signal);
  } catch (thrown) {
    // A claim that lost may go: nothing depends on it.
    if (thrown instanceof ModelError && thrown.code === "REGISTRY_CONFLICT") await store.delete(key, signal);
    throw thrown;
  }
}

type Outcome = "older" | "ours" | "theirs";

const MOST_LOOKS = 5;

/** A cache in between may show an older state for a while.
 *  @throws ModelError REGISTRY_CONFLICT, and REGISTRY_UNREACHABLE where it cannot be found out */
async function requireOurs(
  whose: () => Promise<Outcome>,
  pointer: Pointer,
  store: ObjectStore,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    if (look > 0) await clock.sleep(store.settleMs ?? 0, signal);
    const outcome = await whose();
    if (outcome === "ours") return;
    if (outcome === "theirs") throw conflict(store, pointer);
  }
  throw new ModelError(
    "REGISTRY_UNREACHABLE",
    `${store.name} took pointer ${pointer.sequence} of channel ${pointer.name}/${pointer.channel} and still shows an ` +
      "older one; a cache may stand in between. Look at the channel before it is set again",
  );
}

const conflict = (store: ObjectStore, { name, channel }: { name: string; channel: string }): ModelError =>
  new ModelError(
    "REGISTRY_CONFLICT",
    `somebody else has just set channel ${name}/${channel} in ${store.name}; look at it, and repeat if it is still meant`,
  );
