import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuditLog } from "../adapters/audit-log/audit-log.ts";
import { auditCommand } from "./audit.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "stethos-audit-cli-"));
  file = join(folder, "audit.ndjson");
  const log = await openAuditLog({ file }, () => 0);
  for (const what of ["paused", "resumed", "promoted"]) {
    await log.append({ timeUs: 1_700_000_000_000_000, by: "Ann", what, detail: { trial: "1" } });
  }
  await log.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** @returns stdout and stderr; rejects as the command does */
async function run(...args: readonly string[]): Promise<{ readonly out: string; readonly err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const program = new Command().exitOverride();
  auditCommand(program, {
    stdout,
    stderr,
    onSignal: () => () => undefined,
    version: "0",
    modelFolder: "",
    modelKeys: [],
    webRoot: "",
  });
  try {
    await program.parseAsync(["audit", ...args], { from: "user" });
  } catch (thrown) {
    throw Object.assign(thrown as Error, { out: String(stdout.read() ?? "") });
  }
  return { out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

describe("stethos audit verify", () => {
  it("says that a log is whole, for people and as JSON", async () => {
    expect((await run("verify", "--file", file)).out).toMatch(/is whole: 3 entries, head [0-9a-f]{64}\n$/);
    expect(JSON.parse((await run("verify", "--file", file, "--json")).out)).toMatchObject({
      ok: true,
      entries: 3,
      problems: [],
    });
  });

  it("names the line that was tampered with, and fails", async () => {
    writeFileSync(file, readFileSync(file, "utf8").replace('"resumed"', '"aborted"'));
    const failure = run("verify", "--file", file);
    await expect(failure).rejects.toMatchObject({
      code: "DATA_INVALID",
      out: `${file}:2 entry 2 was changed: its hash is not its own\n`,
    });
  });

  it("asks which log is meant, and says what it cannot read", async () => {
    await expect(run("verify")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(run("verify", "--file", join(folder, "none"))).rejects.toMatchObject({
      code: "DATA_INVALID",
      message: expect.stringContaining("cannot be read"),
    });
  });
});

describe("stethos audit show", () => {
  it("prints the newest entries first", async () => {
    const { out } = await run("show", "--file", file, "-n", "2");
    expect(out).toBe(
      '3  2023-11-14T22:13:20.000000Z  Ann  promoted  {"trial":"1"}\n2  2023-11-14T22:13:20.000000Z  Ann  resumed  {"trial":"1"}\n',
    );
    const json = (await run("show", "--file", file, "--json")).out.trim().split("\n");
    expect(json).toHaveLength(3);
    expect(JSON.parse(json[0] ?? "")).toEqual({
      sequence: 3,
      timeUs: 1_700_000_000_000_000,
      by: "Ann",
      what: "promoted",
      detail: { trial: "1" },
    });
  });

  it("passes over what is no entry, and says so", async () => {
    writeFileSync(file, `${readFileSync(file, "utf8")}rubbish\n`);
    const { out, err } = await run("show", "--file", file, "-n", "2");
    expect(out).toMatch(/^3 .*promoted/);
    expect(err).toMatch(/a line that is no entry/);
  });

  it("refuses a count that is none", async () => {
    await expect(run("show", "--file", file, "-n", "no")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});
