import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCounters } from "../adapters/node/counters.ts";
import { createLogger } from "../adapters/node/logger.ts";
import { createHistory } from "../adapters/sqlite/history.ts";
import { historyOptions } from "../adapters/sqlite/options.ts";
import { readHistory } from "../adapters/sqlite/read-history.ts";
import { readConfig } from "../config.ts";
import { rawColumns } from "../core/reading.ts";
import { rfc3339 } from "../core/time.ts";
import { rulesCommand } from "./rules.ts";

const folder = mkdtempSync(join(tmpdir(), "rules-cli-"));
const agentFile = join(folder, "agent.yaml");
const rulesFile = join(folder, "rules.yaml");
afterAll(() => rmSync(folder, { recursive: true }));

const AGENT = `version: 1
site: plant
data: ./data
devices:
  - name: plc
    protocol: s7
    connection: {host: 127.0.0.1}
    groups:
      - name: g
        periodMs: 1000
        tags:
          - {name: temp, asset: press/l1/c1/p1, address: "DB1,REAL0", unit: Cel}
          - {name: temp, asset: press/l1/c1/p2, address: "DB1,REAL4", unit: Cel}
`;
const RULES = `version: 1
rules:
  - name: hot-and-rising
    for: {asset: "press/*/*/*"}
    when: machine.temp > 80 && rate(machine.temp, '1m') > 0.05
    hold: 10s
    severity: alarm
`;
const FROM = 1_790_000_000e6;

const context = (stdout: PassThrough, stderr: PassThrough) => ({
  stdout,
  stderr,
  onSignal: () => () => undefined,
  version: "0",
  modelFolder: folder,
  modelKeys: [],
  webRoot: "",
});

