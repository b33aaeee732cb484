import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { sleep } from "./agent-path.ts";
import type { Report } from "./harness.ts";
import { startServers } from "./server-process.ts";

const main = join(import.meta.dirname, "../../edge-agent/src/main.ts");
const PAGE_MIB = 4096 / 2 ** 20;
const SETTLE_MS = 10_000;
const MEASURE_MS = 20_000;

export interface AgentProcess {
  readonly pid: number;
  /** Milliseconds from the start of the process to the first good reading over its API. */
  readonly firstReadingMs: number;
  get(path: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** A whole agent, as a user starts it. */
export async function startAgentProcess(config: object): Promise<AgentProcess> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-bench-"));
  const file = join(folder, "agent.yaml");
  const port = 20_000 + (process.pid % 20_000);
  await writeFile(file, stringify({ version: 1, site: "bench", data: "./data", api: { port }, ...config }));
  const start = performance.now();
  const child = spawn(process.execPath, [main, "run", "-c", file, "--log", "error"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const get = async (path: string): Promise<unknown> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).json();
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the agent ended with code ${child.exitCode}`);
    const readings = await get("/v1/readings?most=1").catch(() => undefined);
    if (JSON.stringify(readings ?? "").includes('"quality":"good"')) break;
    await sleep(15);
  }
  return {
    pid: child.pid ?? 0,
    firstReadingMs: performance.now() - start,
    get,
    async stop() {
      child.kill("SIGTERM");
      await once(child, "exit");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Seconds of CPU and MiB of memory that a process has used. Run time in nanoseconds of each thread: the clock ticks of
 *  /proc/PID/stat miss work that is done in short bursts. */
export async function usageOf(
  pid: number,
): Promise<{ readonly cpuSeconds: number; readonly rssMiB: number }> {
  const threads = await readdir(`/proc/${pid}/task`);
  const times = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8")),
  );
  const nanoseconds = times.reduce((sum, text) => sum + Number(text.split(" ")[0]), 0);
  const pages = Number((await readFile(`/proc/${pid}/statm`, "utf8")).split(" ")[1]);
  return { cpuSeconds: nanoseconds / 1e9, rssMiB: pages * PAGE_MIB };
}

const asset = "area/line/cell/machine";
const tag = (i: number) => ({ name: `t${i}`, asset, address: `DB1,REAL${4 * i}`, unit: "1" });

function s7Config(port: number, tags: number) {
  return {
    devices: [
      {
        name: "plc",
        protocol: "s7",
        connection: { host: "127.0.0.1", port },
        groups: [{ name: "all", periodMs: 1000, tags: Array.from({ length: tags }, (_, i) => tag(i)) }],
      },
    ],
  };
}

/** CPU and memory of an agent that reads 10,000 tags every second into its history, with the model loaded. */
export async function agentAtRest(report: Report) {
  const servers = await startServers("s7");
  const config = s7Config(servers.ports.s7 ?? 0, 10_000);
  const agent = await startAgentProcess(config);
  await sleep(SETTLE_MS);
  const before = await usageOf(agent.pid);
  await sleep(MEASURE_MS);
  const after = await usageOf(agent.pid);
  report(
    `counters: ${JSON.stringify(((await agent.get("/v1/status")) as { counters?: unknown }).counters ?? {})}`,
  );
  await agent.stop();
  await servers.stop();
  return { cpuCores: ((after.cpuSeconds - before.cpuSeconds) * 1000) / MEASURE_MS, rssMiB: after.rssMiB };
}

/** Milliseconds from process start to the first reading over the API, of a small plant. */
export async function firstReading(): Promise<number> {
  const servers = await startServers("s7");
  const config = s7Config(servers.ports.s7 ?? 0, 100);
  const agent = await startAgentProcess(config);
  await agent.stop();
  await servers.stop();
  return agent.firstReadingMs;
}
