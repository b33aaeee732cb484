import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Helper {
  close(): Promise<void>;
}

/** pymodbus serving on loopback. */
export async function startPymodbusTcp(): Promise<Helper & { readonly port: number }> {
  const { line, close } = await startPymodbus(["tcp"]);
  return { port: Number(line.split(" ")[1]), close };
}

/** pymodbus as the device on a serial port. */
export async function startPymodbusRtu(path: string): Promise<Helper> {
  const { close } = await startPymodbus(["rtu", path]);
  return { close };
}

async function startPymodbus(args: readonly string[]): Promise<Helper & { readonly line: string }> {
  const script = join(import.meta.dirname, "pymodbus-server.py");
  // Debian's own interpreter: the one that sees Debian's packages.
  const child = spawn("/usr/bin/python3", [script, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const line = await firstLine(child, "stdout", /^ready /);
  return { line, close: () => ended(child, () => child.stdin.end()) };
}

/** A serial line: two pseudo terminals joined by socat. */
export async function startSerialLine(): Promise<
  Helper & { readonly ours: string; readonly theirs: string }
> {
  const folder = await mkdtemp(join(tmpdir(), "serial-"));
  const ours = join(folder, "ours");
  const theirs = join(folder, "theirs");
  const child = await startSocat([`pty,raw,echo=0,link=${ours}`, `pty,raw,echo=0,link=${theirs}`]);
  return { ours, theirs, close: () => endSocat(child, folder) };
}

/** A serial line whose other end is a TCP server of the test's. */
export async function startSerialLineToTcp(port: number): Promise<Helper & { readonly ours: string }> {
  const folder = await mkdtemp(join(tmpdir(), "serial-"));
  const ours = join(folder, "ours");
  const child = await startSocat([`pty,raw,echo=0,link=${ours}`, `tcp:127.0.0.1:${port},nodelay`]);
  return { ours, close: () => endSocat(child, folder) };
}

async function startSocat(ends: readonly string[]): Promise<ChildProcess> {
  const child = spawn("socat", ["-d", "-d", ...ends], { stdio: ["ignore", "ignore", "pipe"] });
  await firstLine(child, "stderr", /starting data transfer loop/);
  return child;
}

async function endSocat(child: ChildProcess, folder: string): Promise<void> {
  await ended(child, () => child.kill());
  await rm(folder, { recursive: true, force: true });
}

async function firstLine(child: ChildProcess, from: "stderr" | "stdout", wanted: RegExp): Promise<string> {
  const stream = child[from];
  if (stream === null) throw new TypeError(`no ${from}`);
  const gone = once(child, "exit").then(([code]) => {
    throw new Error(`${child.spawnfile} ended with ${code} before it was ready`);
  });
  const lines = createInterface({ input: stream });
  const found = new Promise<string>((resolve) => {
    lines.on("line", (line) => {
      if (wanted.test(line)) resolve(line);
    });
  });
  return await Promise.race([found, gone]);
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  end();
  await exit;
}
