import { join } from "node:path";
import { ModelError } from "../errors.ts";
import { type CheckedSignature, checkSignature, SIGNATURE_FILE } from "../signing/model-signature.ts";
import { MANIFEST_FILE, type Manifest, parseManifest } from "./manifest.ts";
import { listFolder, readOptional, sha256OfBytes, sha256OfFile } from "./package-folder.ts";
import type { Trust } from "./trust.ts";

/** A folder whose every byte was signed by a trusted key. */
export interface OpenedPackage {
  readonly folder: string;
  readonly manifest: Manifest;
  /** sha256 of manifest.json, hex: the identity of a version. */
  readonly digest: string;
  readonly signedBy: string;
}

/** Checks a package on disk: signature, each file's size and digest, nothing missing and nothing extra.
 *  @throws ModelError MODEL_MISSING, MODEL_CONTRACT, MODEL_UNSIGNED, MODEL_TAMPERED */
export async function openPackage(folder: string, trust: Trust, signal: AbortSignal): Promise<OpenedPackage> {
  const entries = await listFolder(folder);
  const manifestBytes = await readOptional(join(folder, MANIFEST_FILE));
  if (manifestBytes === undefined) {
    throw new ModelError(
      "MODEL_MISSING",
      `${folder} has no ${MANIFEST_FILE}; name the folder of a model package`,
    );
  }
  const signatureBytes = await readOptional(join(folder, SIGNATURE_FILE));
  if (signatureBytes === undefined) {
    throw new ModelError(
      "MODEL_UNSIGNED",
      `${folder} has no ${SIGNATURE_FILE}; sign it with: stethos-model sign, or install it again`,
    );
  }
  const checked = checkManifest(manifestBytes, signatureBytes, trust, folder);
  const { manifest } = checked;
  const sizes = new Map(manifest.files.map(({ path, bytes }) => [path, bytes]));
  sizes.set(MANIFEST_FILE, manifestBytes.length).set(SIGNATURE_FILE, signatureBytes.length);
  for (const { path, kind, bytes } of entries) {
    const wanted = sizes.get(path);
    if (wanted === undefined) throw tampered(folder, `${path} is not part of the package`);
    if (kind !== "file") throw tampered(folder, `${path} is a link or a device instead of a file`);
    if (bytes !== wanted) throw tampered(folder, `${path} has ${bytes} bytes where ${wanted} were signed`);
    sizes.delete(path);
  }
  const [missing] = sizes.keys();
  if (missing !== undefined) throw tampered(folder, `${missing} is missing`);
  for (const { path, sha256 } of manifest.files) {
    const found = await sha256OfFile(join(folder, path), signal);
    if (found !== sha256) throw tampered(folder, `${path} has sha256 ${found} where ${sha256} was signed`);
  }
  return { folder, manifest, digest: checked.digest, signedBy: checked.signedBy };
}

export interface CheckedManifest {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly signedBy: string;
}

/** Checks that a signature covers this manifest, and the very files that the manifest names.
 *  @param where for messages
 *  @throws ModelError MODEL_UNSIGNED, MODEL_TAMPERED, MODEL_CONTRACT */
export function checkManifest(
  manifestBytes: Uint8Array,
  signatureBytes: Uint8Array,
  trust: Trust,
  where: string,
): CheckedManifest {
  const signature = checkSignature(signatureBytes, trust, `${where}/${SIGNATURE_FILE}`);
  const digest = sha256OfBytes(manifestBytes);
  const signed = new Map(signature.files.map(({ path, sha256 }) => [path, sha256]));
  if (signed.get(MANIFEST_FILE) !== digest) {
    throw tampered(where, `${MANIFEST_FILE} has sha256 ${digest}, which is not the one that was signed`);
  }
  const manifest = parseManifest(manifestBytes, `${where}/${MANIFEST_FILE}`);
  requireSameFiles(manifest, signature, where);
  return { manifest, digest, signedBy: signature.signedBy };
}

/** The signature and the manifest each list the files: two lists that differ are no package. */
function requireSameFiles(manifest: Manifest, { files }: CheckedSignature, where: string): void {
  const named = new Map(manifest.files.map(({ path, sha256 }) => [path, sha256]));
  for (const { path, sha256 } of files) {
    if (path === MANIFEST_FILE) continue;
    if (named.get(path) !== sha256)
      throw tampered(where, `${path} was signed, but ${MANIFEST_FILE} does not name it so`);
    named.delete(path);
  }
  const [unsigned] = named.keys();
  if (unsigned !== undefined)
    throw tampered(where, `${MANIFEST_FILE} names ${unsigned}, which was not signed`);
}

const tampered = (where: string, why: string): ModelError =>
  new ModelError(
    "MODEL_TAMPERED",
    `${where}: ${why}; install the version again, or sign the package anew if the change was meant`,
  );
