import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Command, CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { ALARM_FRAME_ID, FRAME_ID, REPORT, TRIAL } from "../adapters/http-api/fake-rollouts.ts";
import { startApi } from "../adapters/http-api/harness.ts";
import { EdgeError } from "../core/errors.ts";
import { modelsCommand } from "./models.ts";

/** Runs the command as the command line does, against the real server with fakes behind it. */
async function run(...args: string[]): Promise<string> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const program = new Command("stethos").exitOverride().configureOutput({ writeErr: () => {} });
  modelsCommand(program, {
    stdout,
    stderr,
    onSignal: () => () => {},
    version: "0.1.0",
    modelFolder: "",
    modelKeys: [],
    webRoot: "",
  });
  // Subcommands do not inherit what was set before they were made.
  for (const one of program.commands.flatMap((group) => [group, ...group.commands])) {
    one.exitOverride().configureOutput({ writeErr: () => {} });
  }
  await program.parseAsync(["models", ...args], { from: "user" });
  return String(stdout.read() ?? "");
}

describe("stethos models", () => {
  it("tells champion, challenger, evidence and what the trial waits for", async () => {
    await using api = await startApi();
    const text = await run("status", "--url", api.address);
    expect(text).toMatch(/^ROLE +MODEL +SEQUENCE +SINCE +DIGEST\nchampion +listener 1\.0\.0 +1 /);
    expect(text).toContain("challenger  listener 1.1.0  2 ");
    expect(text).toContain("stage         canary, acts on 5 % of the frames, hears 100 %\n");
    expect(text).toContain("evidence      better 2.28, worse 0.1; 20 decides\n");
    expect(text).toContain("latency p50   1.5 % (-0.5 to 3.5); below 5 % is allowed\n");
    expect(text).toContain("latency p99   not known yet; below 5 % is allowed\n");
    expect(text).toContain("waits for     labels: 7 of 25\n");
    expect(text).toContain("waits for     latency surely below 5 %, now not known\n");
    expect(text).toContain("drift: 1 stable, 1 warned, 0 confirmed, 0 learning, 0 blind\n");
    expect(text).toContain("registry: folder models answers\n");
    expect(text).toMatch(/rolled-back +listener 1\.0\.5 +latency-rose: quantile p99, percent 9\.5\n/);
  });

  it("tells a champion that is alone, and what is out of order", async () => {
    await using api = await startApi();
    const { trial: _, ...rest } = REPORT;
    api.rollouts.state = {
      ...rest,
      previous: { ...rest.champion, role: "previous", version: "0.9.0" },
      outcomes: [],
      drift: { ...rest.drift, wanting: { sinceUs: TRIAL.startedUs, requested: false } },
      registry: { name: "s3", reachable: false, reason: "no answer" },
    };
    const text = await run("status", "--url", api.address);
    expect(text).toContain("No trial runs.");
    expect(text).toMatch(/previous +listener 0\.9\.0/);
    expect(text).toContain(
      "drift was confirmed and no candidate is there, since 2023-11-14T22:13:20.000000Z\n",
    );
    expect(text).toContain("registry: s3 does not answer: no answer\n");
    api.rollouts.state = { ...api.rollouts.state, registry: { name: "", reachable: false, reason: "" } };
    expect(await run("status", "--url", api.address)).toContain("registry: none is configured\n");
  });

  it("names every wait", async () => {
    await using api = await startApi();
    const { golden: _, ...evidence } = TRIAL.evidence;
    const waitsFor = [
      { code: "working", stage: "load", progress: 0.4 },
      { code: "working", stage: "warm" },
      { code: "decision-by-hand" },
      { code: "soak-minutes", have: 3, need: 30 },
      { code: "latency-sure", highPercent: 7.81, mostPercent: 5 },
    ] as const;
    api.rollouts.state = {
      ...REPORT,
      trial: { ...TRIAL, evidence, waitsFor, paused: { by: "Ada", sinceUs: TRIAL.startedUs } },
    };
    const text = await run("status", "--url", api.address);
    const waits = [...text.matchAll(/waits for +(.*)\n/g)].map(([, wait]) => wait);
    expect(waits).toEqual([
      "load, 40 %",
      "warm",
      "a decision by hand: promote or abort",
      "soak minutes: 3 of 30",
      "latency surely below 5 %, now up to 7.81 %",
    ]);
    expect(text).toContain("paused        by Ada since 2023-11-14T22:13:20.000000Z\n");
    expect(text).not.toContain("golden set");
  });

  it.each(["start", "pause", "resume", "promote", "abort"])(
    "%s is given in somebody's name",
    async (verb) => {
      await using api = await startApi();
      const text = await run(verb, "--url", api.address, "--by", "Ada", "--reason", "as agreed");
      expect(api.rollouts.commands).toEqual([`${verb} Ada as agreed`]);
      expect(text).toContain("champion");
    },
  );

  it("says why the agent refuses, and when there is none", async () => {
    await using api = await startApi();
    api.rollouts.result = "no-candidate";
    await expect(run("start", "--url", api.address, "--by", "Ada")).rejects.toThrow(
      new EdgeError(
        "AGENT_UNREACHABLE",
        `${api.address} refuses (409): the registry offers no candidate that was not tried already; publish one first`,
      ),
    );
    await expect(run("status", "--url", "http://127.0.0.1:9")).rejects.toThrow("is the agent running there?");
    await expect(run("status", "--url", "here")).rejects.toThrow("is no address");
    await expect(run("status", "--url", `${api.address}/livez?`)).resolves.toContain("champion");
  });

  it("is not taken in by another server", async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url?.includes("history") ? 500 : 200;
      response.end(request.url?.includes("disagreements") ? "{}" : "hello");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const url = ["--url", `http://127.0.0.1:${(server.address() as AddressInfo).port}`];
      await expect(run("status", ...url)).rejects.toThrow("answers as no Stethos agent does");
      await expect(run("history", ...url)).rejects.toThrow("check the address (500)");
      await expect(run("disagreements", ...url)).rejects.toThrow("answers as no Stethos agent does");
    } finally {
      server.close();
    }
  });

  it("lists the audit log and the disagreements, as many as asked for", async () => {
    await using api = await startApi();
    const history = await run("history", "--url", api.address, "-n", "5");
    expect(history).toMatch(
      /^NUMBER +TIME +BY +WHAT +DETAIL\n1 +2023-\S+ +agent +trial-started +\{"because"/,
    );
    const list = await run("disagreements", "--url", api.address);
    expect(list).toMatch(/frame\/1 .* healthy +anomalous +-\n/);
    api.rollouts.disagreements = () => [];
    expect(await run("disagreements", "--url", api.address)).toBe("The models have not disagreed.\n");
    await expect(run("history", "--url", api.address, "-n", "x")).rejects.toThrow(CommanderError);
  });

  it("labels a frame", async () => {
    await using api = await startApi();
    const args = ["--url", api.address, "--by", "Ada", "--note", "pitted"];
    expect(await run("label", FRAME_ID, "real", ...args)).toBe("frame/1: real, says Ada\n");
    expect(api.rollouts.labels.get(FRAME_ID)).toMatchObject({ verdict: "real", by: "Ada", note: "pitted" });
    expect(await run("disagreements", "--url", api.address)).toMatch(/anomalous +real\n/);
    await expect(run("label", "none", "real", ...args)).rejects.toThrow('there is no frame "none"');
    await expect(run("label", ALARM_FRAME_ID, "perhaps", ...args)).rejects.toThrow(CommanderError);
  });

  it("writes JSON for programs, one object a line", async () => {
    await using api = await startApi();
    const status = await run("status", "--url", api.address, "--json");
    expect(JSON.parse(status)).toMatchObject({ trial: { stage: "canary" } });
    const list = await run("disagreements", "--url", api.address, "--json");
    expect(list.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(list)).toMatchObject({ frame: FRAME_ID });
  });

  it("says which role a command needs, and where another token would come from", async () => {
    const folder = await mkdtemp(join(tmpdir(), "stethos-"));
    try {
      const file = join(folder, "token");
      await writeFile(file, "t".repeat(40), { mode: 0o600 });
      await using api = await startApi({ tokens: [{ role: "viewer", file }] });
      const command = ["pause", "--by", "Ada", "--url", api.address, "--token-file", file];
      await expect(run(...command)).rejects.toThrow(
        "refuses (403): this needs the role engineer; your token has the role viewer; name the file of a token that may with --token-file",
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("shows a token where the agent wants one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "stethos-"));
    try {
      const tokenFile = join(folder, "token");
      await writeFile(tokenFile, `${"t".repeat(40)}\n`, { mode: 0o600 });
      await using api = await startApi({ tokenFile });
      const url = ["--url", api.address];
      expect(await run("status", ...url, "--token-file", tokenFile)).toContain("champion");
      await expect(run("status", ...url)).rejects.toThrow("refuses (401)");
      const missing = join(folder, "none");
      await expect(run("status", ...url, "--token-file", missing)).rejects.toThrow("cannot be read");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
