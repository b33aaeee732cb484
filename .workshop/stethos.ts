import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { NODE_FLAGS } from "../edge-agent/src/node-flags.ts";

const main = join(import.meta.dirname, "../edge-agent/src/main.ts");
const done = spawnSync(process.execPath, [...NODE_FLAGS, main, ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exit(done.status ?? 1);
