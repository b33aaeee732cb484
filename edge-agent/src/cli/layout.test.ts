import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Command } from "commander";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { checkLayoutText } from "../config/layout-file.ts";
import { expandLayout } from "../core/layout/expand.ts";
import { syntheticLayout } from "../core/layout/synthetic-layout.ts";
import { layoutCommand } from "./layout.ts";

const folder = mkdtempSync(join(tmpdir(), "layout-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "plant.json");

/** @returns stdout and stderr; rejects as the command does */
async function run(...args: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const program = new Command().exitOverride();
  layoutCommand(program, {
    stdout,
    stderr,
    onSignal: () => () => undefined,
    version: "0",
    modelFolder: folder,
    modelKeys: [],
    webRoot: "",
  });
  const silent = { writeErr: () => undefined };
  for (const one of program.commands.flatMap((group) => [group, ...group.commands]))
    one.exitOverride().configureOutput(silent);
  try {
    await program.parseAsync(["layout", ...args], { from: "user" });
  } catch (thrown) {
    throw Object.assign(thrown as Error, { out: String(stdout.read() ?? "") });
  }
  return { out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

describe("stethos layout", () => {
  it("generates a plant of that many points, the same for the same seed, that it finds good itself", async () => {
    const { out } = await run("generate", "--points", "700", "--seed", "3", "--site", "demo");
    const { layout } = checkLayoutText("p.json", out);
    expect(expandLayout(layout).pointCount).toBe(700);
    expect(layout).toEqual(syntheticLayout({ points: 700, seed: 3, site: "demo" }));
    expect(out.split("\n").length).toBeGreaterThan(layout.assets.length);
    expect(JSON.parse((await run("generate", "--points", "700", "--json")).out)).toMatchObject({
      site: "plant",
    });
    writeFileSync(file, out);
    expect((await run("check", file)).out).toMatch(
      / is good: 1 areas, \d+ templates, \d+ assets, 700 points\n$/,
    );
  });

  it("refuses numbers that are none", async () => {
    for (const points of ["0", "many", "1.5", "2000001"])
      await expect(run("generate", "--points", points)).rejects.toThrow(/whole number/);
  });

  it("tells what is wrong with a layout, with its place, for people and as JSON", async () => {
    writeFileSync(file, JSON.stringify({ ...syntheticLayout({ points: 10 }), areas: [] }));
    await expect(run("check", file)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining('assets[0].area: there is no area "plant/boiler-house"'),
    });
    const failure = await run("check", file, "--json").catch((thrown: { out: string }) => thrown);
    expect(JSON.parse(failure.out)).toMatchObject({
      ok: false,
      problems: [{ path: "assets[0].area", line: 1 }],
    });
    await expect(run("check", join(folder, "none.json"))).rejects.toThrow(/cannot be read \(ENOENT\)/);
  });

  it("warns of what can be drawn all the same", async () => {
    const { templates, ...rest } = syntheticLayout({ points: 10 });
    writeFileSync(
      file,
      JSON.stringify({ ...rest, templates: templates.map((one) => ({ ...one, size: [0.1, 0.1, 0.1] })) }),
    );
    const { out, err } = await run("check", file);
    expect(out).toContain("is good");
    expect(err).toContain("lies outside its template");
  });

  it("makes a layout of a configuration", async () => {
    const config = join(folder, "agent.yaml");
    const tags = [{ name: "t", asset: "a/l/c/pump-1", address: "hr:0", unit: "Cel" }];
    const groups = [{ name: "g", periodMs: 1000, tags }];
    const device = { name: "plc", protocol: "modbus-tcp", connection: { host: "127.0.0.1" }, groups };
    writeFileSync(config, stringify({ version: 1, site: "s", timeZone: "Europe/Berlin", devices: [device] }));
    const layout: unknown = JSON.parse((await run("auto", "-c", config)).out);
    expect(layout).toMatchObject({
      timeZone: "Europe/Berlin",
      assets: [{ id: "s/a/l/c/pump-1", template: "pump", area: "s/a" }],
    });
  });
});
