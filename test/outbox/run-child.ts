import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Task } from "./child.ts";
import type { Line } from "./lines.ts";

/** A bug that a proof must notice, put under the product from outside (planted-bug.ts). */
export type PlantedBug = "autoincrement-off" | "synchronous-normal";

export interface ChildOptions {
  readonly bug?: PlantedBug | undefined;
  /** Puts another program around it: a recorder, an injector of faults. */
  readonly wrap?: ((command: readonly string[]) => readonly string[]) | undefined;
  /** Hears each line as it comes, and may kill. */
  readonly onLine?: ((line: Line, child: ChildProcess) => void) | undefined;
}

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly complaints: string;
}

const script = fileURLToPath(new URL("./child.ts", import.meta.url));
/** Hundreds of processes start from the same sources. */
const compiled = join(tmpdir(), "stethos-proofs-compiled");
const bugs = new URL("./planted-bug.ts", import.meta.url).href;

/** Runs a process with a real outbox until it ends. */
export async function runChild(task: Task, options: ChildOptions = {}): Promise<ChildEnd> {
  const plant = options.bug === undefined ? [] : ["--import", bugs];
  const plain = [process.execPath, ...plant, script, JSON.stringify(task)];
  const [command = "", ...rest] = options.wrap?.(plain) ?? plain;
  const child = spawn(command, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, STETHOS_PLANTED_BUG: options.bug ?? "", NODE_COMPILE_CACHE: compiled },
  });
  const complaints = text(child.stderr);
  let rest_ = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = `${rest_}${chunk}`.split("\n");
    rest_ = lines.pop() ?? "";
    for (const line of lines) options.onLine?.(JSON.parse(line) as Line, child);
  });
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, complaints: await complaints };
}
