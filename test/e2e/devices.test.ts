import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { DeviceDto } from "../../edge-agent/src/core/feed.ts";
import type { Reading } from "../../edge-agent/src/core/reading.ts";
import { type S7Server, startS7Server } from "../plant/s7-server.ts";
import { type Child, startScript, temporaryFolder } from "./processes.ts";

const asset = "utilities/cooling/cell-1/pump-1";
// Nobody listens on the port for discarding.
const NOBODY = 9;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let children: Child[];
let plc: S7Server;

beforeEach(async () => {
  folder = await temporaryFolder();
  children = [];
  plc = await startS7Server();
  const block = plc.addDataBlock(1, 100);
  block.bytes.writeFloatBE(42, 0);
  block.publish();
});

afterEach(async () => {
  for (const child of children) if (child.process.exitCode === null) await child.stop("SIGKILL");
  await plc.close();
  await folder.remove();
});

const file = () => join(folder.path, "agent.yaml");

function found(name: string, s7: number, address = "DB1,REAL0") {
  const connection = {
    endpoint: "auto://127.0.0.1",
    ports: { s7, modbus: NOBODY, opcua: NOBODY },
    spacingMs: 0,
  };
  const tags = [{ name: `temperature-${name}`, asset, address, unit: "Cel" }];
  return { name, protocol: "auto", connection, groups: [{ name: "slow", periodMs: 100, tags }] };
}

function configured(name: string, port: number) {
  const tags = [{ name: `temperature-${name}`, asset, address: "DB1,REAL0", unit: "Cel" }];
  return {
    name,
    protocol: "s7",
    connection: { host: "127.0.0.1", port },
    groups: [{ name: "g", periodMs: 100, tags }],
  };
}

async function configure(devices: readonly object[]): Promise<void> {
  await writeFile(
    file(),
    stringify({ version: 1, site: "plant", data: "./data", api: { port: 0 }, devices }),
  );
}

function stethos(...args: string[]): Child {
  const child = startScript("edge-agent/src/main.ts", args);
  children.push(child);
  return child;
}

async function outcome(...args: string[]) {
  const child = stethos(...args);
  const code = await child.ended();
  return { code, output: child.output() };
}

const devicesIn = (output: string): DeviceDto[] =>
  output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as DeviceDto);

describe("stethos devices", () => {
  it("tells of each device of a configuration who it is and how it is read, and ends well where all can be", async () => {
    await configure([found("press", plc.port), configured("pump", plc.port)]);
    const { code, output } = await outcome("devices", "-c", file());
    expect(output).toMatch(/DEVICE\s+STATE\s+TAGS\s+PROFILE\s+VERDICT\s+DIAGNOSIS/);
    expect(output).toMatch(/press\s+up\s+1\/1\s+s7-\w+\s.*-\n/);
    expect(output).toMatch(/pump\s+up\s+1\/1\s+s7\s+-\s+-/);
    expect(output).toMatch(/trying 2 devices, 120 s at most\n(press|pump) has been tried \(1 of 2\)\n/);
    expect(code).toBe(0);
  });

  it("tells what is wrong and what to do, in Chinese where asked, and ends with 1", async () => {
    await configure([found("press", NOBODY), found("pump", plc.port, "DB7,REAL0")]);
    const { code, output } = await outcome("devices", "-c", file(), "--lang", "zh");
    expect(output).toMatch(/press\s+down\s+0\/1\s+-\s.*PORT_CLOSED/);
    expect(output).toMatch(/pump\s+refuses\s+0\/1\s.*S7_BLOCK_MISSING/);
    expect(output).toContain("该端口没有服务在监听");
    expect(output).toContain("优化的块访问");
    expect(output).toContain("cannot be read: press, pump");
    expect(code).toBe(1);
    const json = await outcome("devices", "-c", file(), "--json");
    expect(devicesIn(json.output)).toMatchObject([
      {
        name: "press",
        up: false,
        diagnosis: { code: "PORT_CLOSED", advice: expect.stringContaining("port") },
      },
      { name: "pump", tags: { total: 1, good: 0 }, diagnosis: { code: "S7_BLOCK_MISSING" } },
    ]);
    expect(json.code).toBe(1);
  });

  it("asks a running agent, which tells the protocol in use and identifies a device afresh on request", async () => {
    await configure([found("press", plc.port)]);
    const agent = stethos("run", "-c", file(), "--json");
    const address = /http:\S+/.exec(await agent.line(/is listening/))?.[0] ?? "";
    const identified = JSON.parse(await agent.line(/"msg":"identified"/)) as Record<string, unknown>;
    expect(identified).toMatchObject({
      device: "press",
      evidence: expect.any(Array),
      frames: expect.any(Number),
    });
    expect(JSON.parse(await agent.line(/"msg":"profile chosen"/))).toMatchObject({
      device: "press",
      why: expect.any(String),
    });
    const ask = async (path: string, init?: RequestInit) => (await fetch(`${address}${path}`, init)).json();
    await expect
      .poll(async () => ((await ask("/v1/readings")) as Reading[])[0], { timeout: 10_000 })
      .toMatchObject({ value: 42, protocol: "s7", device: "press" });

    const table = await outcome("devices", "--url", address);
    expect(table.output).toMatch(/press\s+up\s+1\/1\s+s7-\w+/);
    expect(table.code).toBe(0);

    const post = { method: "POST", headers: { "content-type": "application/json" }, body: '{"by":"Ada"}' };
    const before = (await ask("/v1/devices/press")) as { fingerprint: { time: string }; evidence: unknown[] };
    expect(before.evidence.length).toBeGreaterThan(0);
    expect((await fetch(`${address}/v1/devices/press/identify`, post)).status).toBe(202);
    await expect
      .poll(async () => (await ask("/v1/devices/press")) as DeviceDto, { timeout: 10_000 })
      .toMatchObject({ up: true, fingerprint: { time: expect.not.stringMatching(before.fingerprint.time) } });
    expect((await fetch(`${address}/v1/devices/press/identify`, post)).status).toBe(409);
    expect(await agent.stop()).toBe(0);
  });

  it.each([
    ["neither a configuration nor an agent", ["devices"], "name --config or --url", 2],
    [
      "an agent that is not there",
      ["devices", "--url", `http://127.0.0.1:${NOBODY}`],
      "is the agent running there?",
      1,
    ],
    ["an address that is none", ["devices", "--url", "here"], "is no address", 1],
    [
      "a token that cannot be read",
      ["devices", "--url", "http://127.0.0.1:9", "--token-file", "/no"],
      "--token-file",
      1,
    ],
    ["a language that it does not speak", ["devices", "-c", "x", "--lang", "tlh"], "en, zh", 2],
  ])("says what is wrong with %s", async (_, args, text, expected) => {
    const { code, output } = await outcome(...args);
    expect(output).toContain(text);
    expect(code).toBe(expected);
  });
});
