import { basename, join, resolve } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { ModelError } from "../errors.ts";
import type { Signer } from "../registry/registry.ts";
import { SIGNATURE_FILE, signFiles } from "../signing/model-signature.ts";
import { MANIFEST_FILE, type Manifest, parseManifest } from "./manifest.ts";
import { listFolder, readOptional, sha256OfBytes, sha256OfFile } from "./package-folder.ts";

export interface UnsignedPackage {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly digest: string;
}

/** A package as it is before it is signed: the manifest and the very files that it names.
 *  @throws ModelError MODEL_MISSING, MODEL_CONTRACT */
export async function readUnsigned(folder: string, signal: AbortSignal): Promise<UnsignedPackage> {
  const entries = await listFolder(folder);
  const bytes = await readOptional(join(folder, MANIFEST_FILE));
  if (bytes === undefined) {
    throw new ModelError(
      "MODEL_MISSING",
      `${folder} has no ${MANIFEST_FILE}; make a package with pack first`,
    );
  }
  const manifest = parseManifest(bytes, join(folder, MANIFEST_FILE));
  const own = new Set([MANIFEST_FILE, SIGNATURE_FILE, ...manifest.files.map(({ path }) => path)]);
  const extra = entries.find(({ path, kind }) => kind !== "file" || !own.has(path));
  if (extra !== undefined) throw differs(folder, `${extra.path} is there, but is no file that it names`);
  const sizes = new Map(entries.map((entry) => [entry.path, entry.bytes]));
  for (const { path, sha256, bytes: wanted } of manifest.files) {
    if (sizes.get(path) !== wanted) {
      throw differs(folder, `${path} has ${sizes.get(path) ?? "no"} bytes, it says ${wanted}`);
    }
    const found = await sha256OfFile(join(folder, path), signal);
    if (found !== sha256) throw differs(folder, `${path} has sha256 ${found}, it says ${sha256}`);
  }
  return { folder, manifest, digest: sha256OfBytes(bytes) };
}

/** Signs a package in place: all that the manifest names, and the manifest.
 *  @throws ModelError MODEL_MISSING, MODEL_CONTRACT */
export async function signPackage(
  folder: string,
  signer: Signer,
  signal: AbortSignal,
): Promise<UnsignedPackage> {
  const unsigned = await readUnsigned(folder, signal);
  const { manifest, digest } = unsigned;
  const files = [{ path: MANIFEST_FILE, sha256: digest }, ...manifest.files];
  const signature = await signFiles(basename(resolve(folder)), files, signer);
  await writeFileAtomic(join(folder, SIGNATURE_FILE), Buffer.from(signature));
  return unsigned;
}

const differs = (folder: string, why: string): ModelError =>
  new ModelError(
    "MODEL_CONTRACT",
    `${folder} is not what its ${MANIFEST_FILE} says: ${why}; make the package anew with: stethos-model pack`,
  );
