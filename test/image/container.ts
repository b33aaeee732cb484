import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, type ImageConfig, lookAtImage, mountImage } from "./storage.ts";

/** Run by runc, what containerd and Docker run containers with: as the image's own user, on a read-only root, without any
 *  capability, on this machine's network. What the image says is not touched otherwise. */
export interface Container {
  readonly config: ImageConfig;
  readonly rootFolder: string;
  /** The one folder that it may write to. */
  readonly dataFolder: string;
  readonly exited: Promise<number>;
  /** All that it said. */
  output(): string;
  /** Another process in it, as `kubectl exec` and health checks start one. @returns its exit code */
  exec(...command: readonly string[]): Promise<number>;
  signal(name: "SIGTERM" | "SIGKILL"): void;
  /** Ends it, its root and its data. */
  remove(): Promise<void>;
}

export interface ContainerOptions {
  /** What takes the place of the image's command. */
  readonly args?: readonly string[];
  readonly entrypoint?: readonly string[];
  /** Files and folders of this machine that it may read: where they stand in the container -> here. */
  readonly files?: Readonly<Record<string, string>>;
}

const DATA = "/var/lib/stethos";

export async function startContainer(image: string, options: ContainerOptions = {}): Promise<Container> {
  const { config, architecture } = lookAtImage(image);
  const mounted = mountImage(image);
  const bundle = await mkdtemp(join(tmpdir(), "stethos-container-"));
  const dataFolder = join(bundle, "data");
  const [uid = 0, gid = 0] = config.User.split(":").map(Number);
  await mkdir(dataFolder);
  await chown(dataFolder, uid, gid);
  await chmod(bundle, 0o755);
  const name = bundle.slice(bundle.lastIndexOf("/") + 1);
  const isNative = architecture === (process.arch === "arm64" ? "arm64" : "amd64");
  const spec = specOf(config, { ...options, isNative, rootFolder: mounted.rootFolder, dataFolder, uid, gid });
  writeFileSync(join(bundle, "config.json"), JSON.stringify(spec));

  const states = join(bundle, "runc");
  const child = spawn("runc", ["--root", states, "run", "--bundle", bundle, name], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const exited = once(child, "close").then(([code]) => code as number);
  return {
    config,
    rootFolder: mounted.rootFolder,
    dataFolder,
    exited,
    output: () => text,
    async exec(...command) {
      const [code] = await once(spawn("runc", ["--root", states, "exec", name, ...command]), "close");
      return code as number;
    },
    signal: (signal) => void ask("runc", ["--root", states, "kill", name, signal]),
    async remove() {
      if (child.exitCode === null) {
        spawn("runc", ["--root", states, "kill", name, "SIGKILL"]);
        await exited;
      }
      mounted.remove();
      await rm(bundle, { recursive: true, force: true });
    },
  };
}

interface Placed extends ContainerOptions {
  readonly rootFolder: string;
  readonly dataFolder: string;
  /** This machine's /sys tells of its own processors: under emulation ARM's cpuinfo makes no sense of it, and dies. */
  readonly isNative: boolean;
  readonly uid: number;
  readonly gid: number;
}

/** As the runtime specification of the Open Container Initiative wants it. */
function specOf(config: ImageConfig, placed: Placed): object {
  const { args = config.Cmd ?? [], entrypoint = config.Entrypoint, files = {}, uid, gid } = placed;
  const none: readonly string[] = [];
  const bind = (destination: string, source: string, rights: "ro" | "rw") => ({
    destination,
    source,
    type: "bind",
    options: ["rbind", rights],
  });
  return {
    ociVersion: "1.0.2",
    process: {
      user: { uid, gid },
      args: [...entrypoint, ...args],
      env: config.Env,
      cwd: config.WorkingDir === "" ? "/" : config.WorkingDir,
      noNewPrivileges: true,
      capabilities: { bounding: none, effective: none, permitted: none, inheritable: none, ambient: none },
    },
    root: { path: placed.rootFolder, readonly: true },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=64k"] },
      ...(placed.isNative ? [bind("/sys", "/sys", "ro")] : []),
      bind(DATA, placed.dataFolder, "rw"),
      ...Object.entries(files).map(([destination, source]) => bind(destination, source, "ro")),
    ],
    linux: { namespaces: ["pid", "mount", "ipc", "uts"].map((type) => ({ type })) },
  };
}
