import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InstalledModel } from "../../../edge-agent/src/ports/model-store.ts";

const shipped = join(import.meta.dirname, "../../../models/artifacts/listener/0.1.0");

export interface TwoVersions {
  readonly versions: readonly [InstalledModel, InstalledModel];
  remove(): Promise<void>;
}

/** The shipped package and a copy of it that calls itself another version. */
export async function makeTwoVersions(): Promise<TwoVersions> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-swap-"));
  const copy = join(folder, "0.1.1");
  await cp(shipped, copy, { recursive: true });
  const path = join(copy, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as object;
  await writeFile(path, JSON.stringify({ ...manifest, version: "0.1.1", sequence: 2 }));
  return {
    versions: [await installedAt(shipped), await installedAt(copy)],
    remove: () => rm(folder, { recursive: true }),
  };
}

async function installedAt(folder: string): Promise<InstalledModel> {
  const bytes = await readFile(join(folder, "manifest.json"));
  const { name, version, sequence } = JSON.parse(bytes.toString()) as InstalledModel["model"];
  const digest = createHash("sha256").update(bytes).digest("hex");
  return { folder, model: { name, version, sequence, digest } };
}
