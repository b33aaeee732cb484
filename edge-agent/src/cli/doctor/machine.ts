import { execFile } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import { access, constants, open, readFile, rm, stat, statfs } from "node:fs/promises";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The computer, as the doctor sees it: a test has its own. */
export interface Examined {
  readonly nodeVersion: string;
  nowUs(): number;
  /** What a program writes; rejects where it is missing or fails. */
  run(command: string, args: readonly string[], signal: AbortSignal): Promise<string>;
  readText(file: string): Promise<string>;
  readBytes(file: string): Promise<Buffer>;
  /** Undefined where there is no such file. */
  sizeOf(file: string): Promise<number | undefined>;
  freeBytes(folder: string): Promise<number>;
  memory(): { readonly freeBytes: number; readonly totalBytes: number };
  /** Writes a small file, flushes it and removes it. */
  tryWriting(folder: string): Promise<void>;
  /** Opens a database without writing. @returns what SQLite says of it: "ok" */
  checkDatabase(file: string): string;
  /** @throws when nobody accepts */
  knock(host: string, port: number, signal: AbortSignal): Promise<void>;
  /** @throws when this user may not read and write it */
  tryOpening(file: string): Promise<void>;
  /** Cores that this process may use. */
  readonly cores: number;
  /** As Node.js says it: "x64", "arm64". */
  readonly arch: string;
  onnxRuntime(): Promise<Runtime>;
}

/** The onnxruntime that is loaded here. */
export interface Runtime {
  readonly version: string;
  readonly providers: readonly Provider[];
}

export interface Provider {
  /** "cpu", "cuda", ... */
  readonly name: string;
  /** Its library is here; the runtime lists it in any case. */
  readonly isHere: boolean;
}

const KNOCK_MS = 5000;
/** A full check reads the whole file. */
const MOST_CHECKED_BYTES = 256 * 2 ** 20;
const TRIAL_FILE = ".stethos-doctor";

export const thisMachine: Examined = {
  nodeVersion: process.versions.node,
  nowUs: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  run: (command, args, signal) =>
    new Promise((resolve, reject) => {
      execFile(command, [...args], { signal, timeout: KNOCK_MS }, (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(error);
      });
    }),
  readText: (file) => readFile(file, "utf8"),
  readBytes: (file) => readFile(file),
  async sizeOf(file) {
    try {
      return (await stat(file)).size;
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    }
  },
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
  memory: () => ({ freeBytes: process.availableMemory(), totalBytes: memoryLimit() }),
  async tryWriting(folder) {
    const file = join(folder, TRIAL_FILE);
    const handle = await open(file, "w");
    try {
      await handle.write("trial");
      await handle.sync();
    } finally {
      await handle.close();
      await rm(file, { force: true });
    }
  },
  checkDatabase,
  knock,
  tryOpening: (file) => access(file, constants.R_OK | constants.W_OK),
  cores: availableParallelism(),
  arch: process.arch,
  async onnxRuntime() {
    const { env, listSupportedBackends } = await import("onnxruntime-node");
    const folder = runtimeFolder();
    const providers = await Promise.all(
      listSupportedBackends().map(async ({ name, bundled }) => ({
        name,
        isHere: bundled || (await isThere(join(folder, `libonnxruntime_providers_${name}.so`))),
      })),
    );
    return { version: env.versions.node ?? env.versions.common, providers };
  },
};

/** Where onnxruntime-node keeps its libraries, and looks for those of its providers. */
const runtimeFolder = (): string =>
  join(
    dirname(createRequire(import.meta.url).resolve("onnxruntime-node")),
    `../bin/napi-v6/${process.platform}/${process.arch}`,
  );

async function isThere(file: string): Promise<boolean> {
  return (await thisMachine.sizeOf(file)) !== undefined;
}

const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";

/** A container may have less than its host. */
function memoryLimit(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

function headOf(file: string): string {
  const head = Buffer.alloc(16);
  const handle = openSync(file, "r");
  try {
    return head.toString("latin1", 0, readSync(handle, head));
  } finally {
    closeSync(handle);
  }
}

function checkDatabase(file: string): string {
  if (headOf(file) !== "SQLite format 3\0") return "it does not begin as a database does";
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const size = Object.values(database.prepare("PRAGMA page_count").get() ?? {})[0];
    const isSmall = typeof size === "number" && size * 4096 < MOST_CHECKED_BYTES;
    const row = database.prepare(isSmall ? "PRAGMA quick_check(1)" : "PRAGMA schema_version").get() ?? {};
    return isSmall ? String(Object.values(row)[0]) : "ok";
  } finally {
    database.close();
  }
}

function knock(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      signal: AbortSignal.any([signal, AbortSignal.timeout(KNOCK_MS)]),
    });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", (thrown) => {
      socket.destroy();
      reject(thrown.name === "AbortError" ? new Error(`no answer within ${KNOCK_MS / 1000} s`) : thrown);
    });
  });
}
