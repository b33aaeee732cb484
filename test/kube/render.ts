import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "./apply.ts";

const run = promisify(execFile);
const k8s = join(import.meta.dirname, "../../k8s");
const MOST_BYTES = 64 * 1024 * 1024;

/** What `kubectl apply -k` would send, in its order.
 *  @param folder inside k8s/ */
export async function render(kustomize: string, folder: string): Promise<readonly KubeObject[]> {
  const { stdout } = await run(kustomize, ["build", join(k8s, folder)], { maxBuffer: MOST_BYTES });
  return parseAllDocuments(stdout).map((document) => document.toJS() as KubeObject);
}
