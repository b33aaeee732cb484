import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

export const root: string = dirname(import.meta.dirname);

export const say = (text: string): void => void process.stderr.write(`stethos: ${text}\n`);

/** Runs a command with its output on this terminal; answers with its exit code. Ctrl-C reaches it as well. */
export function run(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
  cwd: string = root,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: "inherit", env: { ...process.env, ...env } });
    child.once("error", (error) => {
      say(`"${command}" cannot be run: ${error.message}`);
      resolve(127);
    });
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** Packages of the operating system, found by a file each of them brings. */
const debian: Readonly<Record<string, string>> = {
  chromium: "/usr/bin/chromium",
  iproute2: "/usr/bin/ss",
  mbpoll: "/usr/bin/mbpoll",
  mosquitto: "/usr/sbin/mosquitto",
  nftables: "/usr/sbin/nft",
  nmap: "/usr/bin/nmap",
  "postgresql-15": "/usr/lib/postgresql/15/bin/postgres",
  prometheus: "/usr/bin/promtool",
  "python3-pymodbus": "/usr/lib/python3/dist-packages/pymodbus",
  "python3-serial-asyncio": "/usr/lib/python3/dist-packages/serial_asyncio",
  socat: "/usr/bin/socat",
  strace: "/usr/bin/strace",
  "systemd-container": "/usr/bin/systemd-nspawn",
};

/** Installs what is missing where that is allowed; otherwise prints the one line that would.
 *  @returns false when something is still missing */
export function ensureDebian(names: readonly string[]): boolean {
  const missing = names.filter((name) => !existsSync(debian[name] ?? name));
  if (missing.length === 0) return true;
  const line = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0 || spawnSync("apt-get", ["--version"]).status !== 0) {
    say(`missing: ${missing.join(", ")}. Run as root: ${line}`);
    return false;
  }
  say(`installing ${missing.join(", ")} from Debian (once, about a minute) ...`);
  spawnSync("apt-get", ["update", "-qq"], { stdio: ["ignore", 2, 2] });
  const [command = "", ...args] = line.split(" ");
  const done = spawnSync(command, [args[0] ?? "", "-qq", ...args.slice(1)], {
    stdio: ["ignore", "ignore", 2],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (done.status === 0) return true;
  say(`that failed. Run as root and look at what it says: ${line}`);
  return false;
}

export const bin = (name: string): string => join(root, "node_modules/.bin", name);

interface Step {
  readonly name: string;
  readonly what: string;
  run(): Promise<number>;
  /** One line for each thing that failed: told once more where everybody looks first, at the end. */
  failures?(): readonly string[];
  /** What is worth knowing although it passed. */
  notes?(): readonly string[];
}

/** Runs the steps one after the other, each to its end, and prints what ran and how it went.
 *  @returns the exit code: 0 only when every step passed */
export async function runSteps(steps: readonly Step[]): Promise<number> {
  const rows: string[] = [];
  let failed = 0;
  for (const step of steps) {
    say(`${step.name}: ${step.what}`);
    const start = performance.now();
    const code = await step.run();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if (code !== 0) failed += 1;
    const why = (code === 0 ? step.notes?.() : step.failures?.()) ?? [];
    rows.push(
      `  ${code === 0 ? "passed" : "FAILED"}  ${step.name.padEnd(10)} ${seconds.padStart(6)} s  ${step.what}`,
      ...why.map((line) => `            ${line}`),
    );
  }
  process.stdout.write(
    `\nWhat ran:\n${rows.join("\n")}\n\n${steps.length - failed} passed, ${failed} failed\n`,
  );
  return failed === 0 ? 0 : 1;
}

export type { Step };
