import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "../../ports/logger.ts";
import type { InstalledModel } from "../../ports/model-store.ts";
import { readModelPackage } from "./manifest.ts";

export const MODEL_FOLDER: string = join(import.meta.dirname, "../../../../models/artifacts/listener/0.1.0");

export const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

type Json = Record<string, unknown>;

/** A copy of the model folder, its manifest changed as a test wants it. */
export async function changedModel(change: (manifest: Json) => void = () => undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-model-"));
  await cp(MODEL_FOLDER, folder, { recursive: true });
  await changeJson(join(folder, "manifest.json"), change);
  return folder;
}

/** Puts other bytes in the place of a file of a package, and makes its manifest true again. */
export async function replaceFile(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(join(folder, path), bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await changeJson(join(folder, "manifest.json"), (manifest) => {
    const files = manifest["files"] as Json[];
    const others = files.filter((file) => file["path"] !== path);
    manifest["files"] = [...others, { path, role: "test", sha256, bytes: bytes.length }];
  });
}

export async function changeJson(path: string, change: (value: Json) => void): Promise<void> {
  const value = JSON.parse(await readFile(path, "utf8")) as Json;
  change(value);
  await writeFile(path, JSON.stringify(value));
}

/** As a model store hands it over. */
export async function installedAt(folder: string): Promise<InstalledModel> {
  const { name, version, digest, sequence } = (await readModelPackage(folder)).contract;
  return { folder, model: { name, version, digest, sequence } };
}
