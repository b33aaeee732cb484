import type { Manifest } from "../package/manifest.ts";
import type { Trust } from "../package/trust.ts";
import type { ObjectStore } from "./object-store.ts";

/** Layout of a store (Triton's versions, OCI's content addressing, MLflow's aliases):
 *  blobs/sha256/<hex>                            any file of any version, immutable
 *  models/<name>/<version>/manifest.json, model.sig   immutable; the signature covers the manifest and every file it names
 *  channels/<name>/<channel>.json                a signed pointer, replaced by compare-and-set
 *  channels/<name>/<channel>/<sequence>-<id>.json  the same, append-only, where the store has no compare-and-set */
export interface Registry {
  readonly store: ObjectStore;
  /** Newest first. Versions whose manifest cannot be read are left out and reported. */
  versions(name: string, signal: AbortSignal): Promise<readonly PublishedVersion[]>;
  /** Manifest and signature as they lie there, the manifest parsed, the signature checked against `trust`. */
  version(name: string, version: string, trust: Trust, signal: AbortSignal): Promise<PublishedManifest>;
  /** Uploads what is missing, blobs first, the manifest last: a version is there wholly or not at all. The folder must be
   *  a signed package. The same again is no error; another content under the same version is REGISTRY_CONFLICT. */
  push(folder: string, trust: Trust, onProgress: OnProgress, signal: AbortSignal): Promise<PushReport>;
  /** The newest valid pointer. @throws ModelError MODEL_UNSIGNED, MODEL_EXPIRED */
  pointer(
    name: string,
    channel: string,
    trust: Trust,
    nowMs: number,
    signal: AbortSignal,
  ): Promise<Pointer | undefined>;
  /** Signs and sets a pointer with the next sequence.
   *  @throws ModelError REGISTRY_CONFLICT when somebody else was first, or is at it right now */
  setPointer(
    wanted: WantedPointer,
    signer: Signer,
    trust: Trust,
    nowMs: number,
    signal: AbortSignal,
  ): Promise<Pointer>;
}

export interface PublishedVersion {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  readonly digest: string;
  readonly bytes: number;
}

export interface PublishedManifest {
  readonly manifest: Manifest;
  /** sha256 of the manifest's bytes, hex: the identity of a version. */
  readonly digest: string;
  readonly manifestBytes: Uint8Array;
  readonly signatureBytes: Uint8Array;
  /** Fingerprint of the key. */
  readonly signedBy: string;
}

export interface PushReport {
  readonly version: PublishedVersion;
  readonly uploaded: { readonly files: number; readonly bytes: number };
  /** Already there: a head-only update leaves the backbone where it is. */
  readonly shared: { readonly files: number; readonly bytes: number };
}

export type OnProgress = (done: {
  readonly bytes: number;
  readonly total: number;
  readonly what: string;
}) => void;

/** What a channel points at. */
export interface Pointer {
  readonly name: string;
  readonly channel: string;
  readonly version: string;
  readonly manifestSha256: string;
  /** Grows by one with each change of the channel: an older one is a replay. */
  readonly sequence: number;
  /** RFC 3339. */
  readonly notBefore: string;
  readonly expires: string;
  /** The signer says so on purpose: a version older than the one before may be loaded. */
  readonly isRollback: boolean;
}

export type WantedPointer = Omit<Pointer, "sequence"> & {
  /** The sequence that the caller has seen and means to replace, 0 for none; the newest if absent. */
  readonly after?: number;
};

/** Signs; the private key stays where it is. */
export interface Signer {
  /** Fingerprint of the public key: sha256 of its SPKI DER, hex. */
  readonly keyId: string;
  /** Fingerprint as signatures name it: sha256 of the public key's PEM text, hex. */
  readonly hint: string;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
