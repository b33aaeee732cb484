import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

const source = join(import.meta.dirname, "receiver");
const cache = join(import.meta.dirname, "../../.cache/nifi");
const PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath";
const PROGRAMS = ["NifiReceiver.java", "FlowNames.java"];
const FETCH_MS = 15 * 60_000;
const LOOK_MS = 500;
/** The last file that a fetch writes. */
const DONE = "classpath.txt";

export type ClassPath =
  | { readonly kind: "there"; readonly path: string }
  /** Why there is no NiFi here. */
  | { readonly kind: "missing"; readonly reason: string };

/** Apache NiFi's ListenHTTP and the receiver of this folder, compiled, for `java -cp`. Fetched once, with Maven, where there
 *  are a JDK and Maven. */
export async function nifiClassPath(): Promise<ClassPath> {
  const text = await Promise.all(["pom.xml", ...PROGRAMS].map((file) => readFile(join(source, file))));
  const version = createHash("sha256").update(Buffer.concat(text)).digest("hex").slice(0, 12);
  const folder = join(cache, version);
  const missing = await missingTool(existsSync(join(folder, DONE)) ? ["java"] : ["java", "javac", "mvn"]);
  if (missing !== undefined) return { kind: "missing", reason: `${missing} is not installed` };
  try {
    return { kind: "there", path: await fetched(folder) };
  } catch (thrown) {
    return { kind: "missing", reason: `Maven could not fetch it: ${String(thrown).slice(0, 500)}` };
  }
}

async function missingTool(tools: readonly string[]): Promise<string | undefined> {
  for (const tool of tools) {
    const isThere = await run(tool, ["-version"]).then(
      () => true,
      () => false,
    );
    if (!isThere) return tool;
  }
  return undefined;
}

/** Test files run side by side: one of them fetches, the others wait for it. */
async function fetched(folder: string): Promise<string> {
  const file = join(folder, DONE);
  const lock = `${folder}.lock`;
  await mkdir(cache, { recursive: true });
  for (let waited = 0; ; waited += LOOK_MS) {
    const path = await readFile(file, "utf8").catch(() => undefined);
    if (path !== undefined) return path;
    // A fetcher that was killed leaves its lock behind.
    if (waited > FETCH_MS) await rm(lock, { recursive: true, force: true });
    const isOurs = await mkdir(lock).then(
      () => true,
      () => false,
    );
    if (isOurs) break;
    await pause(LOOK_MS);
  }
  try {
    return await fetchTo(folder, file);
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function fetchTo(folder: string, file: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const list = join(folder, "jars.txt");
  const pom = join(source, "pom.xml");
  const local = `-Dmaven.repo.local=${join(cache, "m2")}`;
  await run("mvn", ["-q", "-B", "-f", pom, local, PLUGIN, `-Dmdep.outputFile=${list}`], {
    timeout: FETCH_MS,
  });
  const jars = (await readFile(list, "utf8")).trim();
  const programs = PROGRAMS.map((program) => join(source, program));
  await run("javac", ["-nowarn", "-cp", jars, "-d", folder, ...programs]);
  const path = `${folder}:${jars}`;
  await writeFile(`${file}.new`, path);
  await rename(`${file}.new`, file);
  return path;
}
