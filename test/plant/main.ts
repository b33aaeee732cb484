// The simulated plant as a process of its own: prints one JSON line when its controllers listen, then plays until told
// to stop.  node test/plant/main.ts CONFIG_FILE [--block-ms 1000] [--port 0] [--story load [--wait]] [--with more.json] [--points 100000]
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { startLargePlant } from "./large-plant.ts";
import { SITE, startPlant } from "./plant.ts";
import { openRecordings } from "./recordings.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "block-ms": { type: "string", default: "1000" },
    port: { type: "string", default: "8642" },
    story: { type: "string", default: "bearings" },
    // Full load comes with the line "load" on standard input, failing bearings with "begin", not by themselves.
    wait: { type: "boolean", default: false },
    // Further settings of the agent, as a JSON file.
    with: { type: "string" },
    // So many points in all, most of them on controllers of a large plant around the six machines.
    points: { type: "string" },
  },
});
const [configFile] = positionals;
if (configFile === undefined) throw new Error("name the file that the agent's configuration goes to");

const story = values.story === "load" ? "load" : "bearings";
const more = values.with === undefined ? {} : (JSON.parse(readFileSync(values.with, "utf8")) as object);
const folder = story === "load" ? undefined : process.env["STETHOS_DATA"];
const recordings = folder === undefined ? undefined : openRecordings(folder);
const plant = await startPlant({
  blockPeriodMs: Number(values["block-ms"]),
  story,
  waitsForLoad: values.wait,
  holdsStory: values.wait,
  ...(recordings && { recordings }),
});
const large =
  values.points === undefined
    ? undefined
    : await startLargePlant({ points: Number(values.points), site: SITE });
const settings = { data: "./data", api: { port: Number(values.port) }, ...large?.settings, ...more };
writeFileSync(configFile, plant.agentConfig(settings, large?.devices));
for (const { name, text } of large?.files ?? []) writeFileSync(join(dirname(configFile), name), text);
process.stdout.write(
  `${JSON.stringify({ failing: plant.failing, healthy: plant.healthy, source: recordings === undefined ? "generator" : "recordings" })}\n`,
);

// Ctrl-C reaches this process and whoever started it, who then closes standard input: once is enough.
let isStopping = false;
const stop = async () => {
  if (isStopping) return;
  isStopping = true;
  await Promise.all([plant.close(), large?.close()]);
  process.exit(0);
};
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => void stop());
// Whoever started the plant and died without a word takes it along.
createInterface(process.stdin)
  .on("line", (line) => {
    if (line === "load") plant.goToFullLoad();
    if (line === "begin") plant.beginStory();
  })
  .on("close", () => void stop());
