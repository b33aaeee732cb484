import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { withLock } from "./lock.ts";

const run = promisify(execFile);
const PROGRESS_MS = 60_000;
const LAST_WORDS = 2000;

export interface GoToolSpec {
  /** Of the program, and of its file in the cache. */
  readonly name: string;
  /** Holds go.mod and go.sum, which pin every version, and a program of its own where there is one. */
  readonly folder: string;
  /** Import path of the program; "." is the folder's own. */
  readonly main: string;
  /** Values for the linker: "package.variable" to text. */
  readonly values?: Readonly<Record<string, string>>;
}

export type GoTool =
  | { readonly kind: "there"; readonly path: string }
  /** Why it is not here. */
  | { readonly kind: "missing"; readonly reason: string };

/** A program that is built once from its Go module and kept outside of the checkout, by what go.mod and go.sum say. Where it
 *  was built before, no Go is needed. */
export async function goTool(spec: GoToolSpec): Promise<GoTool> {
  const path = await placeOf(spec);
  if (existsSync(path)) return { kind: "there", path };
  const version = await run("go", ["env", "GOVERSION"]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  if (version === undefined)
    return { kind: "missing", reason: `Go is not installed, which builds ${spec.name}` };
  try {
    // Test files run side by side: one of them builds, the others wait for it.
    await withLock(`${path}.lock`, async () => {
      if (!existsSync(path)) await build(spec, path, version);
    });
    return { kind: "there", path };
  } catch (thrown) {
    return {
      kind: "missing",
      reason: `Go could not build ${spec.name}: ${String(thrown).slice(-LAST_WORDS)}`,
    };
  }
}

async function placeOf({ name, folder, main, values = {} }: GoToolSpec): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([main, values, process.platform, process.arch]));
  for (const file of await filesOf(folder)) hash.update(await readFile(join(folder, file)));
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(cache, "stethos", "go-tools", `${name}-${hash.digest("hex").slice(0, 16)}`, name);
}

const filesOf = async (folder: string): Promise<string[]> => (await readdir(folder)).toSorted();

async function build(spec: GoToolSpec, path: string, version: string): Promise<void> {
  const folder = join(path, "..");
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, "build-"));
  const begin = process.hrtime.bigint();
  const seconds = () => Number((process.hrtime.bigint() - begin) / 1_000_000_000n);
  tell(`${spec.name} is built from its Go module with ${version}, once; this takes some minutes`);
  const progress = setInterval(() => tell(`${spec.name} is being built: ${seconds()} s`), PROGRESS_MS);
  try {
    for (const file of await filesOf(spec.folder)) await copyFile(join(spec.folder, file), join(work, file));
    const out = join(work, spec.name);
    await goBuild(spec, work, out);
    await rename(out, path);
    tell(`${spec.name} is built: ${seconds()} s`);
  } finally {
    clearInterval(progress);
    await rm(work, { recursive: true, force: true });
  }
}

function goBuild({ main, values = {} }: GoToolSpec, folder: string, out: string): Promise<void> {
  const link = ["-s", "-w", ...Object.entries(values).map(([name, value]) => `-X ${name}=${value}`)].join(
    " ",
  );
  const args = [
    "build",
    "-mod=readonly",
    "-buildvcs=false",
    "-trimpath",
    `-ldflags=${link}`,
    "-o",
    out,
    main,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd: folder,
      env: { ...process.env, GOWORK: "off" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let words = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      words = (words + chunk).slice(-LAST_WORDS);
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`go build ended with ${code}: ${words}`)),
    );
  });
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