/** @returns stdout and stderr; rejects as the command does */
async function run(...args: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const program = new Command().exitOverride();
  rulesCommand(program, context(stdout, stderr));
  const silent = { writeErr: () => undefined };
  for (const one of program.commands.flatMap((group) => [group, ...group.commands]))
    one.exitOverride().configureOutput(silent);
  try {
    await program.parseAsync(["rules", ...args], { from: "user" });
  } catch (thrown) {
    throw Object.assign(thrown as Error, { out: String(stdout.read() ?? "") });
  }
  return { out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

/** After the 20 minutes, each in a second of its own: one reading in ten above 95, 100 ms apart and 1 ms apart. */
const BURSTS = [
  { second: 1300, apartUs: 100_000 },
  { second: 1500, apartUs: 1000 },
];

const linesOf = (out: string) =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** 20 minutes of an agent: p1 rises by 0.1 degrees a second from second 400 on for 300 seconds, p2 stays. */
async function record(): Promise<void> {
  const config = await readConfig(agentFile, context(new PassThrough(), new PassThrough()));
  const deps = {
    clock: createSystemClock(),
    logger: createLogger("error", true),
    telemetry: createCounters(),
  };
  mkdirSync(config.dataFolder, { recursive: true });
  const history = await createHistory(
    historyOptions.parse({ file: join(config.dataFolder, "history.db") }),
    deps,
  );
  history.registerTags(config.tags);
  for (let second = 0; second < 1200; second += 1) {
    const timeUs = FROM + second * 1e6 + 250_000;
    const columns = rawColumns(2, timeUs);
    columns.tag.set([0, 1]);
    columns.value.set([65 + 0.1 * Math.min(300, Math.max(0, second - 400)), 90]);
    history.append({ ...columns, agentTimeUs: timeUs, sequence: new Float64Array(2).fill(second) });
  }
  for (const { second, apartUs } of BURSTS)
    for (let i = 0; i < 10; i += 1) {
      const timeUs = FROM + second * 1e6 + i * apartUs;
      const columns = rawColumns(1, timeUs);
      columns.tag[0] = 0;
      columns.value[0] = i === 4 ? 99 : 70 + i;
      history.append({ ...columns, agentTimeUs: timeUs, sequence: new Float64Array(1) });
    }
  await history.close();
}

beforeAll(async () => {
  writeFileSync(agentFile, AGENT);
  writeFileSync(rulesFile, RULES);
  await record();
}, 60_000);

describe("stethos rules", () => {
  const range = ["--from", rfc3339(FROM), "--to", rfc3339(FROM + 1200e6)];

  it("check finds good rules good and tells what is wrong with others", async () => {
    expect((await run("check", rulesFile, "-c", agentFile)).out).toMatch(
      / is good: 1 rules on 2 places, version [0-9a-f]{12}\n$/,
    );
    const bad = join(folder, "bad.yaml");
    writeFileSync(bad, RULES.replace("machine.temp >", "machine.tmp >"));
    await expect(run("check", bad, "-c", agentFile)).rejects.toThrow(
      /bad\.yaml:5:18: .* did you mean "temp"\?/,
    );
    const failed = await run("check", bad, "-c", agentFile, "--json").catch((thrown) => thrown);
    expect(JSON.parse(failed.out)).toMatchObject({ ok: false, problems: [{ line: 5, column: 18 }] });
    await expect(run("check", "-c", agentFile)).rejects.toThrow(/names no rules/);
  });

  it("list tells each rule, its version and its machines", async () => {
    const { out } = await run("list", "-c", agentFile, "--rules", rulesFile, "--json");
    expect(JSON.parse(out)).toMatchObject({
      name: "hot-and-rising",
      hold: "10s",
      evaluatedBy: "closures",
      machines: ["plant/press/l1/c1/p1", "plant/press/l1/c1/p2"],
    });
    expect((await run("list", "-c", agentFile, "--rules", rulesFile)).out).toContain("hot-and-rising");
  });

  it("test tells what would have fired in the history of an agent that stands", async () => {
    const { out, err } = await run("test", "-c", agentFile, "--rules", rulesFile, ...range, "--json");
    const [verdict, ...fired] = linesOf(out).toReversed();
    expect(fired).toHaveLength(1);
    // Above 80 from second 551 on, ten seconds later it counts; the rate falls below 0.05 half a minute after 700.
    expect(fired[0]).toMatchObject({
      rule: "hot-and-rising",
      machine: "plant/press/l1/c1/p1",
      severity: "alarm",
      exact: true,
    });
    expect(verdict).toMatchObject({
      kind: "verdict",
      alarms: 1,
      exact: true,
      approximate: [],
      from: rfc3339(FROM),
      to: rfc3339(FROM + 1200e6),
    });
    expect(err).toMatch(/^Exact from .*Z to .*Z: every reading was judged by itself/m);
    expect((Date.parse(fired[0].from) * 1000 - FROM) / 1e6).toBeCloseTo(561, -0.5);
    expect(fired[0].seconds).toBeGreaterThan(150);
    expect(fired[0].seconds).toBeLessThan(180);
    expect(fired[0].values["machine.temp"]).toBeCloseTo(81, 0);
    expect(err).toMatch(/^1 alarms, from 2400 values/m);
    expect((await run("test", "-c", agentFile, "--rules", rulesFile, ...range)).out).toMatch(
      /FROM .*\n.* exact +alarm +hot-and-rising /,
    );
  });

  it("test sees an excursion of one reading among several of a scan period, and says where the times are not known", async () => {
    const short = join(folder, "short.yaml");
    writeFileSync(short, RULES.replace(/when: .*/, "when: machine.temp > 95").replace("10s", "0s"));
    const later = ["--from", rfc3339(FROM + 1250e6), "--to", rfc3339(FROM + 1600e6)];
    const { out } = await run("test", "-c", agentFile, "--rules", short, ...later, "--json");
    const [verdict, ...fired] = linesOf(out).toReversed();
    expect(fired.toReversed()).toMatchObject([
      { values: { "machine.temp": 99 }, exact: true },
      { values: { "machine.temp": 99 }, exact: false },
    ]);
    const tag = "plant/press/l1/c1/p1/temp";
    expect(verdict).toMatchObject({ exact: false, approximate: [{ of: "tag", id: tag }] });
    const [blur] = verdict.approximate;
    expect(Date.parse(blur.from) * 1000).toBe(FROM + 1500e6);
    expect(blur.to).toBe(rfc3339(FROM + 1600e6));
    const human = await run("test", "-c", agentFile, "--rules", short, ...later);
    expect(human.out).toMatch(/ exact .*\n.* approx\. /);
    expect(human.err).toContain(
      `Approximate for tag ${tag} from ${blur.from} to ${blur.to}: 1m40s in 1 spans`,
    );
    expect(human.err).toMatch(/^Approximate: .* least, greatest and mean .* in this order/m);
  });

  it("test asks a running agent the same over its API", async () => {
    const reader = readHistory(join(folder, "data", "history.db"));
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
      const id = decodeURIComponent(pathname.replace("/v1/trends/tag/", ""));
      const us = (name: string) => Date.parse(searchParams.get(name) ?? "") * 1000;
      const query = { fromUs: us("from"), toUs: us("to"), buckets: Number(searchParams.get("buckets")) };
      const trend = reader.trend("tag", id, query);
      const column = (values: Float64Array) =>
        Array.from(values, (value) => (Number.isNaN(value) ? null : value));
      response.end(
        JSON.stringify({
          time: Array.from(trend.timeUs, (timeUs) => timeUs / 1e6),
          min: column(trend.min),
          max: column(trend.max),
          mean: column(trend.mean),
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const ofFile = await run("test", "-c", agentFile, "--rules", rulesFile, ...range, "--json");
      const ofAgent = await run(
        "test",
        "-c",
        agentFile,
        "--rules",
        rulesFile,
        ...range,
        "--json",
        "--url",
        url,
      );
      expect(ofAgent.out).toBe(ofFile.out);
    } finally {
      server.close();
      reader.close();
    }
  });

  it("test leaves out, aloud, what no history keeps", async () => {
    const other = join(folder, "state.yaml");
    writeFileSync(other, RULES.replace(/when: .*/, "when: machine.state == 'alarm'"));
    const { out, err } = await run("test", "-c", agentFile, "--rules", other, ...range);
    expect(out).toBe("");
    expect(err).toContain(
      "Left out: rule hot-and-rising: the history does not keep machine.state (2 machines)",
    );
  });

  it("test refuses a range that ends before it begins, and a history that is none", async () => {
    const [from = "", to = ""] = [range[1], range[3]];
    await expect(
      run("test", "-c", agentFile, "--rules", rulesFile, "--from", to, "--to", from),
    ).rejects.toThrow(/earlier/);
    await expect(
      run("test", "-c", agentFile, "--rules", rulesFile, "--from", "yesterday", "--to", to),
    ).rejects.toThrow(/RFC 3339/);
    const elsewhere = join(folder, "elsewhere.yaml");
    writeFileSync(elsewhere, AGENT.replace("./data", "./nowhere"));
    await expect(run("test", "-c", elsewhere, "--rules", rulesFile, ...range)).rejects.toThrow(
      /is no history that can be read/,
    );
  });
});
