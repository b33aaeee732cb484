import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export const root: string = join(import.meta.dirname, "../..");
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "stethos/images");

/** What an image says of how it is run, in Docker's words. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[] | null;
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Volumes: Readonly<Record<string, object>> | null;
  readonly Healthcheck?: { readonly Test: readonly string[] };
}

export interface ImageFacts {
  readonly config: ImageConfig;
  readonly architecture: string;
  /** Digests of the unpacked layers, lowest first. */
  readonly layers: readonly string[];
}

export interface Mounted {
  readonly rootFolder: string;
  remove(): void;
}

/** @throws Error with what the program said */
export function ask(command: string, args: readonly string[], env: Record<string, string> = {}): string {
  const done = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 2 ** 20,
    env: { ...process.env, ...env },
  });
  if (done.status === 0) return done.stdout.trim();
  throw new Error(`${command} ${args.join(" ")}: ${done.error?.message ?? done.stderr.trim()}`);
}

/** Brings the runtime where that is allowed. @throws Error that names the line to run as root */
export function ensureRunc(): void {
  if (existsSync("/usr/sbin/runc") || existsSync("/usr/bin/runc")) return;
  const line = ["install", "-y", "-qq", "--no-install-recommends", "runc"];
  if (process.getuid?.() !== 0) throw new Error(`missing: runc. Run as root: apt-get ${line.join(" ")}`);
  ask("apt-get", ["update", "-qq"]);
  ask("apt-get", line, { DEBIAN_FRONTEND: "noninteractive" });
}

/** Asks the builder in the storage of k8s/images/build.ts, with the driver that it was made with. */
function buildah(...args: readonly string[]): string {
  const driver = existsSync(join(cache, "storage/overlay-images")) ? "overlay" : "vfs";
  const places = ["--root", join(cache, "storage"), "--runroot", join(cache, "run")];
  return ask("buildah", [...places, ...args], { STORAGE_DRIVER: driver });
}

export const imageName = (image: string, architecture: string): string =>
  `localhost/stethos-${image}:${architecture}`;

export function lookAtImage(name: string): ImageFacts {
  const { Docker } = JSON.parse(buildah("inspect", "--type", "image", name)) as {
    readonly Docker: {
      readonly architecture: string;
      readonly config: ImageConfig;
      readonly rootfs: { readonly diff_ids: readonly string[] };
    };
  };
  return { config: Docker.config, architecture: Docker.architecture, layers: Docker.rootfs.diff_ids };
}

/** A root folder of its own over the image's layers, as an engine prepares one for a container. */
export function mountImage(name: string): Mounted {
  const container = buildah("from", "--pull-never", name);
  return {
    rootFolder: buildah("mount", container),
    remove() {
      buildah("umount", container);
      buildah("rm", container);
    },
  };
}
