import { PassThrough } from "node:stream";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { ALARM, OPEN_ALARM, SENSOR } from "../adapters/http-api/fake-plant.ts";
import { startApi } from "../adapters/http-api/harness.ts";
import { alarmsCommand } from "./alarms.ts";

/** Runs the command as the command line does, against the real server with fakes behind it. */
async function run(...args: string[]): Promise<string> {
  const stdout = new PassThrough();
  const program = new Command("stethos").exitOverride().configureOutput({ writeErr: () => {} });
  alarmsCommand(program, {
    stdout,
    stderr: new PassThrough(),
    onSignal: () => () => {},
    version: "0.1.0",
    modelFolder: "",
    modelKeys: [],
    webRoot: "",
  });
  // Subcommands do not inherit what was set before they were made.
  for (const one of program.commands.flatMap((group) => [group, ...group.commands]))
    one.exitOverride().configureOutput({ writeErr: () => {} });
  await program.parseAsync(["alarms", ...args], { from: "user" });
  return String(stdout.read() ?? "");
}

describe("stethos alarms", () => {
  it("lists what asks for somebody, and acknowledges it", async () => {
    await using api = await startApi();
    const list = await run("list", "--url", api.address);
    expect(list).toMatch(/^ID +PRIORITY +STATE +RAISED +SOURCE +REASON\n/);
    expect(list).toContain("unacknowledged-active");
    expect(await run("ack", ALARM, "--by", "Ada", "--url", api.address)).toContain("acknowledged-active");
    expect(api.plant.commands).toEqual([`acknowledge ${ALARM} Ada`]);
  });

  it("shelves a source, lists that and ends it", async () => {
    await using api = await startApi();
    const shelve = ["shelve", SENSOR, "--by", "Ada", "--reason", "cable", "--minutes", "30"];
    expect(await run(...shelve, "--url", api.address)).toContain("2023-11-14T22:43:20.000000Z");
    expect(await run("shelved", "--url", api.address)).toContain("cable");
    const ended = await run("unshelve", SENSOR, "--by", "Ada", "--url", api.address);
    expect(ended).toBe(`${SENSOR} is not shelved any more\n`);
    expect(await run("shelved", "--url", api.address)).toBe("nothing is shelved or out of service\n");
  });

  it("searches the history: for people, for programs, for a spreadsheet", async () => {
    await using api = await startApi();
    api.history.kept = [{ ...OPEN_ALARM, id: "old", state: "normal", priority: "low" }];
    const search = ["history", "--find", "pump", "--priority", "low", "--url", api.address];
    expect(await run(...search)).toMatch(/\nold +low +normal /);
    expect(JSON.parse(await run(...search, "--json"))).toMatchObject({ id: "old" });
    expect(await run(...search, "--csv")).toMatch(/^\ufeffid,priority,.*\r\nold,low,/);
    expect(await run("history", "--area", "none", "--url", api.address)).toBe("no alarms\n");
    await expect(run(...search, "--csv", "--json")).rejects.toThrow("exclude each other");
  });

  it("needs a reason, and says what the agent refuses", async () => {
    await using api = await startApi();
    await expect(run("shelve", SENSOR, "--url", api.address)).rejects.toThrow("--reason");
    const unknown = run("shelve", "none", "--reason", "x", "--url", api.address);
    await expect(unknown).rejects.toThrow("there is no sensor");
  });
});
