import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type GoTool, goTool } from "../kube/go-tool.ts";

const run = promisify(execFile);
const folder = join(import.meta.dirname, "lint");

/** Argo's own judgement of manifests; see lint/main.go. */
export const argoLint = (): Promise<GoTool> => {
  const main = join(folder, "main.go");
  const source = createHash("sha256").update(readFileSync(main)).digest("hex");
  return goTool({ name: "argo-lint", folder, main, values: { "main.source": source } });
};

interface Linted {
  readonly isGood: boolean;
  readonly words: string;
}

export async function lint(program: string, file: string): Promise<Linted> {
  try {
    const { stdout } = await run(program, [file], { timeout: 120_000 });
    return { isGood: true, words: stdout };
  } catch (thrown) {
    const { stdout = "", stderr = "" } = thrown as { readonly stdout?: string; readonly stderr?: string };
    return { isGood: false, words: `${stdout}${stderr}` };
  }
}

/** CRDs of Argo Workflows with their whole schemas, and those of Argo Events, from the modules that the linter is built of.
 *  @returns undefined where there is no Go to ask where they lie */
export async function argoCrds(): Promise<readonly string[] | undefined> {
  const modules = [
    [
      "github.com/argoproj/argo-workflows/v3",
      "manifests/base/crds/full",
      ["workflowtemplates", "cronworkflows"],
    ],
    ["github.com/argoproj/argo-events", "manifests/base/crds", ["eventbus", "eventsources", "sensors"]],
  ] as const;
  const files: string[] = [];
  for (const [name, place, kinds] of modules) {
    const args = ["mod", "download", "-json", name];
    const asked = await run("go", args, { cwd: folder, env: { ...process.env, GOWORK: "off" } }).catch(
      () => undefined,
    );
    if (asked === undefined) return undefined;
    const { Dir } = JSON.parse(asked.stdout) as { readonly Dir: string };
    files.push(...kinds.map((kind) => join(Dir, place, `argoproj.io_${kind}.yaml`)));
  }
  return files;
}
