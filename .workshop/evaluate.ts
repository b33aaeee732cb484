import { join } from "node:path";
import { root, run } from "./steps.ts";

process.exit(
  await run(process.execPath, [join(root, "edge-agent/src/main.ts"), "evaluate", ...process.argv.slice(2)]),
);
