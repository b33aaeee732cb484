import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../free-port.ts";
import { sleep } from "../agent-path.ts";
import type { Report } from "../harness.ts";
import { nodeRedFlow } from "./node-red-flow.ts";

/** Not in the lock file: a peer is no dependency. Newer node-red-contrib-modbus wants a package from beyond the registry. */
const PACKAGES = ["node-red@4.1.8", "node-red-contrib-s7@3.1.3", "node-red-contrib-modbus@5.23.3"];
const folder = join(import.meta.dirname, "../../../.cache/peers");
const red = join(folder, "node_modules/node-red/red.js");
const START_MS = 60_000;

export interface NodeRed {
  readonly pid: number;
  /** Values that it has written to its file so far. */
  values(): Promise<number>;
  stop(): Promise<void>;
}

function install(report: Report): void {
  if (existsSync(join(folder, "node_modules/node-red-contrib-modbus")) && existsSync(red)) return;
  report(`installing ${PACKAGES.join(", ")} into .cache/peers ...`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "name": "peers", "private": true }\n');
  const npm = process.env["STETHOS_NPM"];
  const [command, ...first] = npm === undefined ? ["npm"] : [process.execPath, npm];
  const args = [...first, "install", "--no-audit", "--no-fund", "--ignore-scripts", ...PACKAGES];
  const done = spawnSync(command, args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  if (done.status !== 0) throw new Error("Node-RED cannot be installed; see what npm says above");
}

/** Node-RED with its usual settings, on a flow that reads both controllers every second, makes readings of the values and
 *  appends them to a file. */
export async function startNodeRed(
  plant: { readonly s7: number; readonly modbus: number; readonly tags: number },
  report: Report,
): Promise<NodeRed> {
  install(report);
  const user = await mkdtemp(join(tmpdir(), "stethos-node-red-"));
  const out = join(user, "readings.ndjson");
  writeFileSync(join(user, "flows.json"), JSON.stringify(nodeRedFlow({ ...plant, file: out })));
  writeFileSync(
    join(user, "settings.js"),
    `module.exports = {
      flowFile: "flows.json", uiHost: "127.0.0.1", uiPort: ${await freePort()}, credentialSecret: false,
      nodesDir: [${JSON.stringify(join(folder, "node_modules"))}],
      logging: { console: { level: "warn" } }, telemetry: { enabled: false },
    };\n`,
  );
  const child = spawn(process.execPath, [red, "--userDir", user, "--settings", join(user, "settings.js")], {
    stdio: ["ignore", "ignore", "inherit"],
    cwd: folder,
  });
  const values = async (): Promise<number> => {
    const text = await readFile(out, "utf8").catch(() => "");
    return text.split("\n").reduce((sum, line) => (line === "" ? sum : sum + Number(countOf(line))), 0);
  };
  await untilReads(child, values);
  return {
    pid: child.pid ?? 0,
    values,
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      await rm(user, { recursive: true, force: true });
    },
  };
}

/** A line is one scan: its readings as a JSON list. */
const countOf = (line: string): number => (JSON.parse(line) as readonly unknown[]).length;

async function untilReads(child: ChildProcess, values: () => Promise<number>): Promise<void> {
  const deadline = performance.now() + START_MS;
  while ((await values()) === 0) {
    if (child.exitCode !== null) throw new Error(`Node-RED ended with code ${child.exitCode}`);
    if (performance.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`Node-RED read nothing within ${START_MS} ms`);
    }
    await sleep(100);
  }
}
