import { spawnSync } from "node:child_process";
import { join } from "node:path";

const build = join(import.meta.dirname, "../k8s/images/build.ts");
const done = spawnSync(process.execPath, [build, ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(done.status ?? 1);
