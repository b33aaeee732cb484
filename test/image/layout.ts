import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chmod, chown, cp, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { temporaryFolder } from "../e2e/processes.ts";
import { packagesOf } from "./closure.ts";
import { type Dockerfile, readDockerfile } from "./dockerfile.ts";
import { root } from "./storage.ts";

/** An image as its Dockerfile says, without building it: its files where they stand in the image, its packages linked. */
export interface Layout {
  readonly dockerfile: Dockerfile;
  readonly folder: string;
  /** The one folder that may be written to. */
  readonly dataFolder: string;
  /** Starts a program of the image: paths below /app are the layout's. */
  start(command: readonly string[], env?: Readonly<Record<string, string>>): Started;
  remove(): Promise<void>;
}

export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
  /** All that it wrote to standard error so far. */
  said(): string;
}

const NOBODY_SPECIAL = "10001";
/** Mounts of its own: all is read-only but one folder, and the users are the image's; then no rights at all, as a hardened
 *  container has none. */
const CONFINED = [
  "unshare",
  "--mount",
  "--propagation=private",
  "sh",
  "-c",
  'mount --bind "$1" "$1" && mount --bind "$2" /etc/passwd && mount -o remount,bind,ro / && shift 2 && ' +
    "exec setpriv --no-new-privs " +
    `--reuid=${NOBODY_SPECIAL} --regid=${NOBODY_SPECIAL} --clear-groups --bounding-set=-all --inh-caps=-all "$@"`,
  "sh",
] as const;

/** @param workspace that the image runs
 *  @param bare workspaces that it sees without their packages */
export async function layOut(
  image: string,
  workspace: string,
  bare: readonly string[] = [],
): Promise<Layout> {
  const dockerfile = readDockerfile(image);
  const folder = await temporaryFolder();
  const app = join(folder.path, "app");
  const dataFolder = join(folder.path, "data");
  await mkdir(dataFolder, { recursive: true });
  const [, user = ""] = /echo '([^']+)' >> \/etc\/passwd/.exec(dockerfile.text) ?? [];
  await writeFile(join(folder.path, "passwd"), `root:x:0:0:root:/root:/bin/sh\n${user}\n`);
  for (const { from, to } of dockerfile.copied) {
    const name = from.slice(from.lastIndexOf("/") + 1);
    const target = to.startsWith("/")
      ? join(folder.path, to)
      : join(app, to.endsWith("/") ? join(to, name) : to);
    if (!existsSync(join(root, from))) continue;
    await cp(join(root, from), target, {
      recursive: true,
      filter: (source) => source === join(root, from) || dockerfile.lets(source.slice(root.length + 1)),
    });
  }
  for (const { path, target } of packagesOf(workspace, bare)) {
    await mkdir(dirname(join(app, path)), { recursive: true });
    await symlink(target === undefined ? join(root, path) : join(app, target), join(app, path));
  }
  await readable(folder.path);
  await chown(dataFolder, ...owner());
  return {
    dockerfile,
    folder: app,
    dataFolder,
    start: (command, env = {}) => start(command, { app, dataFolder, env }),
    remove: folder.remove,
  };
}

const isRoot = process.getuid?.() === 0;
const owner = (): [number, number] =>
  isRoot
    ? [Number(NOBODY_SPECIAL), Number(NOBODY_SPECIAL)]
    : [process.getuid?.() ?? 0, process.getgid?.() ?? 0];

/** Everybody may read, whatever the umask was. */
async function readable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
}

function start(
  command: readonly string[],
  { app, dataFolder, env }: { app: string; dataFolder: string; env: Readonly<Record<string, string>> },
): Started {
  const inPlace = command.map((part) => part.replace(/^\/app\//, `${app}/`));
  const users = join(app, "../passwd");
  const [program = "", ...args] = isRoot ? [...CONFINED, dataFolder, users, ...inPlace] : inPlace;
  const child = spawn(program, args, {
    cwd: isRoot ? "/" : dataFolder,
    env: { PATH: process.env["PATH"] ?? "", NODE_ENV: "production", HOME: "/nonexistent", ...env },
  });
  const texts = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    texts.out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    texts.err += chunk.toString();
  });
  return {
    process: child,
    ended: once(child, "close").then(([code]) => ({ code: code as number, ...texts })),
    said: () => texts.err,
  };
}

/** The file that the image's command leads to, through the link that the Dockerfile makes for it. */
export function entryOf({ text, last }: Dockerfile): string {
  const [, command = ""] = /^ENTRYPOINT \["\/usr\/bin\/tini", "--", "([a-z-]+)"\]$/m.exec(last) ?? [];
  const [, target = "", link = ""] = /ln -s (\S+) (\S+)/.exec(text) ?? [];
  if (!link.endsWith(command)) throw new Error(`nothing in the image is called ${command}`);
  return join("/app", dirname(link), target);
}

/** The first line of a script says by what it is run. */
export const isScript = (path: string): boolean =>
  readFileSync(path, "utf8").startsWith("#!/usr/bin/env node\n");
