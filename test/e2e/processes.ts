import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = join(import.meta.dirname, "../..");

export interface Child {
  readonly process: ChildProcess;
  /** All that it wrote to stdout and stderr. */
  output(): string;
  /** Resolves with the first line of output that matches. */
  line(pattern: RegExp): Promise<string>;
  /** @returns the exit code, or the signal that ended it */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
  ended(): Promise<number | string>;
}

/** Starts a script of this repository under the Node.js that runs the tests. */
export function startScript(
  script: string,
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): Child {
  const child = spawn(process.execPath, [join(root, script), ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    // Where the coverage of processes is gathered, when somebody asks for it.
    env: { ...process.env, NODE_V8_COVERAGE: process.env["STETHOS_PROCESS_COVERAGE"] ?? "", ...env },
  });
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on("line", (line) => {
      lines.push(line);
      for (const listener of listeners) listener(line);
    });
  }
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  return {
    process: child,
    output: () => lines.join("\n"),
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const known = lines.find((line) => pattern.test(line));
        if (known !== undefined) return resolve(known);
        listeners.add((line) => {
          if (pattern.test(line)) resolve(line);
        });
        void ended.then((code) =>
          reject(new Error(`it ended with ${code} before saying ${pattern}:\n${lines.join("\n")}`)),
        );
      }),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
    ended: () => ended,
  };
}

export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "stethos-e2e-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
