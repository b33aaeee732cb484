import { spawnSync } from "node:child_process";
import { join } from "node:path";

const main = join(import.meta.dirname, "../edge-agent/src/main.ts");
const done = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(done.status ?? 1);
