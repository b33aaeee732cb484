import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { OutboxDto } from "../../edge-agent/src/core/outbox/outbox-dto.ts";
import { type Mosquitto, startMosquitto } from "../mqtt/mosquitto.ts";
import { type Observer, observe } from "../mqtt/observer.ts";
import { type ModbusServer, startModbusServer } from "../plant/modbus-server.ts";
import { type PostgresServer, startPostgres } from "../postgres/server.ts";
import { type Child, startScript, temporaryFolder } from "./processes.ts";

const TAG = "works/hall/line/cell/press/temperature";
const POLL = { timeout: 60_000, interval: 50 } as const;
const TEST_MS = 180_000;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let plc: ModbusServer;
let database: PostgresServer;
let broker: Mosquitto;
let observer: Observer;
const children: Child[] = [];

beforeEach(async () => {
  folder = await temporaryFolder();
  plc = await startModbusServer();
  database = await startPostgres();
  await database.query(
    "CREATE ROLE stethos LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE plant TO stethos",
  );
  broker = await startMosquitto();
  observer = await observe(broker.port);
  await writeFile(join(folder.path, "password"), "secret\n");
  await writeFile(join(folder.path, "agent.yaml"), stringify(configuration()));
}, TEST_MS);

afterEach(async () => {
  for (const child of children.splice(0)) if (child.process.exitCode === null) await child.stop("SIGKILL");
  await observer.close();
  await Promise.all([plc.close(), database.close(), broker.close()]);
  await folder.remove();
});

const configuration = () => ({
  version: 1,
  site: "works",
  data: "./data",
  api: { port: 0 },
  models: { node: "press-7" },
  sinks: [
    {
      kind: "postgres",
      url: `postgres://stethos@127.0.0.1:${database.port}/plant`,
      passwordFile: "password",
    },
    { kind: "mqtt", url: `mqtt://127.0.0.1:${broker.port}` },
    { kind: "file", folder: "spool" },
  ],
  devices: [
    {
      name: "press",
      protocol: "modbus-tcp",
      connection: { host: "127.0.0.1", port: plc.port },
      groups: [
        {
          name: "fast",
          periodMs: 50,
          tags: [{ name: "temperature", asset: "hall/line/cell/press", address: "hr:0,uint16", unit: "Cel" }],
        },
      ],
    },
  ],
});

async function startAgent() {
  const child = startScript("edge-agent/src/main.ts", [
    "run",
    "-c",
    join(folder.path, "agent.yaml"),
    "--json",
  ]);
  children.push(child);
  const address = /http:\S+/.exec(await child.line(/is listening/))?.[0] ?? "";
  const outbox = async () => (await (await fetch(`${address}/v1/outbox`)).json()) as OutboxDto;
  const sink = async (name: string) => (await outbox()).sinks.find((one) => one.sink === name);
  const alarms = async () =>
    (await (await fetch(`${address}/v1/alarms?open=true`)).json()) as readonly { state: string }[];
  return { child, outbox, sink, alarms };
}

const count = async (): Promise<number> => {
  const [row] = await database.query("SELECT count(*)::int AS n FROM stethos.reading");
  return Number(row?.["n"]);
};

/** Counts of the tag in each run of the agent: it begins again with each start. */
function runsOf(sequences: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const [i, sequence] of sequences.entries()) {
    if (i === 0 || sequence < (sequences[i - 1] ?? 0)) runs.push([]);
    runs.at(-1)?.push(sequence);
  }
  return runs;
}

const isGapless = (run: readonly number[]): boolean =>
  run.every((sequence, i) => sequence === (run[0] ?? 0) + i);

describe("an agent with sinks", () => {
  it(
    "delivers every accepted reading once, across a database that died and an agent that was killed",
    async () => {
      const first = await startAgent();
      await expect.poll(count, POLL).toBeGreaterThan(20);
      await database.stop("immediate");
      await expect.poll(async () => (await first.sink("postgres"))?.state, POLL).toBe("trouble");
      // The other sinks do not wait for the one that is away.
      const before = (await first.sink("mqtt"))?.rows ?? 0;
      await expect.poll(async () => (await first.sink("mqtt"))?.rows, POLL).toBeGreaterThan(before + 20);
      await expect.poll(async () => (await first.sink("postgres"))?.waitingRows, POLL).toBeGreaterThan(20);
      await first.child.stop("SIGKILL");

      await database.start();
      const second = await startAgent();
      const left = (await second.sink("postgres"))?.waitingRows ?? 0;
      const mark = await count();
      await expect.poll(count, POLL).toBeGreaterThan(mark + left + 20);
      expect(await second.child.stop()).toBe(0);

      const rows = await database.query(
        "SELECT sequence::int, tag, unit, quality FROM stethos.reading_named ORDER BY agent_time",
      );
      expect(rows[0]).toMatchObject({ tag: TAG, unit: "Cel", quality: "good" });
      const runs = runsOf(rows.map(({ sequence }) => Number(sequence)));
      expect(runs.map(isGapless)).toEqual([true, true]);
      // Each run is there from its first reading.
      expect(runs.map(([sequence]) => sequence)).toEqual([runs[0]?.[0], runs[0]?.[0]]);

      await observer.caughtUp();
      const heard = observer.seen
        .filter(({ topic }) => topic === `stethos/${TAG}`)
        .map(
          ({ payload }) =>
            JSON.parse(new TextDecoder().decode(payload)) as { sequence: number; epoch: string },
        );
      // At least once: repeats carry the same epoch and count.
      const known = new Set(heard.map(({ epoch, sequence }) => `${epoch} ${sequence}`));
      expect(known.size).toBeGreaterThanOrEqual(runs.flat().length);

      const files = await readdir(join(folder.path, "spool"));
      const texts = await Promise.all(
        files
          .filter((name) => name.endsWith(".ndjson"))
          .map((name) => readFile(join(folder.path, "spool", name), "utf8")),
      );
      const lines = texts.join("").match(new RegExp(`"tag":"${TAG}"`, "g")) ?? [];
      expect(lines.length).toBeGreaterThanOrEqual(runs.flat().length);
    },
    TEST_MS,
  );

  it(
    "says in its log, its API and its alarms what an operator has to do, and never the password",
    async () => {
      await writeFile(join(folder.path, "password"), "wrong-secret\n");
      const agent = await startAgent();
      await expect.poll(async () => (await agent.sink("postgres"))?.fault, POLL).toBe("denied");
      expect((await agent.sink("postgres"))?.message).toMatch(/passwordFile|password/);
      expect(await agent.child.line(/does not take deliveries/)).toContain('"fault":"denied"');
      await expect.poll(agent.alarms, POLL).toMatchObject([
        {
          machine: "press-7",
          sensor: "agent/data-plane/sink/postgres",
          state: "unacknowledged-active",
          reason: "sink-failing",
          evidence: { sink: "postgres", fault: "denied" },
        },
      ]);
      expect(JSON.stringify(await agent.alarms())).not.toContain("wrong-secret");
      // The news of a sink that fails does not go the way that fails.
      expect(observer.seen.filter(({ topic }) => topic.includes("alarm"))).toEqual([]);
      expect(await agent.child.stop()).toBe(0);
      expect(agent.child.output()).not.toContain("wrong-secret");
    },
    TEST_MS,
  );
});
