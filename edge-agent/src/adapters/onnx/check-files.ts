import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { EdgeError } from "../../core/errors.ts";
import type { ModelPackage } from "./manifest.ts";

/** Holds every file of a package against its manifest: for a folder that no model store has checked. What the manifest
 *  itself is worth, only a signature can tell.
 *  @throws EdgeError MODEL_MISSING, MODEL_TAMPERED */
export async function checkFiles(model: ModelPackage): Promise<void> {
  for (const wanted of model.files) {
    const path = join(model.folder, wanted.path);
    const { sha256, bytes } = await digestOf(path);
    if (bytes === wanted.bytes && sha256 === wanted.sha256) continue;
    throw new EdgeError(
      "MODEL_TAMPERED",
      `${path} is not the file its manifest names (${bytes} bytes, sha256 ${sha256}; ` +
        `wanted ${wanted.bytes} bytes, ${wanted.sha256}); it was not loaded. Fetch the model again`,
    );
  }
}

async function digestOf(path: string): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash("sha256");
  const source = createReadStream(path);
  try {
    await pipeline(source, hash);
  } catch (cause) {
    throw new EdgeError("MODEL_MISSING", `the model file ${path} cannot be read; fetch the model again`, {
      cause,
    });
  }
  return { sha256: hash.digest("hex"), bytes: source.bytesRead };
}
