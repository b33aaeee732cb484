import { ModelError } from "../errors.ts";
import type { Manifest } from "./manifest.ts";
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
export function openPackage(folder: string, trust: Trust, signal: AbortSignal): Promise<OpenedPackage> {
  return Promise.reject(
    new ModelError("MODEL_UNSIGNED", `not built yet: ${folder} ${trust.keys.length} ${signal.aborted}`),
  );
}
