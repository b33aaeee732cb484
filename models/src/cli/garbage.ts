import { z } from "zod";
import { ModelError } from "../errors.ts";
import { type Manifest, parseManifest } from "../package/manifest.ts";
import { BLOBS, CHANNELS, MODELS } from "../registry/layout.ts";
import type { ListedObject, ObjectStore } from "../registry/object-store.ts";
import { pointerSchema } from "../registry/pointer-file.ts";
import type { Pointer } from "../registry/registry.ts";
import { readSmall } from "../registry/small-object.ts";

export interface GarbagePolicy {
  /** Of each model, so many of the highest sequence stay, pointed at or not. */
  readonly keepNewest: number;
  /** Younger blobs may belong to a push under way. */
  readonly olderThanMs: number;
}

export interface Garbage {
  readonly versions: readonly {
    readonly name: string;
    readonly version: string;
    readonly keys: readonly string[];
  }[];
  readonly blobs: readonly ListedObject[];
  /** Of pointers that were replaced long ago. */
  readonly claims: readonly string[];
  readonly keptVersions: number;
}

interface Found {
  readonly manifest: Manifest;
  readonly folder: string;
}

/** What no channel points at, what is not among the newest, and what no version that stays is made of. Nothing is given up
 *  while something cannot be read: it might be what needs it.
 *  @throws ModelError MODEL_CONTRACT, and as the store */
export async function findGarbage(
  store: ObjectStore,
  { keepNewest, olderThanMs }: GarbagePolicy,
  nowMs: number,
  signal: AbortSignal,
): Promise<Garbage> {
  const found = await publishedIn(store, signal);
  const pointers = await channelFiles(store, signal);
  const claims = pointers.filter((file) => isSuperseded(file, pointers));
  const pointed = new Set(pointers.filter((file) => !claims.includes(file)).map(({ folder }) => folder));
  const stays = found.filter((each) => pointed.has(each.folder) || rankOf(each, found) < keepNewest);
  const goes = found.filter((each) => !stays.includes(each));
  const needed = new Set(stays.flatMap(({ manifest }) => manifest.files.map(({ sha256 }) => sha256)));
  const blobs: ListedObject[] = [];
  for await (const object of store.list(BLOBS, signal)) {
    const isOld = nowMs - object.modifiedMs >= olderThanMs;
    if (isOld && !needed.has(object.key.slice(BLOBS.length))) blobs.push(object);
  }
  const versions = goes.map(({ manifest, folder }) => ({
    name: manifest.name,
    version: manifest.version,
    // The manifest first: without it there is no version.
    keys: [`${folder}manifest.json`, `${folder}model.sig`],
  }));
  return { versions, blobs, claims: claims.map(({ key }) => key), keptVersions: stays.length };
}

const rankOf = ({ manifest }: Found, all: readonly Found[]): number =>
  all.filter((other) => other.manifest.name === manifest.name && other.manifest.sequence > manifest.sequence)
    .length;

async function publishedIn(store: ObjectStore, signal: AbortSignal): Promise<readonly Found[]> {
  const found: Found[] = [];
  for await (const { key } of store.list(MODELS, signal)) {
    if (!key.endsWith("/manifest.json")) continue;
    const manifest = parseManifest(await bytesOf(store, key, signal), `${store.name}/${key}`);
    found.push({ manifest, folder: key.slice(0, -"manifest.json".length) });
  }
  return found;
}

interface ChannelFile {
  readonly key: string;
  /** "channels/listener/stable". */
  readonly channel: string;
  readonly sequence: number;
  /** Folder of the version that it points at. */
  readonly folder: string;
}

/** Signatures and times do not matter here: whatever may be a pointer counts. */
async function channelFiles(store: ObjectStore, signal: AbortSignal): Promise<readonly ChannelFile[]> {
  const found: ChannelFile[] = [];
  for await (const { key } of store.list(CHANNELS, signal)) {
    const { name, version, sequence } = peek(await bytesOf(store, key, signal), `${store.name}/${key}`);
    const channel = key
      .split("/")
      .slice(0, 3)
      .join("/")
      .replace(/\.json$/, "");
    found.push({ key, channel, sequence, folder: `${MODELS}${name}/${version}/` });
  }
  return found;
}

// Of the append-only form, so many of each channel stay: who is behind by more starts from the newest anyway.
const CLAIMS_KEPT = 8;

const isSuperseded = (file: ChannelFile, all: readonly ChannelFile[]): boolean =>
  all.filter(({ channel, sequence }) => channel === file.channel && sequence > file.sequence).length >=
  CLAIMS_KEPT;

const envelope = z.looseObject({ payload: z.base64() });

function peek(bytes: Uint8Array, where: string): Pointer {
  try {
    const { payload } = envelope.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
    return pointerSchema.parse(JSON.parse(Buffer.from(payload, "base64").toString("utf8")));
  } catch (cause) {
    throw new ModelError(
      "MODEL_CONTRACT",
      `${where} is no pointer of a channel, so nobody can tell what it needs; set the channel anew, or remove the file`,
      { cause },
    );
  }
}

async function bytesOf(store: ObjectStore, key: string, signal: AbortSignal): Promise<Uint8Array> {
  const object = await readSmall(store, key, signal);
  if (object !== undefined) return object.bytes;
  throw new ModelError(
    "REGISTRY_CONFLICT",
    `${store.name}/${key} is changed by somebody at the moment; try again`,
  );
}
