import { once } from "node:events";
import { startFaultyDevice } from "./fault-proxy.ts";
import { zooProfiles } from "./index.ts";

// PROFILE: serves it on its protocols' own ports until standard input ends.
const profile = zooProfiles.find(({ id }) => id === process.argv[2]);
if (profile === undefined) throw new TypeError(`no profile ${process.argv[2]}`);
const device = await startFaultyDevice(await profile.start({ seed: 1, latencyScale: 1 }), {
  seed: 1,
  lateMs: 0,
  isOnOwnPorts: true,
});
process.stdout.write("ready\n");
process.stdin.resume();
await once(process.stdin, "end");
await device.close();
