import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ask, CommandError, cache, run } from "./commands.ts";

/** Debian's buildah with a storage of its own, without a daemon and without namespaces: it needs root, nothing else. */
export interface Builder {
  run(...args: readonly string[]): Promise<void>;
  ask(...args: readonly string[]): string;
}

export function createBuilder(): Builder {
  mkdirSync(cache, { recursive: true });
  const places = ["--root", join(cache, "storage"), "--runroot", join(cache, "run")];
  const environment = (driver: string) => ({ STORAGE_DRIVER: driver, BUILDAH_ISOLATION: "chroot" });
  const env = environment(
    driverOf((driver) => ask("buildah", [...places, "images", "-q"], { env: environment(driver) })),
  );
  return {
    run: (...args) => run("buildah", [...places, ...args], { env }),
    ask: (...args) => ask("buildah", [...places, ...args], { env }),
  };
}

/** overlay copies nothing; vfs copies every layer, and works on any file system. */
function driverOf(probe: (driver: string) => unknown): string {
  try {
    probe("overlay");
    return "overlay";
  } catch (thrown) {
    if (!(thrown instanceof CommandError)) throw thrown;
    return "vfs";
  }
}
