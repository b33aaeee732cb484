import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { generateKey } from "@stethos/models";

const main = join(import.meta.dirname, "../../k8s/controller/src/main.ts");

/** A controller as an operator starts it. */
export interface ControllerProcess {
  /** What it logged. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly said: (message: string) => boolean;
  /** Of what it serves. */
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  /** @returns its exit code, or the name of the signal that ended it */
  end(signal: NodeJS.Signals): Promise<number | string>;
}

/** Keys and an empty registry in a folder, as options of the command line. */
export async function registryIn(folder: string): Promise<readonly string[]> {
  const [channel, release] = [generateKey(), generateKey()];
  const files = { key: join(folder, "channel.key"), trust: join(folder, "release.pub") };
  await writeFile(files.key, channel.privatePem, { mode: 0o600 });
  await writeFile(files.trust, release.publicPem);
  return ["--registry", join(folder, "registry"), "--key-file", files.key, "--trust", files.trust];
}

export function startProcess(args: readonly string[]): ControllerProcess {
  const child = spawn(
    process.execPath,
    [main, "run", "--json", "--host", "127.0.0.1", "--metrics-port", "0", ...args],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  const lines: Readonly<Record<string, unknown>>[] = [];
  createInterface(child.stderr).on("line", (line) => lines.push(readLine(line)));
  return {
    lines,
    said: (message) => lines.some(({ msg }) => msg === message),
    async get(path) {
      const port = lines.find(({ msg }) => msg === "the controller runs")?.["metricsPort"];
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: answer.status, text: await answer.text() };
    },
    end: (signal) => ended(child, signal),
  };
}

function readLine(line: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    // Node's own words, as of an error that nobody caught: the test shows them.
    return { msg: line };
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | string> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, "exit");
  }
  return child.exitCode ?? child.signalCode ?? "";
}

/** Runs the command line to its end. */
export async function runToEnd(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const read = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    read.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    read.stderr += chunk;
  });
  await once(child, "close");
  return { code: child.exitCode, ...read };
}
