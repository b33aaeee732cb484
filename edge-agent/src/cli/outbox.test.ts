import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { createManualClock } from "@stethos/protocol-finger/clock";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { startApi } from "../adapters/http-api/harness.ts";
import { createOutbox } from "../adapters/sqlite/outbox/outbox.ts";
import { outboxOptionsFor, steadyRandom } from "../adapters/sqlite/outbox/outbox-kit.ts";
import {
  batchOf,
  createTestLogger,
  never,
  START_US,
  tagsNamed,
  tempFolder,
} from "../adapters/sqlite/test-kit.ts";
import { STREAMS } from "../core/outbox/outbound.ts";
import { outboxCommand } from "./outbox.ts";

/** Runs the command as the command line does. */
async function run(...args: string[]): Promise<{ out: string; said: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const program = new Command("stethos").exitOverride().configureOutput({ writeErr: () => {} });
  outboxCommand(program, {
    ...{ stdout, stderr, onSignal: () => () => {} },
    ...{ version: "0.1.0", modelFolder: "", modelKeys: [], webRoot: "" },
  });
  const out = text(stdout);
  const said = text(stderr);
  try {
    await program.parseAsync(["outbox", ...args], { from: "user" });
  } finally {
    stdout.end();
    stderr.end();
  }
  return { out: await out, said: await said };
}

async function openOutbox(file: string) {
  const deps = { clock: createManualClock(START_US), logger: createTestLogger(), random: steadyRandom(1) };
  return createOutbox(outboxOptionsFor(file), { ...deps, telemetry: { emit: () => {} }, node: "press 7" });
}

/** An outbox with two batches, of which the archive has the first. */
async function filled(file: string): Promise<void> {
  const outbox = await openOutbox(file);
  outbox.registerTags(tagsNamed("a", "b"));
  const archive = outbox.reader("archive", { streams: STREAMS, lane: "in-order" });
  outbox.reader("broker", { streams: ["readings"], lane: "in-order" });
  for (let i = 0; i < 2; i += 1) {
    const given = Array.from({ length: 300 }, (_, row) => ({
      tag: row % 2,
      value: row / 7,
      sequence: i * 300 + row,
    }));
    outbox.append(batchOf(START_US + i * 1e6, given));
    await outbox.flush(never);
  }
  await archive.confirm(await archive.next({ rows: 1 }, never));
  await outbox.close();
}

describe("stethos outbox", () => {
  it("checks a file that is sound: rows of each stream, and what each sink waits for", async () => {
    using folder = tempFolder();
    await filled(folder.file());
    const { out } = await run("check", folder.file());
    expect(out).toContain("is sound: 2 batches, 600 rows");
    expect(out).toMatch(/\nreadings +2 +600 +0 /);
    expect(out).toMatch(/\narchive +1 +300 /);
    expect(out).toMatch(/\nbroker +2 +600 /);
    const report: unknown = JSON.parse((await run("check", folder.file(), "--json")).out);
    expect(report).toMatchObject({ isSound: true, streams: [{ stream: "readings", rows: 600, damaged: 0 }] });
  });

  it("exports rows as JSON lines, and says how many", async () => {
    using folder = tempFolder();
    await filled(folder.file());
    const { out, said } = await run("export", folder.file());
    const rows = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows).toHaveLength(600);
    expect(rows[301]).toMatchObject({
      tag: "b",
      value: 1 / 7,
      sequence: 301,
      node: "press 7",
      number: 2,
      row: 1,
    });
    expect(said).toBe("600 rows exported\n");
    await run("export", folder.file(), "-o", folder.file("rows.ndjson"));
    expect(readFileSync(folder.file("rows.ndjson"), "utf8")).toBe(out);
  });

  it("finds damage, and exports what is whole beside it", async () => {
    using folder = tempFolder();
    await filled(folder.file());
    const bytes = readFileSync(folder.file());
    // The last byte that is a value of the second batch, wherever it lies.
    const at = bytes.lastIndexOf(Buffer.from(new Float64Array([298 / 7]).buffer));
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(folder.file(), bytes);
    await expect(run("check", folder.file())).rejects.toMatchObject({ code: "DATA_INVALID" });
    const { out, said } = await run("export", folder.file());
    expect(out.trimEnd().split("\n")).toHaveLength(300);
    expect(said).toContain("1 batches are damaged");
  });

  it("drops nothing without --yes, and with it tells the sinks that are left", async () => {
    using folder = tempFolder();
    await filled(folder.file());
    await expect(run("drop", folder.file(), "--all")).rejects.toThrow("--yes");
    await expect(run("drop", folder.file(), "--yes")).rejects.toThrow("Give one of");
    await expect(run("drop", folder.file(), "--before", "noon", "--yes")).rejects.toThrow("is no time");
    // The first batch is the broker's alone.
    expect((await run("drop", folder.file(), "--sink", "broker", "--yes")).out).toBe(
      "300 rows of readings were dropped\n",
    );
    const outbox = await openOutbox(folder.file());
    const reader = outbox.reader("archive", { streams: STREAMS, lane: "in-order" });
    const [readings, gaps] = await reader.next({ rows: 5000 }, never);
    expect(readings).toMatchObject({ number: 2, content: { count: 300 } });
    expect(gaps?.content).toMatchObject({
      stream: "gaps",
      rows: [{ stream: "readings", cause: "operator", sink: "broker", rows: 300 }],
    });
    expect((await outbox.statistics(never)).sinks.map(({ sink }) => sink)).toEqual(["archive"]);
    await outbox.close();
  });

  it("drops what was made before a time, and everything", async () => {
    using folder = tempFolder();
    await filled(folder.file());
    const before = ["--before", "2026-01-01T00:00:00.500Z", "--yes", "--json"];
    const first: unknown = JSON.parse((await run("drop", folder.file(), ...before)).out);
    expect(first).toEqual({ dropped: [{ stream: "readings", rows: 300 }] });
    expect((await run("drop", folder.file(), "--all", "--yes")).out).toContain("300 rows of readings");
  });

  it("asks the agent that has the file open, and changes nothing then", async () => {
    using folder = tempFolder();
    const file = folder.file("outbox.db");
    await using api = await startApi();
    const outbox = await openOutbox(file);
    const { out, said } = await run("check", file, "--url", api.address);
    expect(said).toContain(`is open in an agent; this is what the one at ${api.address} tells`);
    expect(out).not.toBe("");
    const config = join(dirname(file), "agent.yaml");
    const { port } = new URL(api.address);
    const tag = { name: "t", asset: "a/l/c/m", address: "hr:0,UINT16", unit: "1" };
    const device = {
      ...{ name: "plc", protocol: "modbus-tcp", connection: { host: "127.0.0.1" } },
      groups: [{ name: "g", periodMs: 1000, tags: [tag] }],
    };
    const settings = {
      version: 1,
      site: "s",
      data: ".",
      model: ".",
      api: { port: Number(port) },
      devices: [device],
    };
    writeFileSync(config, JSON.stringify(settings));
    expect((await run("check", "-c", config)).said).toContain(`the one at http://127.0.0.1:${port} tells`);
    await expect(run("drop", file, "--all", "--yes")).rejects.toThrow("in use");
    await expect(run("export", file)).rejects.toThrow("in use");
    await outbox.close();
  });

  it("says which file it wants, and when there is none", async () => {
    await expect(run("check")).rejects.toThrow("which outbox?");
    await expect(run("check", "/nowhere/outbox.db")).rejects.toThrow("there is no outbox /nowhere/outbox.db");
  });
});
