import { sleep } from "./agent-path.ts";
import { startAgentProcess, usageOf } from "./agent-process.ts";
import { type Bench, type Figures, median, type Report } from "./harness.ts";
import { startNodeRed } from "./peers/node-red.ts";
import { startServers } from "./server-process.ts";

const TAGS = 1000;
const ROUNDS = 3;
const SETTLE_MS = 8_000;
const MEASURE_MS = 15_000;
/** Of each of the two controllers. */
const THOUSANDS = (2 * TAGS) / 1000;

const asset = "area/line/cell/machine";

function agentConfig(s7: number, modbus: number) {
  const tags = (name: string, address: (i: number) => string) =>
    Array.from({ length: TAGS }, (_, i) => ({ name: `${name}${i}`, asset, address: address(i), unit: "1" }));
  return {
    devices: [
      {
        name: "s7",
        protocol: "s7",
        connection: { host: "127.0.0.1", port: s7 },
        groups: [{ name: "all", periodMs: 1000, tags: tags("s", (i) => `DB1,REAL${4 * i}`) }],
      },
      {
        name: "modbus",
        protocol: "modbus-tcp",
        connection: { host: "127.0.0.1", port: modbus },
        groups: [{ name: "all", periodMs: 1000, tags: tags("m", (i) => `hr:${2 * i},FLOAT32`) }],
      },
    ],
  };
}

interface Measured {
  /** Of one core, for each 1,000 tags. */
  readonly cpuPerThousand: number;
  readonly rssMiB: number;
  /** Values that came in a second. */
  readonly valuesPerS: number;
}

async function measure(pid: number, values: () => Promise<number>): Promise<Measured> {
  await sleep(SETTLE_MS);
  const [before, had] = [await usageOf(pid), await values()];
  await sleep(MEASURE_MS);
  const [after, has] = [await usageOf(pid), await values()];
  const seconds = MEASURE_MS / 1000;
  return {
    cpuPerThousand: (after.cpuSeconds - before.cpuSeconds) / seconds / THOUSANDS,
    rssMiB: after.rssMiB,
    valuesPerS: (has - had) / seconds,
  };
}

async function run(report: Report): Promise<Figures> {
  const servers = await startServers("s7,modbus");
  const { s7 = 0, modbus = 0 } = servers.ports;
  const agents: Measured[] = [];
  const reds: Measured[] = [];
  try {
    for (let round = 1; round <= ROUNDS; round += 1) {
      const red = await startNodeRed({ s7, modbus, tags: TAGS }, report);
      reds.push(await measure(red.pid, red.values).finally(red.stop));
      const agent = await startAgentProcess(agentConfig(s7, modbus));
      const counted = async () =>
        ((await agent.get("/v1/status")) as { counters: Record<string, number> }).counters["readings"] ?? 0;
      agents.push(await measure(agent.pid, counted).finally(agent.stop));
      report(
        `round ${round}: Node-RED ${JSON.stringify(reds.at(-1))}, agent ${JSON.stringify(agents.at(-1))}`,
      );
    }
  } finally {
    await servers.stop();
  }
  const of = (list: readonly Measured[], key: keyof Measured) => median(list.map((one) => one[key]));
  return {
    cpuVsNodeRed: of(agents, "cpuPerThousand") / of(reds, "cpuPerThousand"),
    rssVsNodeRed: of(agents, "rssMiB") / of(reds, "rssMiB"),
    agentCpuPerThousandTags: of(agents, "cpuPerThousand"),
    nodeRedCpuPerThousandTags: of(reds, "cpuPerThousand"),
    agentRssMiB: of(agents, "rssMiB"),
    nodeRedRssMiB: of(reds, "rssMiB"),
    agentValuesPerS: of(agents, "valuesPerS"),
    nodeRedValuesPerS: of(reds, "valuesPerS"),
  };
}

export const peers: Bench = {
  name: "peers",
  explains:
    "CPU and memory for 1,000 S7 and 1,000 Modbus tags every second: the whole agent (history, model loaded, page) " +
    "against Node-RED 4 that reads the same, makes readings of it and appends them to a file; in turns, median of 3. " +
    "Ratios below 1: the agent needs less",
  run,
};
