import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "../../ports/logger.ts";
import type { Telemetry } from "../../ports/telemetry.ts";

export const MODEL_FOLDER: string = join(import.meta.dirname, "../../../../models/artifacts/listener/0.1.0");

export const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

export const silentTelemetry: Telemetry = { emit() {} };

/** A copy of the model folder, its manifest changed as a test wants it. */
export async function changedModel(change: (manifest: Record<string, unknown>) => void): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-model-"));
  await cp(MODEL_FOLDER, folder, { recursive: true });
  const path = join(folder, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  change(manifest);
  await writeFile(path, JSON.stringify(manifest));
  return folder;
}
