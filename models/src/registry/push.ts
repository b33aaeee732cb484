import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { ModelError } from "../errors.ts";
import { MANIFEST_FILE, type ManifestFile } from "../package/manifest.ts";
import { checkManifest, type OpenedPackage, openPackage } from "../package/open-package.ts";
import { sha256OfBytes } from "../package/package-folder.ts";
import type { Trust } from "../package/trust.ts";
import { SIGNATURE_FILE } from "../signing/model-signature.ts";
import { blobKey, manifestKey, signatureKey } from "./layout.ts";
import type { ObjectStore } from "./object-store.ts";
import type { OnProgress, PublishedVersion, PushReport } from "./registry.ts";
import { awaitSettled } from "./settle.ts";
import { readSmall } from "./small-object.ts";

/** Uploads a package: blobs first, then the signature, the manifest last. */
export async function pushPackage(
  folder: string,
  trust: Trust,
  onProgress: OnProgress,
  { store, clock }: { readonly store: ObjectStore; readonly clock: Clock },
  signal: AbortSignal,
): Promise<PushReport> {
  const opened = await openPackage(folder, trust, signal);
  // Early, before megabytes are sent for nothing.
  await refuseOther(opened, store, signal);
  const files = distinctBlobs(opened.manifest.files);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const uploaded = { files: 0, bytes: 0 };
  const shared = { files: 0, bytes: 0 };
  let done = 0;
  for (const file of files) {
    onProgress({ bytes: done, total, what: file.path });
    const sum = (await pushBlob(folder, file, store, signal)) ? uploaded : shared;
    sum.files += 1;
    sum.bytes += file.bytes;
    done += file.bytes;
  }
  await pushSignature(opened, trust, store, signal);
  await pushManifest(opened, store, clock, signal);
  onProgress({ bytes: total, total, what: MANIFEST_FILE });
  return { version: publishedVersion(opened), uploaded, shared };
}

const distinctBlobs = (files: readonly ManifestFile[]): readonly ManifestFile[] => [
  ...new Map(files.map((file) => [file.sha256, file])).values(),
];

export function publishedVersion({
  manifest,
  digest,
}: Pick<OpenedPackage, "digest" | "manifest">): PublishedVersion {
  const { name, version, sequence } = manifest;
  const bytes = distinctBlobs(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
  return { name, version, sequence, digest, bytes };
}

/** @returns whether it was missing */
async function pushBlob(
  folder: string,
  { path, sha256, bytes }: ManifestFile,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<boolean> {
  const key = blobKey(sha256);
  const there = await store.head(key, signal);
  // One that was cut short by a server that knows no atomic upload is written again.
  if (there?.bytes === bytes) return false;
  const body = await readFile(join(folder, path));
  if (sha256OfBytes(body) !== sha256) {
    throw new ModelError(
      "MODEL_TAMPERED",
      `${folder}: ${path} changed while it was pushed; sign and push again`,
    );
  }
  await store.put(key, body, "none", signal);
  return true;
}

/** A version that is there with another content is never changed. */
async function refuseOther({ manifest, digest }: OpenedPackage, store: ObjectStore, signal: AbortSignal) {
  const { name, version } = manifest;
  const there = await readSmall(store, manifestKey(name, version), signal);
  if (there !== undefined && sha256OfBytes(there.bytes) !== digest) throw taken(store, name, version);
}

/** The signature may be replaced, by a valid one over the same manifest: keys change, versions do not. */
async function pushSignature(opened: OpenedPackage, trust: Trust, store: ObjectStore, signal: AbortSignal) {
  const { folder, manifest } = opened;
  const key = signatureKey(manifest.name, manifest.version);
  const there = await readSmall(store, key, signal);
  const manifestBytes = await readFile(join(folder, MANIFEST_FILE));
  if (there !== undefined && isValid(manifestBytes, there.bytes, trust)) return;
  await store.put(key, await readFile(join(folder, SIGNATURE_FILE)), "none", signal);
}

function isValid(manifestBytes: Uint8Array, signatureBytes: Uint8Array, trust: Trust): boolean {
  try {
    checkManifest(manifestBytes, signatureBytes, trust, "");
    return true;
  } catch (thrown) {
    if (thrown instanceof ModelError) return false;
    throw thrown;
  }
}

async function pushManifest(opened: OpenedPackage, store: ObjectStore, clock: Clock, signal: AbortSignal) {
  const { name, version } = opened.manifest;
  const key = manifestKey(name, version);
  if ((await store.head(key, signal)) === undefined) {
    const { ifAbsent } = await store.conditions(signal);
    const body = await readFile(join(opened.folder, MANIFEST_FILE));
    await store.put(key, body, ifAbsent ? { ifAbsent: true } : "none", signal);
    await awaitSettled(store, key, clock, signal);
  }
  // Whatever the answer was, what stands there in the end counts.
  await refuseOther(opened, store, signal);
}

const taken = (store: ObjectStore, name: string, version: string): ModelError =>
  new ModelError(
    "REGISTRY_CONFLICT",
    `${name} ${version} is in ${store.name} with another content, and versions never change; give yours a new version`,
  );
