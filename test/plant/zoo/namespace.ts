import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** Runs a TypeScript file in a network namespace of its own, with loopback up: there every port is free and no packet
 *  leaves it. Root is not needed where the system lets users have namespaces.
 *  @param setup lines of sh that come first, such as sysctl -w; a failing line ends it
 *  @returns what the file printed
 *  @throws Error with what it said where it fails */
export async function runInNamespace(
  file: string,
  args: readonly string[],
  setup: readonly string[] = [],
): Promise<string> {
  const lines = ["ip link set lo up", ...setup, 'exec "$@"'].join("\n");
  const child = spawn(
    "unshare",
    ["--map-root-user", "--net", "--mount", "sh", "-ec", lines, "sh", process.execPath, file, ...args],
    {
      stdio: ["ignore", "pipe", "pipe"],
      // ip and sysctl are in sbin, which users do not have in their path.
      env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
    },
  );
  const exit = once(child, "exit");
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exit;
  if (code === 0) return out;
  throw new Error(`${file} in a network namespace ended with ${code}: ${error.trim()}\n${MEND}`);
}

const MEND =
  "If no namespace could be made, run as root: sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000" +
  " kernel.apparmor_restrict_unprivileged_userns=0 (those that the system has)";
