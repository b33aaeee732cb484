import { run } from "./steps.ts";

process.exit(await run(process.execPath, ["web-twin/build.ts"]));
