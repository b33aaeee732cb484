import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const INSTALL_MS = 240_000;

/** A Python that has the packages of requirements.txt; installed once, under the hash of that file.
 *  @returns the interpreter */
export async function pythonTools(): Promise<string> {
  const requirements = join(import.meta.dirname, "requirements.txt");
  const hash = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex")
    .slice(0, 12);
  const cache = join(import.meta.dirname, "../../.cache/python-tools");
  const ready = join(cache, hash);
  if (existsSync(ready)) return join(ready, "bin/python");
  // Aside first: two test files may come here at once, and one may be killed.
  const aside = join(cache, `${hash}-${process.pid}`);
  await mkdir(cache, { recursive: true });
  try {
    await run("python3", ["-m", "venv", aside], { timeout: INSTALL_MS });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
    await run(join(aside, "bin/python"), [...pip, "-r", requirements], { timeout: INSTALL_MS });
    await rename(aside, ready).catch((thrown: unknown) => {
      if (!existsSync(ready)) throw thrown;
    });
  } catch (cause) {
    throw new Error(
      "the S3 server for the tests (moto) could not be installed: it needs python3 with venv (apt-get install " +
        "python3-venv) and a Python package index that pip can reach (PIP_INDEX_URL)",
      { cause },
    );
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return join(ready, "bin/python");
}
