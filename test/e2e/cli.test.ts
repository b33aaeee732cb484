import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Reading } from "../../edge-agent/src/core/reading.ts";
import { type S7Server, startS7Server } from "../plant/s7-server.ts";
import { type Child, startScript, temporaryFolder } from "./processes.ts";

const asset = "utilities/cooling/cell-1/pump-1";

interface Device {
  name: string;
  protocol: string;
  connection: Record<string, unknown>;
  groups: {
    name: string;
    periodMs: number;
    tags?: Record<string, unknown>[];
    waveforms?: Record<string, unknown>[];
  }[];
}

function s7(name: string, port: number, more: Record<string, unknown>[] = []): Device {
  const tags = [
    { name: `temperature-${name}`, asset, address: "DB1,REAL0", unit: "Cel", scale: 0.5 },
    ...more,
  ];
  return {
    name,
    protocol: "s7",
    connection: { host: "127.0.0.1", port },
    groups: [{ name: "slow", periodMs: 100, tags }],
  };
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let children: Child[];

beforeEach(async () => {
  folder = await temporaryFolder();
  children = [];
});

afterEach(async () => {
  for (const child of children) if (child.process.exitCode === null) await child.stop("SIGKILL");
  await folder.remove();
});

const configFile = () => join(folder.path, "agent.yaml");

async function configure(config: object | string): Promise<void> {
  const text =
    typeof config === "string"
      ? config
      : stringify({ version: 1, site: "plant", data: "./data", api: { port: 0 }, ...config });
  await writeFile(configFile(), text);
}

function stethos(...args: string[]): Child {
  const child = startScript("edge-agent/src/main.ts", args);
  children.push(child);
  return child;
}

/** Runs a command to its end. */
async function outcome(...args: string[]) {
  const child = stethos(...args);
  const code = await child.ended();
  return { code, output: child.output() };
}

describe("stethos check", () => {
  it("counts what a good configuration holds, and connects to nothing", async () => {
    await configure({ devices: [s7("plc-1", 1)] });
    const { code, output } = await outcome("check", "-c", configFile());
    expect(output).toContain("is good: 1 devices, 1 tags, 0 waveforms, 0 machines");
    expect(code).toBe(0);
  });

  it("finds nothing wrong with the README's own example", async () => {
    const readme = await readFile(join(import.meta.dirname, "../../README.md"), "utf8");
    await configure(/^```yaml\n(?<example>[\s\S]*?)^```$/m.exec(readme)?.groups?.["example"] ?? "");
    const { code, output } = await outcome("check", "-c", configFile());
    expect(output).toContain("is good: 1 devices, 1 tags, 1 waveforms, 1 machines");
    expect(code).toBe(0);
  });

  it("points at line and column of every problem, with the mend", async () => {
    await configure(
      [
        "version: 1",
        "site: plant",
        "devices:",
        "  - name: plc-1",
        "    protocol: s7",
        "    connection: { host: 10.0.0.5, prot: 102 }",
        "    groups:",
        "      - name: fast",
        "        periodMs: 100",
        "        tags:",
        "          - { name: t, asset: a/b/c/d, address: 'DB1,REAL0', unit: rpm }",
        "",
      ].join("\n"),
    );
    const first = await outcome("check", "-c", configFile());
    expect(first.code).toBe(1);
    expect(first.output).toContain(':6:35: devices[0].connection.prot: "prot" is no setting here');
    await configure(
      [
        "version: 1",
        "site: plant",
        "devices:",
        "  - name: plc-1",
        "    protocol: s7",
        "    connection: { host: 10.0.0.5 }",
        "    groups:",
        "      - name: fast",
        "        periodMs: 100",
        "        tags:",
        "          - { name: t, asset: a/b/c/d, address: 'DB1,REEL0', unit: rpm }",
        "          - { name: t, asset: a/b/c/d, address: 'DB1,REAL4', unit: Cel }",
        "",
      ].join("\n"),
    );
    const { output } = await outcome("check", "-c", configFile());
    expect(output).toMatch(
      /:11:\d+: devices\[0\]\.groups\[0\]\.tags\[0\]\.unit: "rpm" is no UCUM unit; write "\/min"/,
    );
    expect(output).toMatch(
      /:11:\d+: devices\[0\]\.groups\[0\]\.tags\[0\]\.address: .*\(character \d+ of "DB1,REEL0"\)/,
    );
    expect(output).toMatch(
      /:12:\d+: devices\[0\]\.groups\[0\]\.tags\[1\]\.name: "plant\/a\/b\/c\/d\/t" is already the tag/,
    );
  });

  it("shows the first fifty of a thousand problems and counts the rest", async () => {
    const tags = Array.from({ length: 1000 }, (_, i) => ({
      name: `t${i}`,
      asset,
      address: `DB1,REAL${4 * i}`,
      unit: "furlongs",
    }));
    await configure({ devices: [s7("plc-1", 1, tags)] });
    const { code, output } = await outcome("check", "-c", configFile());
    expect(code).toBe(1);
    expect(output.split("\n").filter((line) => line.includes("furlongs"))).toHaveLength(50);
    expect(output).toContain("... and 950 more");
  });

  it.each([
    [
      "a file that is not there",
      ["check", "-c", "/nowhere/agent.yaml"],
      "cannot be read; check the path after -c",
    ],
    ["no file at all", ["check"], "required option '-c, --config <file>'"],
    ["a command that does not exist", ["chekc"], "Did you mean check?"],
  ])("says what is wrong with %s", async (_, args, text) => {
    const { code, output } = await outcome(...args);
    expect(output).toContain(text);
    expect(code).not.toBe(0);
  });

  it.each([
    ["repeated keys", "version: 1\nversion: 1\n", "Map keys must be unique"],
    ["text that is no YAML", "version: [1\n", ":2:1:"],
    ["another version", "version: 9\nsite: x\ndevices: []\n", "version"],
    ["an empty file", "", "Invalid input"],
  ])("refuses %s", async (_, text, expected) => {
    await configure(text);
    const { code, output } = await outcome("check", "-c", configFile());
    expect(output).toContain(expected);
    expect(code).toBe(1);
  });

  it("gives problems as JSON for tools", async () => {
    await configure("version: 1\nsite: x\n");
    const { output } = await outcome("check", "--json", "-c", configFile());
    const line = output.split("\n").find((one) => one.startsWith("{")) ?? "{}";
    expect(JSON.parse(line)).toMatchObject({ ok: false, problems: [{ path: "devices" }] });
  });

  it("refuses what contradicts itself: names, machines without waveform, speeds that are none", async () => {
    const machines = [
      { asset, speed: "temperature-plc-1", sensors: [{ waveform: "vibration" }] },
      { asset, speed: "nothing", nominalShaftHz: 25 },
    ];
    await configure({ devices: [s7("plc-1", 1), s7("plc-1", 1)], machines: machines.slice(0, 1) });
    const { output } = await outcome("check", "-c", configFile());
    expect(output).toContain('devices[1].name: "plc-1" is the name of another device');
    expect(output).toContain(`no waveform belongs to "${asset}"`);
    expect(output).toContain('there is no waveform "vibration"');
    expect(output).toContain('the unit of "temperature-plc-1" is "Cel"; a shaft speed needs "Hz" or "/min"');
    await configure({ devices: [s7("plc-1", 1)], machines: machines.slice(1) });
    expect((await outcome("check", "-c", configFile())).output).toContain(
      'has both "speed" and "nominalShaftHz"',
    );
  });
});

describe("stethos tags", () => {
  it("lists tags as a table and as JSON", async () => {
    await configure({ devices: [s7("plc-1", 1)] });
    const table = await outcome("tags", "-c", configFile());
    expect(table.output).toMatch(/TAG\s+KIND\s+DEVICE/);
    expect(table.output).toMatch(
      /plant\/utilities\/cooling\/cell-1\/pump-1\/temperature-plc-1\s+tag\s+plc-1\s+DB1,REAL0\s+Cel\s+100 ms/,
    );
    const json = await outcome("tags", "--json", "-c", configFile());
    expect(JSON.parse(json.output)).toMatchObject({
      kind: "tag",
      device: "plc-1",
      scale: 0.5,
      periodMs: 100,
    });
  });
});

describe("stethos with wrong options", () => {
  it.each([
    {
      args: ["run", "-c", "agent.yaml", "--log", "loud"],
      what: "Allowed choices are debug, info, warn, error",
    },
    { args: ["read", "-c", "agent.yaml", "-t", "1e9"], what: "must be 2000000 at most" },
    { args: ["devices", "-c", "agent.yaml", "-t", "0"], what: "must be a number above 0" },
  ])("refuses $args with what to write instead", async ({ args, what }) => {
    const { code, output } = await outcome(...args);
    expect(output).toContain(what);
    expect(output).not.toMatch(/^ +at /m);
    expect(code).toBe(2);
  });
});

describe("with a controller", () => {
  let plc: S7Server;
  let block: ReturnType<S7Server["addDataBlock"]>;

  beforeEach(async () => {
    plc = await startS7Server();
    block = plc.addDataBlock(1, 100);
    block.bytes.writeFloatBE(42, 0);
    block.publish();
  });

  afterEach(() => plc.close());

  it("reads readings as NDJSON and stops after as many as were asked for", async () => {
    await configure({ devices: [s7("plc-1", plc.port)] });
    const { code, output } = await outcome("read", "-c", configFile(), "-n", "3");
    const readings = output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Reading);
    expect(readings.map((reading) => [reading.value, reading.quality, reading.sequence])).toEqual([
      [21, "good", 1],
      [21, "good", 2],
      [21, "good", 3],
    ]);
    expect(code).toBe(0);
  });

  it("ends when its reader leaves, as with | head", async () => {
    await configure({ devices: [s7("plc-1", plc.port)] });
    const child = stethos("read", "-c", configFile());
    await child.line(/"quality":"good"/);
    child.process.stdout?.destroy();
    expect(await child.ended()).toBe(0);
  });

  it("reads for as long as it was told, from a controller that is not there, without a crash", async () => {
    await configure({ devices: [s7("gone", 9)] });
    const { code, output } = await outcome("read", "-c", configFile(), "-t", "1");
    expect(output).toContain('"status":"BadNotConnected"');
    expect(code).toBe(0);
  });

  it("runs until told to stop, reads its configuration again, and keeps connections that did not change", async () => {
    await configure({ devices: [s7("kept", plc.port), s7("gone", plc.port)] });
    const agent = stethos("run", "-c", configFile(), "--json");
    const address = /http:\S+/.exec(await agent.line(/is listening/))?.[0] ?? "";
    const newest = async (): Promise<Reading[]> =>
      (await (await fetch(`${address}/v1/readings`)).json()) as Reading[];
    const readingOf = async (name: string) => (await newest()).find((reading) => reading.tag.endsWith(name));
    await expect.poll(async () => (await readingOf("temperature-gone"))?.value, { timeout: 10_000 }).toBe(21);

    await configure("version: 1\nsite: plant\n");
    agent.process.kill("SIGHUP");
    await agent.line(/the new configuration was refused/);
    expect((await readingOf("temperature-kept"))?.quality).toBe("good");

    await configure({ devices: [s7("kept", plc.port), s7("new", plc.port)] });
    agent.process.kill("SIGHUP");
    const report = JSON.parse(await agent.line(/configuration read again/)) as Record<string, string[]>;
    expect([report["kept"], report["started"], report["stopped"]]).toEqual([["kept"], ["new"], ["gone"]]);
    await expect.poll(async () => (await readingOf("temperature-new"))?.value, { timeout: 10_000 }).toBe(21);
    expect((await readingOf("temperature-gone"))?.status).toBe("BadOutOfService");
    expect(await agent.stop("SIGINT")).toBe(0);
    expect(plc.clients()).toBe(0);
  });

  it("does not start on a port that is taken, nor with a model that is none, and says why", async () => {
    await configure({ devices: [s7("plc-1", plc.port)], api: { port: plc.port } });
    const taken = await outcome("run", "-c", configFile());
    expect(taken.output).toContain(String(plc.port));
    expect(taken.code).toBe(1);
    await configure({ devices: [s7("plc-1", plc.port)], model: "./no-model" });
    const missing = await outcome("run", "-c", configFile());
    expect(missing.output).toContain("there is no folder");
    expect(missing.code).toBe(1);
  });
});
