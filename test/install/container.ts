import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

/** A machine of its own: this one's files under a layer that is thrown away, with a systemd that is PID 1 and no network. */
export interface Container {
  /** Runs a script of sh as root, with its errors among its output. */
  run(script: string): Promise<Ran>;
  close(): Promise<void>;
}

export interface Ran {
  readonly code: number;
  readonly output: string;
}

const LOOK_MS = 100;
/** As root has it there; the tests' own holds commands of this checkout. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const MOST_OUTPUT = 64 * 2 ** 20;
/** What ends with an exit code of its own has said what it had to. */
const execute = promisify(execFile);

/** Why no such machine can be had here; undefined where it can. */
export const noContainer = (): string | undefined => {
  if (process.getuid?.() !== 0) return "it needs root";
  return existsSync("/usr/bin/systemd-nspawn") ? undefined : "systemd-nspawn (systemd-container) is missing";
};

/** @param folder for what it needs of this machine's disk
 *  @param shared folders that it sees under other names, and cannot change */
export async function startContainer(
  folder: string,
  shared: Readonly<Record<string, string>> = {},
): Promise<Container> {
  const root = join(folder, "root");
  const log = join(folder, "container.log");
  await mkdir(root, { recursive: true });
  await writeFile(join(folder, "boot"), bootScript(root, shared, log));
  const boot = spawn("unshare", ["--mount", "--propagation", "private", "sh", join(folder, "boot")], {
    stdio: "ignore",
  });
  const ended = once(boot, "exit");
  const init = await initOf(boot, log);
  const run = (script: string) => inside(init, script);
  // "degraded": a service of this machine does not like it there, which is no concern of ours.
  while (!/running|degraded/.test((await run("systemctl is-system-running")).output)) {
    if (boot.exitCode !== null) throw new Error(`the container ended:\n${await readFile(log, "utf8")}`);
    await pause(LOOK_MS);
  }
  return {
    run,
    async close() {
      // SIGKILL of its PID 1 ends all that runs inside, at once.
      process.kill(init, "SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The mount is in a namespace of its own: it is gone with the last process that sees it. */
function bootScript(root: string, shared: Readonly<Record<string, string>>, log: string): string {
  const binds = Object.entries(shared).map(([inner, outer]) => `--bind-ro=${outer}:${inner}`);
  const options = [
    "--boot",
    `--directory=${root}`,
    "--volatile=overlay",
    "--register=no",
    "--keep-unit",
    "--private-network",
    "--link-journal=no",
    "--console=pipe",
    `--machine=stethos-test-${process.pid}`,
    ...binds,
  ];
  // Its services are ours alone: those that this machine starts at boot stay out.
  return `mount --bind / ${root}
exec systemd-nspawn ${options.join(" ")} -- --unit=basic.target >${log} 2>&1
`;
}

/** The process that is PID 1 inside. */
async function initOf(boot: ChildProcess, log: string): Promise<number> {
  while (boot.exitCode === null) {
    const children = await readFile(`/proc/${boot.pid}/task/${boot.pid}/children`, "utf8").catch(() => "");
    for (const pid of children.split(" ").filter((text) => text !== ""))
      if ((await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")) === "systemd\n") return Number(pid);
    await pause(LOOK_MS);
  }
  throw new Error(`the container did not start:\n${await readFile(log, "utf8")}`);
}

async function inside(init: number, script: string): Promise<Ran> {
  const args = ["--target", String(init), "--all", "--wdns=/", "sh", "-c", `exec 2>&1; ${script}`];
  try {
    const { stdout } = await execute("nsenter", args, { maxBuffer: MOST_OUTPUT, env: { PATH } });
    return { code: 0, output: stdout };
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && typeof thrown.code === "number")
      return { code: thrown.code, output: String("stdout" in thrown ? thrown.stdout : "") };
    throw thrown;
  }
}
