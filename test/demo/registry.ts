import { execFile } from "node:child_process";
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Candidate } from "./canary-story.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const cli = join(root, "models/src/main.ts");
const shipped = join(root, "models/artifacts/listener/0.1.0");

const versions: Readonly<Record<Candidate, string>> = { better: "0.1.1", worse: "0.1.2" };

/** What an ML engineer has at hand: a key, a registry in a folder, and the command line. */
export interface DemoRegistry {
  readonly url: string;
  readonly publicKey: string;
  /** Signs a candidate, pushes it and points the channel "candidate" at it. */
  publish(candidate: Candidate): Promise<void>;
}

/** @param onCommand told of each command before it is run, as somebody would type it */
export async function openDemoRegistry(
  folder: string,
  onCommand: (text: string) => void,
): Promise<DemoRegistry> {
  const key = join(folder, "release");
  const url = join(folder, "registry");
  const model = async (...args: readonly string[]): Promise<void> => {
    onCommand(`stethos-model ${args.map((text) => text.replace(`${folder}/`, "")).join(" ")}`);
    await run(process.execPath, [cli, ...args], { timeout: 120_000 });
  };
  await mkdir(url, { recursive: true });
  await model("keygen", "--out", key);
  return {
    url,
    publicKey: `${key}.pub`,
    async publish(candidate) {
      const work = join(folder, candidate);
      await rm(work, { recursive: true, force: true });
      await cp(shipped, work, { recursive: true, filter: (file) => !file.endsWith("model.sig") });
      await cp(join(import.meta.dirname, "candidates", candidate), work, { recursive: true });
      await model("sign", work, "--key", key);
      await model("push", work, "--registry", url, "--key", `${key}.pub`);
      await model(
        "channel",
        "set",
        "listener",
        "candidate",
        versions[candidate],
        "--registry",
        url,
        "--key",
        key,
      );
    },
  };
}
