import type { Clock } from "@stethos/protocol-finger/clock";
import { rcompare } from "semver";
import { ModelError } from "../errors.ts";
import { parseManifest } from "../package/manifest.ts";
import { checkManifest } from "../package/open-package.ts";
import { sha256OfBytes } from "../package/package-folder.ts";
import { readChannel } from "./channel-state.ts";
import { manifestKey, modelFolder, signatureKey } from "./layout.ts";
import type { ObjectStore } from "./object-store.ts";
import { publishedVersion, pushPackage } from "./push.ts";
import type { Pointer, PublishedManifest, PublishedVersion, Registry } from "./registry.ts";
import { setPointer } from "./set-pointer.ts";
import { readSmall } from "./small-object.ts";

export interface RegistryDeps {
  readonly clock: Clock;
  /** Told of each version that is left out of a list, and why. */
  readonly onUnreadable?: (key: string, error: ModelError) => void;
}

/** A registry of models over a store; the store decides what it is: a bucket or a folder. */
export function createRegistry(store: ObjectStore, { clock, onUnreadable }: RegistryDeps): Registry {
  return {
    store,
    versions: (name, signal) => listVersions(store, name, onUnreadable, signal),
    async version(name, version, trust, signal): Promise<PublishedManifest> {
      const manifest = await readSmall(store, manifestKey(name, version), signal);
      if (manifest === undefined) throw missing(store, `${name} ${version}`, "manifest");
      const signature = await readSmall(store, signatureKey(name, version), signal);
      if (signature === undefined) throw unsigned(store, `${name} ${version}`);
      const where = `${store.name}, ${name} ${version}`;
      const checked = checkManifest(manifest.bytes, signature.bytes, trust, where);
      requirePlace(checked.manifest, name, version, where);
      return { ...checked, manifestBytes: manifest.bytes, signatureBytes: signature.bytes };
    },
    push: (folder, trust, onProgress, signal) =>
      pushPackage(folder, trust, onProgress, { store, clock }, signal),
    async pointer(name, channel, trust, nowMs, signal) {
      const query = { isSettledOnly: true };
      const { newest, refused } = await readChannel(store, { name, channel }, trust, query, signal);
      if (newest === undefined) {
        if (refused[0] !== undefined) throw refused[0];
        return undefined;
      }
      requireTime(newest.pointer, nowMs, store);
      return newest.pointer;
    },
    setPointer: (wanted, signer, trust, nowMs, signal) => {
      if (Date.parse(wanted.expires) <= nowMs) {
        return Promise.reject(
          new ModelError(
            "USAGE",
            `the pointer would have expired already (${wanted.expires}); give it a later end`,
          ),
        );
      }
      return setPointer(wanted, signer, { store, clock, trust }, signal);
    },
  };
}

async function listVersions(
  store: ObjectStore,
  name: string,
  onUnreadable: RegistryDeps["onUnreadable"],
  signal: AbortSignal,
): Promise<readonly PublishedVersion[]> {
  const found: PublishedVersion[] = [];
  const folder = modelFolder(name);
  for await (const { key } of store.list(folder, signal)) {
    const version = /^([^/]+)\/manifest\.json$/.exec(key.slice(folder.length))?.[1];
    if (version === undefined) continue;
    try {
      const object = await readSmall(store, key, signal);
      if (object === undefined) continue;
      const manifest = parseManifest(object.bytes, `${store.name}, ${key}`);
      requirePlace(manifest, name, version, `${store.name}, ${key}`);
      found.push(publishedVersion({ manifest, digest: sha256OfBytes(object.bytes) }));
    } catch (thrown) {
      if (!(thrown instanceof ModelError) || thrown.code.startsWith("REGISTRY_")) throw thrown;
      onUnreadable?.(key, thrown);
    }
  }
  return found.sort((a, b) => b.sequence - a.sequence || rcompare(a.version, b.version));
}

/** Mix and match: a validly signed manifest at the place of another. */
function requirePlace(
  manifest: { readonly name: string; readonly version: string },
  name: string,
  version: string,
  where: string,
): void {
  if (manifest.name === name && manifest.version === version) return;
  throw new ModelError(
    "MODEL_TAMPERED",
    `${where} holds the manifest of ${manifest.name} ${manifest.version}; somebody put it there. Push the version ` +
      "again, and find out who can write to the store",
  );
}

/** Freeze: whoever holds back newer pointers can do so until the old one expires (TUF, section 1.5.2). */
function requireTime(pointer: Pointer, nowMs: number, store: ObjectStore): void {
  const isEarly = nowMs < Date.parse(pointer.notBefore);
  if (!isEarly && nowMs < Date.parse(pointer.expires)) return;
  const channel = `pointer ${pointer.sequence} of channel ${pointer.name}/${pointer.channel} in ${store.name}`;
  const now = new Date(nowMs).toISOString();
  throw new ModelError(
    "MODEL_EXPIRED",
    isEarly
      ? `${channel} is valid from ${pointer.notBefore}, here it is ${now}; wait, or set this machine's clock`
      : `${channel} expired at ${pointer.expires}, here it is ${now}; set the channel anew (channel set), or this machine's clock`,
  );
}

const missing = (store: ObjectStore, what: string, part: string): ModelError =>
  new ModelError(
    "MODEL_MISSING",
    `${store.name} has no ${part} of ${what}; push it, or name one that list shows`,
  );

const unsigned = (store: ObjectStore, what: string): ModelError =>
  new ModelError(
    "MODEL_UNSIGNED",
    `${store.name} has no signature of ${what}; sign the package and push it again`,
  );
