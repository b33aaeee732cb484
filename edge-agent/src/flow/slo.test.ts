import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import type { TelemetryEvent } from "../ports/telemetry.ts";
import { createSlo, defaultSloPolicy, inferenceOf } from "./slo.ts";

const run = (frames: number, ms = 5): TelemetryEvent => ({
  kind: "model-run",
  model: "listener 1.0.0",
  role: "champion",
  frames,
  ms,
});
const failed: TelemetryEvent = {
  kind: "model-failed",
  model: "listener 1.0.0",
  role: "champion",
  frames: 1,
};
const delivered = (delayMs: number): TelemetryEvent => ({
  kind: "sink-delivered",
  sink: "db",
  stream: "readings",
  rows: 1000,
  ms: 30,
  delayMs,
});

function setUp(policy = defaultSloPolicy) {
  const clock = createManualClock();
  const log: string[] = [];
  const rolledBack: string[] = [];
  const write = (_: unknown, message: string) => void log.push(message);
  const logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
  const ending = new AbortController();
  const state: { failure?: Error } = {};
  const slo = createSlo(
    {
      clock,
      logger,
      async rollBack(reason) {
        rolledBack.push(reason);
        if (state.failure !== undefined) throw state.failure;
        return "nothing";
      },
    },
    policy,
  );
  const running = slo.run(ending.signal);
  return {
    clock,
    slo,
    log,
    rolledBack,
    state,
    /** A burst of failures, and then hours in which all is well. */
    async burnAndHeal(healMinutes: number) {
      slo.emit(run(100));
      for (let i = 0; i < 5; i += 1) slo.emit(failed);
      await clock.advance(10_000);
      await clock.advance(healMinutes * 60_000);
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running;
    },
  };
}

describe("the objectives of the agent", () => {
  it("roll back once when inference burns, and say when it is over", async () => {
    await using agent = setUp();
    await agent.burnAndHeal(60);
    expect(agent.rolledBack).toHaveLength(1);
    expect(agent.log).toEqual([
      "an objective burns its budget of errors too fast",
      "the agent acted on its objective",
      "the objective is kept again",
    ]);
  });

  it("do nothing without evidence: no events, or fewer bad ones than count", async () => {
    await using agent = setUp();
    agent.slo.emit(failed);
    agent.slo.emit(failed);
    await agent.clock.advance(7 * 3_600_000);
    expect(agent.rolledBack).toEqual([]);
    expect(agent.log).toEqual([]);
  });

  it("act no more often than they may within a day, nor twice within the cooldown", async () => {
    const guard = { cooldownMinutes: 120, mostPerDay: 3 };
    await using agent = setUp({ ...defaultSloPolicy, guard });
    await agent.burnAndHeal(40);
    await agent.burnAndHeal(90);
    expect(agent.rolledBack).toHaveLength(1);
    expect(agent.log).toContain("nothing is done: the agent has acted lately, or often enough today");
    for (let i = 0; i < 6; i += 1) await agent.burnAndHeal(130);
    expect(agent.rolledBack).toHaveLength(3);
  });

  it("take a run that is too slow for one that failed", async () => {
    expect(inferenceOf(run(2, 1999), defaultSloPolicy)).toEqual({ role: "champion", isOk: true, frames: 2 });
    expect(inferenceOf(run(2, 2001), defaultSloPolicy)).toEqual({ role: "champion", isOk: false, frames: 2 });
    expect(inferenceOf(failed, defaultSloPolicy)).toMatchObject({ isOk: false });
    expect(inferenceOf(delivered(1), defaultSloPolicy)).toBeUndefined();
    await using agent = setUp();
    for (let i = 0; i < 5; i += 1) agent.slo.emit(run(1, 5000));
    await agent.clock.advance(10_000);
    expect(agent.rolledBack).toHaveLength(1);
  });

  it("only tell of deliveries that are late or refused: no model can help there", async () => {
    await using agent = setUp();
    for (let i = 0; i < 5; i += 1) agent.slo.emit(delivered(100));
    for (let i = 0; i < 4; i += 1) agent.slo.emit(delivered(120_000));
    agent.slo.emit({ kind: "sink-refused", sink: "db", stream: "readings", rows: 1 });
    await agent.clock.advance(10_000);
    expect(agent.log).toEqual(["an objective burns its budget of errors too fast"]);
    expect(agent.rolledBack).toEqual([]);
    const report = agent.slo.reports().find(({ slo }) => slo === "delivery db");
    expect(report).toMatchObject({ isBurning: true });
    expect(report?.windows[0]).toMatchObject({ window: "5m", good: 5, bad: 5 });
  });

  it("leave the challenger to its trial", async () => {
    await using agent = setUp();
    for (let i = 0; i < 9; i += 1) agent.slo.emit({ ...failed, role: "challenger" } as TelemetryEvent);
    await agent.clock.advance(10_000);
    expect(agent.rolledBack).toEqual([]);
  });

  it("go on when a rollback fails", async () => {
    await using agent = setUp();
    agent.state.failure = new Error("the disk is full");
    await agent.burnAndHeal(60);
    expect(agent.log).toContain("the model could not be rolled back");
    expect(agent.log.at(-1)).toBe("the objective is kept again");
  });
});
