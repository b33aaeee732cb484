import { spawn } from "node:child_process";
import { once } from "node:events";
import { startFaultyDevice } from "./fault-proxy.ts";
import { zooProfiles } from "./index.ts";

// In a network namespace: PROFILE COMMAND ARGUMENT... Runs the command while the device stands on its protocols' own
// ports, and prints what the command prints.
const [id, command = "", ...args] = process.argv.slice(2);
const profile = zooProfiles.find((one) => one.id === id);
if (profile === undefined) throw new TypeError(`no profile ${id}`);
const device = await startFaultyDevice(await profile.start({ seed: 1, latencyScale: 1 }), {
  seed: 1,
  lateMs: 0,
  isOnOwnPorts: true,
});
try {
  const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(child, "exit");
  process.exitCode = code ?? 1;
} finally {
  await device.close();
}
