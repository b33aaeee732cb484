import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock, type ManualClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createCounters } from "../adapters/node/counters.ts";
import type { AgentConfig } from "../config.ts";
import type { TelemetryEvent } from "../ports/telemetry.ts";
import { createObservability, type ObservabilityDeps } from "./observability.ts";

const model = { model: "listener 1.0.0", role: "champion" } as const;
const ran: TelemetryEvent = { kind: "model-run", ...model, frames: 100, ms: 5 };
const failed: TelemetryEvent = { kind: "model-failed", ...model, frames: 1 };

let folder = "";
let clock: ManualClock;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stethos-slo-"));
  clock = createManualClock();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const stateFile = () => join(folder, "slo.json");

async function start() {
  const log: { readonly level: string; readonly fields: object; readonly message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void log.push({ level, fields, message });
  const logger = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: () => logger,
  };
  const rolledBack: string[] = [];
  const unasked = () => {
    throw new TypeError("nobody asks this here");
  };
  const deps: ObservabilityDeps = {
    clock,
    logger,
    counters: createCounters(),
    status: unasked,
    alarms: unasked,
    health: unasked,
    models: unasked,
    feedClients: unasked,
    history: unasked,
    dataPlane: () => undefined,
    rollBack: async (reason) => {
      rolledBack.push(reason);
      return "done";
    },
  };
  const config = {
    dataFolder: folder,
    settings: { outbox: { maxBytes: 1 }, sinks: [] },
  } as unknown as AgentConfig;
  const { telemetry, run, close } = await createObservability(config, deps);
  const ending = new AbortController();
  const running = run(ending.signal);
  return {
    log,
    rolledBack,
    fail() {
      telemetry.emit(ran);
      for (let i = 0; i < 5; i += 1) telemetry.emit(failed);
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running;
      await close();
    },
  };
}

const warnings = ({ log }: Awaited<ReturnType<typeof start>>) =>
  log.filter(({ level }) => level === "warn").map(({ fields }) => fields);

describe("the objectives of an agent that is started anew on its folder", () => {
  it("act in the middle of a burn as without the restart, and not twice", async () => {
    {
      await using before = await start();
      before.fail();
    }
    {
      await using between = await start();
      await clock.advance(10_000);
      await vi.waitFor(() => expect(between.rolledBack).toHaveLength(1));
    }
    expect(JSON.parse(await readFile(stateFile(), "utf8"))).toMatchObject({
      version: 1,
      objectives: [{ slo: "inference", isBurning: true, minutes: [[expect.any(Number), 100, 5]] }],
      actionsUs: [expect.any(Number)],
      isActing: false,
    });
    await using after = await start();
    after.fail();
    await clock.advance(10_000);
    expect(after.rolledBack).toEqual([]);
    expect(after.log).toEqual([]);
  });

  it.each([
    ["half a text", '{"version":1,"objecti'],
    ["another version", '{"version":2,"objectives":[],"actionsUs":[],"isActing":false}'],
    [
      "counts that are none",
      '{"version":1,"objectives":[{"slo":"inference","isBurning":false,"minutes":[[1,2,-3]]}],"actionsUs":[],"isActing":false}',
    ],
    ["nothing", ""],
  ])("begin anew where the file holds %s, with one warning that names it", async (_, text) => {
    await writeFile(stateFile(), text);
    {
      await using agent = await start();
      expect(warnings(agent)).toEqual([{ err: expect.stringContaining(`${stateFile()} is damaged`) }]);
    }
    await using again = await start();
    expect(warnings(again)).toEqual([]);
    again.fail();
    await clock.advance(10_000);
    await vi.waitFor(() => expect(again.rolledBack).toHaveLength(1));
  });

  it("keep to the cooldown when the clock was set back, and count on", async () => {
    {
      await using before = await start();
      before.fail();
      await clock.advance(10_000);
      await vi.waitFor(() => expect(before.rolledBack).toHaveLength(1));
    }
    clock.jumpWall(-86_400_000_000);
    {
      await using healed = await start();
      await clock.advance(10_000);
      expect(healed.log.map(({ message }) => message)).toEqual(["the objective is kept again"]);
    }
    await using after = await start();
    after.fail();
    await clock.advance(10_000);
    expect(after.rolledBack).toEqual([]);
    expect(after.log.map(({ message }) => message)).toContain(
      "nothing is done: the agent has acted lately, or often enough today",
    );
  });
});
