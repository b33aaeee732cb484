// npm start: the simulated plant, the agent that listens to it, and the page.
// npm start -- -c my.yaml: the agent alone, on a plant of your own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { sinkOfUrl } from "../edge-agent/src/config/sink-url.ts";
import { root, run, say } from "./steps.ts";

const args = process.argv.slice(2);
const main = join(root, "edge-agent/src/main.ts");

if (args.includes("-h") || args.includes("--help")) {
  process.stdout.write(
    "npm start                   simulated plant, agent and page on http://127.0.0.1:8642\n" +
      "npm start -- --points 100000 the same with a large plant around the six machines\n" +
      "npm start -- --port 9000    the same on another port\n" +
      "npm start -- --story load   two healthy machines go to full load instead of two bearings failing\n" +
      "npm start -- --sink ADDRESS everything the agent learns goes there too: postgres://user@host/database?passwordFile=F,\n" +
      "                            mqtt://host, http://host:port/contentListener, or a folder\n" +
      "npm start -- --with my.json further settings of the agent, as JSON\n" +
      "npm start -- -c my.yaml     the agent alone, reading your plant\n",
  );
  process.exit(0);
}

const isOwnPlant = args.includes("-c") || args.includes("--config");
const asked = isOwnPlant ? undefined : askedFor();

if (!existsSync(join(root, "web-twin/dist/app/index.html"))) {
  say("building the page (once) ...");
  if ((await run(process.execPath, ["web-twin/build.ts"])) !== 0) process.exit(1);
}

const children: { child: ChildProcess; name: string }[] = [];
let isStopping = false;

function start(
  name: string,
  script: string,
  more: readonly string[],
  stdout: "inherit" | "pipe",
): ChildProcess {
  const child = spawn(process.execPath, [script, ...more], { cwd: root, stdio: ["pipe", stdout, "inherit"] });
  children.push({ child, name });
  child.once("exit", (code) => {
    if (!isStopping && code !== 0) say(`the ${name} ended with code ${code}`);
    stopAll(code ?? 1);
  });
  return child;
}

/** Asks all to end, politely first; whoever is left after eight seconds is ended. */
function stopAll(code: number): void {
  if (isStopping) return;
  isStopping = true;
  process.exitCode = code;
  const alive = children.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  for (const { child } of alive) child.kill("SIGTERM");
  const last = setTimeout(() => {
    for (const { child } of alive) child.kill("SIGKILL");
  }, 8000);
  void Promise.all(
    alive.map(({ child }) => (child.exitCode === null ? once(child, "exit") : undefined)),
  ).then(() => clearTimeout(last));
}

for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stopAll(0));

if (asked === undefined) {
  start("agent", main, ["run", ...args], "inherit");
} else {
  const { sink: sinks, ...values } = asked;
  const told = Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
  const folder = join(root, ".cache/demo");
  // The story begins anew each time: no baseline or alarm of an earlier run.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "agent.yaml");
  const around = values.points === undefined ? "" : `, ${values.points} points in all on Modbus controllers`;
  say(`starting the simulated plant: six machines on an S7, a Modbus and an OPC UA controller${around} ...`);
  const plant = start("plant", join(root, "test/plant/main.ts"), [config, ...told], "pipe");
  if (plant.stdout !== null) {
    const lines = createInterface(plant.stdout);
    await Promise.race([once(lines, "line"), once(plant, "exit")]);
    if (plant.exitCode === null) {
      const story =
        values.story === "load"
          ? "two healthy machines go to full load after 75 seconds"
          : "two of its bearings begin to fail after about 40 seconds";
      say(`its configuration is ${config}; ${story}. Ctrl-C ends everything.`);
      const delivers = sinks.flatMap((address) => ["--sink", address]);
      start("agent", main, ["run", "-c", config, ...delivers], "inherit");
    }
  }
}

/** Looked at before anything is built or started. */
function askedFor() {
  try {
    const { values: asked } = parseArgs({
      args,
      options: {
        port: { type: "string" },
        story: { type: "string" },
        with: { type: "string" },
        points: { type: "string" },
        sink: { type: "string", multiple: true, default: [] },
      },
    });
    assertWithin("--points", asked.points, 1000, 1_000_000);
    assertWithin("--port", asked.port, 1, 65_535);
    if (asked.story !== undefined && asked.story !== "load") throw new RangeError('--story takes "load"');
    for (const address of asked.sink) sinkOfUrl(address);
    return asked;
  } catch (thrown) {
    say(`${thrown instanceof Error ? thrown.message : String(thrown)}; npm start -- --help says more`);
    process.exit(2);
  }
}

function assertWithin(name: string, text: string | undefined, least: number, most: number): void {
  if (text === undefined || (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most)) return;
  throw new RangeError(`${name} takes a number from ${least} to ${most}`);
}
