import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TcpTraits, tcpTraitLines } from "./tcp-traits.ts";

/** A device behind a cable, with a TCP stack of its own, on its protocols' own ports. */
export interface RemoteDevice {
  readonly host: string;
  close(): Promise<void>;
}

const CLIENT = "10.77.0.1";
const DEVICE = "10.77.0.2";

/** Starts a device in a network namespace beside this one, which must be no other than the caller's own
 *  (runInNamespace): it gets an interface for the cable. */
export async function startRemoteDevice(profile: string, traits: TcpTraits): Promise<RemoteDevice> {
  const child = spawn(
    "unshare",
    ["--net", "sh", "-ec", script(traits), "sh", process.execPath, CHILD, profile],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await expectLine(lines, "namespace");
  lay(child);
  child.stdin.write("go\n");
  await expectLine(lines, "ready");
  return {
    host: DEVICE,
    async close() {
      const exit = once(child, "exit");
      child.stdin.end();
      await exit;
    },
  };
}

const CHILD = join(import.meta.dirname, "remote-device-child.ts");

const script = (traits: TcpTraits): string =>
  [
    "echo namespace",
    "read go",
    "ip link set lo up",
    `ip address add ${DEVICE}/24 dev device0`,
    "ip link set device0 up",
    ...tcpTraitLines(traits),
    'exec "$@"',
  ].join("\n");

/** Lays the cable. */
function lay(child: ChildProcess): void {
  const ip = (...args: readonly string[]): void => void execFileSync("ip", args);
  ip("link", "add", "name", "client0", "type", "veth", "peer", "name", "device0", "netns", `${child.pid}`);
  ip("address", "add", `${CLIENT}/24`, "dev", "client0");
  ip("link", "set", "client0", "up");
}

async function expectLine(lines: AsyncIterator<string>, expected: string): Promise<void> {
  const { value } = await lines.next();
  if (value !== expected) throw new Error(`the device's namespace says "${value}" in place of "${expected}"`);
}
