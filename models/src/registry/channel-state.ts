import { ModelError } from "../errors.ts";
import type { Trust } from "../package/trust.ts";
import { CHANNELS, channelKey, claimsFolder, sequenceOfClaim } from "./layout.ts";
import type { ObjectStore } from "./object-store.ts";
import { readPointer } from "./pointer-file.ts";
import type { Pointer } from "./registry.ts";
import { readSmall, type SmallObject } from "./small-object.ts";

/** What lies in a store about one channel. */
export interface ChannelState {
  /** The file that compare-and-set replaces, whatever is in it. */
  readonly file?: SmallObject;
  /** The valid pointer that counts. */
  readonly newest?: FoundPointer;
  /** Why another is not valid. */
  readonly refused: readonly ModelError[];
}

export interface FoundPointer extends SmallObject {
  readonly pointer: Pointer;
}

export interface ChannelId {
  readonly name: string;
  readonly channel: string;
}

export interface ChannelQuery {
  /** Leaves out claims that another may yet come before. */
  readonly isSettledOnly?: boolean;
  /** Of the claims, those of this sequence alone. */
  readonly sequence?: number;
}

// Whoever floods a channel with more rubbish than this makes it fail, not lie.
const MOST_CLAIMS_READ = 64;

/** Reads both forms of a channel: a store may have been written to before and after it learnt conditions. */
export async function readChannel(
  store: ObjectStore,
  id: ChannelId,
  trust: Trust,
  query: ChannelQuery,
  signal: AbortSignal,
): Promise<ChannelState> {
  const refused: ModelError[] = [];
  const file = await readSmall(store, channelKey(id.name, id.channel), signal);
  const inFile = file && checkPointer(file, id, trust, store, refused);
  const claim = await newestClaim(store, id, trust, query, refused, signal);
  const isClaimNewer = (claim?.pointer.sequence ?? 0) > (inFile?.pointer.sequence ?? 0);
  const newest = isClaimNewer ? claim : inFile;
  return { ...(file && { file }), ...(newest && { newest }), refused };
}

/** The first valid claim of the highest sequence that has one. */
async function newestClaim(
  store: ObjectStore,
  id: ChannelId,
  trust: Trust,
  query: ChannelQuery,
  refused: ModelError[],
  signal: AbortSignal,
): Promise<FoundPointer | undefined> {
  const claims = (await listClaims(store, id, signal)).filter(
    ({ sequence }) => query.sequence === undefined || sequence === query.sequence,
  );
  if (claims.length === 0) return undefined;
  const nowMs = query.isSettledOnly ? await store.nowMs?.(signal) : undefined;
  const settledBefore = nowMs === undefined ? Number.POSITIVE_INFINITY : nowMs - (store.settleMs ?? 0);
  const settled = claims.filter(({ second }) => second * 1000 <= settledBefore).sort(byPrecedence);
  for (const { key } of settled.slice(0, MOST_CLAIMS_READ)) {
    const claim = await readSmall(store, key, signal);
    const checked = claim && checkPointer(claim, id, trust, store, refused);
    if (checked) return checked;
  }
  return undefined;
}

interface ListedClaim {
  readonly key: string;
  readonly sequence: number;
  /** When it came, by the store's clock: some tell no more than seconds. */
  readonly second: number;
}

async function listClaims(
  store: ObjectStore,
  { name, channel }: ChannelId,
  signal: AbortSignal,
): Promise<readonly ListedClaim[]> {
  const claims: ListedClaim[] = [];
  for await (const { key, modifiedMs } of store.list(claimsFolder(name, channel), signal)) {
    const sequence = sequenceOfClaim(key);
    if (sequence !== undefined) claims.push({ key, sequence, second: Math.floor(modifiedMs / 1000) });
  }
  return claims;
}

/** The higher sequence; of one sequence whoever was first, and within a second whose key is smaller. */
const byPrecedence = (a: ListedClaim, b: ListedClaim): number =>
  b.sequence - a.sequence || a.second - b.second || (a.key < b.key ? -1 : 1);

function checkPointer(
  object: SmallObject,
  id: ChannelId,
  trust: Trust,
  store: ObjectStore,
  refused: ModelError[],
): FoundPointer | undefined {
  const where = `${store.name}, ${object.key}`;
  try {
    const pointer = readPointer(object.bytes, trust, where);
    requirePlace(pointer, id, object.key, where);
    return { ...object, pointer };
  } catch (thrown) {
    if (!(thrown instanceof ModelError)) throw thrown;
    refused.push(thrown);
    return undefined;
  }
}

/** A pointer that was signed for another place: swapped by whoever can write to the store. */
function requirePlace(pointer: Pointer, { name, channel }: ChannelId, key: string, where: string): void {
  const sequence = sequenceOfClaim(key) ?? pointer.sequence;
  if (pointer.name === name && pointer.channel === channel && pointer.sequence === sequence) return;
  throw new ModelError(
    "MODEL_TAMPERED",
    `${where} was signed as pointer ${pointer.sequence} of ${CHANNELS}${pointer.name}/${pointer.channel}; somebody put ` +
      "it there. Set the channel anew, and find out who can write to the store",
  );
}
