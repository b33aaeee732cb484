import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A server written in Python that runs. */
export interface PythonChild {
  readonly port: number;
  tell(line: string): void;
  close(): Promise<void>;
}

/** Debian's own interpreter: the one that sees Debian's packages. */
const INTERPRETER = "/usr/bin/python3";

/** @param script beside this file; it prints "ready PORT" and ends with its standard input
 *  @throws Error where it ends before it is ready */
export async function startPython(script: string, args: readonly string[]): Promise<PythonChild> {
  const child = spawn(INTERPRETER, [join(import.meta.dirname, script), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  // A line to a child that has just ended is lost; its end is told by "exit".
  child.stdin.on("error", () => undefined);
  const [, port] = (await readyLine(child, script)).split(" ");
  return {
    port: Number(port),
    tell: (line) => child.stdin.write(`${line}\n`),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.stdin.end();
      await exit;
    },
  };
}

async function readyLine(child: ChildProcess, script: string): Promise<string> {
  if (child.stdout === null) throw new TypeError("no standard output");
  const lines = createInterface({ input: child.stdout });
  const gone = once(child, "exit").then(([code]) => {
    throw new Error(`${script} ended with ${code} before it was ready: is python3-pymodbus installed?`);
  });
  const ready = once(lines, "line").then(([line]) => String(line));
  return await Promise.race([ready, gone]);
}
