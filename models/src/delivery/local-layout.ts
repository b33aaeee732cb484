import { join } from "node:path";
import { ModelError } from "../errors.ts";

/** Where things are in the folder of a device:
 *  blobs/<sha256>                    files of any version, checked, never changed
 *  partial/<sha256>, .json           a download under way, and how much of it is safely there
 *  versions/<name>/<version>-<id>/   complete packages: hard links to the blobs, manifest and signature
 *  staging/<id>/                     a package being put together
 *  memory.sqlite, lock.sqlite */
export interface LocalLayout {
  readonly root: string;
  readonly blobs: string;
  readonly partial: string;
  readonly versions: string;
  readonly staging: string;
  readonly memory: string;
  readonly lock: string;
  blob(sha256: string): string;
  version(version: VersionId): string;
}

export interface VersionId {
  readonly name: string;
  readonly version: string;
  /** sha256 of the manifest, hex. */
  readonly digest: string;
}

export function localLayout(root: string): LocalLayout {
  const blobs = join(root, "blobs");
  const versions = join(root, "versions");
  return {
    root,
    blobs,
    partial: join(root, "partial"),
    versions,
    staging: join(root, "staging"),
    memory: join(root, "memory.sqlite"),
    lock: join(root, "lock.sqlite"),
    blob: (sha256) => join(blobs, sha256),
    version: ({ name, version, digest }) =>
      join(versions, part(name), `${part(version)}-${digest.slice(0, 16)}`),
  };
}

/** One part of a path, since names come from a registry. */
function part(text: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._+-]*$/.test(text)) return text;
  throw new ModelError(
    "MODEL_CONTRACT",
    `"${text}" cannot be the name or version of a model: letters, digits and _, then also .+-`,
  );
}

/** A file of a package below `folder`, and nowhere else. */
export const fileBelow = (folder: string, path: string): string => join(folder, ...path.split("/").map(part));
