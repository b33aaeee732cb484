import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

export const root: string = join(import.meta.dirname, "../../..");
/** What is kept between builds: the builder's storage and Node.js for each architecture. Outside of the checkout: whole file
 *  systems with their /proc lie in there while something is built, and whoever walks the checkout would walk them. */
export const cache: string = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  "stethos/images",
);

export const say = (text: string): void => void process.stderr.write(`images: ${text}\n`);

/** A command ended with another code than 0, or is not there. */
export class CommandError extends Error {}

interface How {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command, its output on standard error.
 *  @throws CommandError */
export function run(
  command: string,
  args: readonly string[],
  { cwd = root, env = {} }: How = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ["ignore", 2, 2],
      env: { ...process.env, ...env },
    });
    child.once("error", (cause) => reject(new CommandError(`${command} cannot be run`, { cause })));
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new CommandError(`"${command} ${args.join(" ")}" ended with ${code}`)),
    );
  });
}

/** @returns what the command wrote, without the space around it
 *  @throws CommandError */
export function ask(command: string, args: readonly string[], { cwd = root, env = {} }: How = {}): string {
  const done = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    maxBuffer: 64 * 2 ** 20,
    env: { ...process.env, ...env },
  });
  if (done.status === 0) return done.stdout.trim();
  const why = done.error?.message ?? done.stderr.trim();
  throw new CommandError(`"${command} ${args.join(" ")}" failed: ${why}`);
}

/** Debian's packages, by a file that each of them brings. */
const DEBIAN = {
  buildah: "/usr/bin/buildah",
  debootstrap: "/usr/sbin/debootstrap",
  "qemu-user-static": "/usr/bin/qemu-aarch64-static",
} as const;

/** Installs what is missing where that is allowed.
 *  @throws CommandError that names the line to run as root */
export async function ensureDebian(names: readonly (keyof typeof DEBIAN)[]): Promise<void> {
  const missing = names.filter((name) => !existsSync(DEBIAN[name]));
  if (missing.length === 0) return;
  const line = ["install", "-y", "-qq", "--no-install-recommends", ...missing];
  if (process.getuid?.() !== 0) {
    throw new CommandError(`missing: ${missing.join(", ")}. Run as root: apt-get ${line.join(" ")}`);
  }
  say(`installing ${missing.join(", ")} from Debian`);
  await run("apt-get", ["update", "-qq"]);
  await run("apt-get", line, { env: { DEBIAN_FRONTEND: "noninteractive" } });
}

/** npm as a script beside whichever Node.js runs this, or the one that brought this Node.js. */
export function npm(args: readonly string[], how: How = {}): Promise<void> {
  const script = process.env["STETHOS_NPM"];
  const isKnown = script !== undefined && existsSync(script);
  const env = {
    ...how.env,
    PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
  };
  return isKnown
    ? run(process.execPath, [script, ...args], { ...how, env })
    : run("npm", args, { ...how, env });
}
