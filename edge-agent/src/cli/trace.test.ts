import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { renderTrace, traceCommand } from "./trace.ts";

const TRACE = {
  tag: "site/pump/temperature",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  sequence: 42,
  statusCode: 0,
  steps: [
    { name: "acquire", startUs: 0, endUs: 5000, isFailed: false },
    { name: "normalise", startUs: 5000, endUs: 5040, isFailed: false },
    { name: "outbox", startUs: 5040, endUs: 105_000, isFailed: false },
    { name: "deliver", sink: "db", startUs: 105_000, endUs: 160_000, isFailed: true },
  ],
  missing: ["db"],
} as const;

describe("stethos trace", () => {
  it("draws the way with its times", () => {
    expect(renderTrace({ ...TRACE, steps: [...TRACE.steps], missing: [...TRACE.missing] })).toBe(
      `site/pump/temperature, reading 42, trace 0af7651916cd43dd8448eb211c80319c

STEP        AFTER      TAKES
acquire     +0.000 ms  5.000 ms  #
normalise   +5.000 ms  0.040 ms   #
outbox      +5.040 ms  100.0 ms   ####################
deliver db  +105.0 ms  55.0 ms                        ###########  failed

not yet: db
`,
    );
  });

  it("asks the agent", async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(TRACE));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const stdout = new PassThrough();
    const program = new Command("stethos").exitOverride();
    traceCommand(program, {
      stdout,
      stderr: new PassThrough(),
      onSignal: () => () => {},
      version: "0.1.0",
      modelFolder: "",
      modelKeys: [],
      webRoot: "",
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await program.parseAsync(["trace", TRACE.tag, "--url", url, "--json"], { from: "user" });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(asked).toEqual(["/v1/trace?tag=site%2Fpump%2Ftemperature"]);
    expect(JSON.parse(String(stdout.read()))).toEqual(TRACE);
  });
});
