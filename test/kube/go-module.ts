import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Folder of a Go module's files, of the version that tools/<name>/go.mod pins; undefined where Go cannot fetch it. */
export async function goModule(name: string, path: string): Promise<string | undefined> {
  const cwd = join(import.meta.dirname, "tools", name);
  const env = { ...process.env, GOWORK: "off" };
  const found = await run("go", ["mod", "download", "-json", path], { cwd, env }).catch(() => undefined);
  return found && (JSON.parse(found.stdout) as { readonly Dir?: string }).Dir;
}
