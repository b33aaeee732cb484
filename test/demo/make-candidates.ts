// Makes anew what test/demo/candidates holds: two heads for the shipped listener, trained from simulated field data as
// anybody would from real ones. Needs models/setup.sh.   node test/demo/make-candidates.ts
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Labelling, writeFieldData } from "./field-data.ts";

const models = join(import.meta.dirname, "../../models");
const shipped = join(models, "artifacts/listener/0.1.0");
/** All that a head-only version changes; the rest is the shipped one's, byte for byte. */
export const CHANGED_FILES = ["head.bin", "manifest.json", "CARD.md", "golden/vectors.json"] as const;

async function make(name: string, labelling: Labelling, base: string, version: string): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), "stethos-candidate-"));
  await writeFieldData(join(work, "field"), join(shipped, "model.int8.onnx"), labelling);
  const out = join(work, "package");
  const args = ["-m", "pipeline", "head", "--field", join(work, "field"), "--base", base, "--out", out];
  const done = spawnSync(join(models, ".venv/bin/python"), [...args, "--version", version, "--anyway"], {
    cwd: models,
    stdio: "inherit",
  });
  if (done.status !== 0) throw new Error(`no candidate "${name}": python ended with ${done.status}`);
  const target = join(import.meta.dirname, "candidates", name);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, "golden"), { recursive: true });
  for (const file of CHANGED_FILES) cpSync(join(out, file), join(target, file));
  return out;
}

const better = await make("better", "right", shipped, "0.1.1");
await make("worse", "wrong", better, "0.1.2");
