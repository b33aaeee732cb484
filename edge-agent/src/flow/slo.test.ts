import { createManualClock, type ManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { EdgeError } from "../core/errors.ts";
import type { SloState } from "../core/slo/slo-state.ts";
import type { TelemetryEvent } from "../ports/telemetry.ts";
import { createSlo, defaultSloPolicy, inferenceOf } from "./slo.ts";
import type { SloStore } from "./slo-memory.ts";

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

/** A store in memory. */
function aStore() {
  const kept: { state?: SloState; failure?: EdgeError; writes: number } = { writes: 0 };
  const store: SloStore = {
    async read() {
      if (kept.failure !== undefined) throw kept.failure;
      return kept.state;
    },
    async write(state) {
      kept.writes += 1;
      if (kept.failure !== undefined) throw kept.failure;
      kept.state = structuredClone(state);
    },
  };
  return { kept, store };
}

interface World {
  readonly clock?: ManualClock;
  readonly memory?: ReturnType<typeof aStore>;
}

async function setUp(policy = defaultSloPolicy, world: World = {}) {
  const { clock = createManualClock(), memory = aStore() } = world;
  const log: string[] = [];
  const rolledBack: string[] = [];
  const write = (_: unknown, message: string) => void log.push(message);
  const logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
  const ending = new AbortController();
  const state: { failure?: Error; hangs?: boolean } = {};
  const slo = await createSlo(
    {
      clock,
      logger,
      store: memory.store,
      async rollBack(reason, signal) {
        rolledBack.push(reason);
        if (state.hangs) await clock.sleep(Number.MAX_SAFE_INTEGER, signal);
        if (state.failure !== undefined) throw state.failure;
        return "nothing";
      },
    },
    policy,
  );
  const running = slo.run(ending.signal);
  return {
    clock,
    memory,
    slo,
    log,
    rolledBack,
    state,
    /** A burst of failures. */
    fail() {
      slo.emit(run(100));
      for (let i = 0; i < 5; i += 1) slo.emit(failed);
    },
    /** A burst of failures, and then hours in which all is well. */
    async burnAndHeal(healMinutes: number) {
      this.fail();
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
    await using agent = await setUp();
    await agent.burnAndHeal(60);
    expect(agent.rolledBack).toHaveLength(1);
    expect(agent.log).toEqual([
      "an objective burns its budget of errors too fast",
      "the agent acted on its objective",
      "the objective is kept again",
    ]);
  });

  it("do nothing without evidence: no events, or fewer bad ones than count", async () => {
    await using agent = await setUp();
    agent.slo.emit(failed);
    agent.slo.emit(failed);
    await agent.clock.advance(7 * 3_600_000);
    expect(agent.rolledBack).toEqual([]);
    expect(agent.log).toEqual([]);
  });

  it("act no more often than they may within a day, nor twice within the cooldown", async () => {
    const guard = { cooldownMinutes: 120, mostPerDay: 3 };
    await using agent = await setUp({ ...defaultSloPolicy, guard });
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
    await using agent = await setUp();
    for (let i = 0; i < 5; i += 1) agent.slo.emit(run(1, 5000));
    await agent.clock.advance(10_000);
    expect(agent.rolledBack).toHaveLength(1);
  });

  it("only tell of deliveries that are late or refused: no model can help there", async () => {
    await using agent = await setUp();
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
    await using agent = await setUp();
    for (let i = 0; i < 9; i += 1) agent.slo.emit({ ...failed, role: "challenger" } as TelemetryEvent);
    await agent.clock.advance(10_000);
    expect(agent.rolledBack).toEqual([]);
  });

  it("go on when a rollback fails", async () => {
    await using agent = await setUp();
    agent.state.failure = new Error("the disk is full");
    await agent.burnAndHeal(60);
    expect(agent.log).toContain("the model could not be rolled back");
    expect(agent.log.at(-1)).toBe("the objective is kept again");
  });
});

describe("the objectives after a restart of the agent", () => {
  const nothingDone = "nothing is done: the agent has acted lately, or often enough today";

  /** The agent as it was, ended as it should be, and started anew on what it left. */
  async function twice(
    first: (agent: Awaited<ReturnType<typeof setUp>>) => Promise<void>,
    between: (clock: ManualClock) => void = () => {},
  ) {
    const memory = aStore();
    const clock = createManualClock();
    {
      await using agent = await setUp(defaultSloPolicy, { clock, memory });
      await first(agent);
    }
    between(clock);
    return setUp(defaultSloPolicy, { clock, memory });
  }

  it("act on what was counted before, when it was not judged yet", async () => {
    await using agent = await twice(async (before) => before.fail());
    expect(agent.rolledBack).toEqual([]);
    await agent.clock.advance(10_000);
    expect(agent.rolledBack).toHaveLength(1);
  });

  it("do not act twice in one burn, nor tell of it twice", async () => {
    await using agent = await twice(async (before) => {
      before.fail();
      await before.clock.advance(20_000);
      expect(before.rolledBack).toHaveLength(1);
    });
    agent.fail();
    await agent.clock.advance(20_000);
    expect(agent.slo.reports()[0]).toMatchObject({ isBurning: true });
    expect(agent.rolledBack).toEqual([]);
    expect(agent.log).toEqual([]);
    await agent.clock.advance(3_600_000);
    expect(agent.log).toEqual(["the objective is kept again"]);
  });

  it("keep to the cooldown, and to what is allowed a day", async () => {
    const policy = { ...defaultSloPolicy, guard: { cooldownMinutes: 90, mostPerDay: 2 } };
    const world = { clock: createManualClock(), memory: aStore() };
    const acted: boolean[] = [];
    for (const minutes of [40, 40, 40, 1280, 40]) {
      await using agent = await setUp(policy, world);
      await agent.burnAndHeal(minutes);
      acted.push(agent.rolledBack.length > 0);
      if (agent.rolledBack.length === 0) expect(agent.log).toContain(nothingDone);
    }
    // At minute 0, 40, 80, 120 and 1400.
    expect(acted).toEqual([true, false, false, true, false]);
  });

  it("finish an action that was cut off while they burn, and count it once", async () => {
    const cutOff = async (before: Awaited<ReturnType<typeof setUp>>) => {
      before.state.hangs = true;
      before.fail();
      await before.clock.advance(10_000);
      expect(before.memory.kept.state).toMatchObject({ isActing: true });
    };
    await using agent = await twice(cutOff);
    await agent.clock.advance(30_000);
    expect(agent.rolledBack).toHaveLength(1);
    expect(agent.memory.kept.state).toMatchObject({ isActing: false, actionsUs: [expect.any(Number)] });
    await using healed = await twice(
      async (before) => {
        await cutOff(before);
      },
      (clock) => clock.jumpWall(3_600_000_000),
    );
    await healed.clock.advance(30_000);
    expect(healed.rolledBack).toEqual([]);
    expect(healed.memory.kept.state).toMatchObject({ isActing: false });
  });

  it("take no count from a time that is yet to come, and still keep to the cooldown", async () => {
    await using agent = await twice(
      (before) => before.burnAndHeal(1),
      (clock) => clock.jumpWall(-3_600_000_000),
    );
    expect(agent.slo.reports()[0]?.windows.map(({ good, bad }) => good + bad)).toEqual([0, 0, 0, 0]);
    await agent.clock.advance(10_000);
    expect(agent.log).toEqual(["the objective is kept again"]);
    await agent.burnAndHeal(20);
    expect(agent.rolledBack).toEqual([]);
    expect(agent.log).toContain(nothingDone);
    await agent.clock.advance(3_600_000);
    await agent.burnAndHeal(1);
    expect(agent.rolledBack).toHaveLength(1);
  });

  it("forget what is older than they look back", async () => {
    await using agent = await twice(
      (before) => before.burnAndHeal(1),
      (clock) => clock.jumpWall(86_400_000_000),
    );
    await agent.clock.advance(10_000);
    expect(agent.log).toEqual(["the objective is kept again"]);
    await agent.burnAndHeal(1);
    expect(agent.rolledBack).toHaveLength(1);
  });

  it("begin anew, with one warning, on what cannot be understood, and write over it", async () => {
    const memory = aStore();
    memory.kept.failure = new EdgeError("DATA_INVALID", "slo.json is damaged");
    await using agent = await setUp(defaultSloPolicy, { memory });
    delete memory.kept.failure;
    await agent.clock.advance(10_000);
    expect(agent.log).toEqual(["what the objectives counted and did before is not known; it is begun anew"]);
    expect(memory.kept.state).toEqual({ objectives: [], actionsUs: [], isActing: false });
  });

  it("write bad events at the next look, good ones once a minute, and nothing where nothing happens", async () => {
    await using agent = await setUp();
    const { kept } = agent.memory;
    await agent.clock.advance(600_000);
    expect(kept.writes).toBe(1);
    for (let s = 0; s < 600; s += 1) {
      agent.slo.emit(run(1));
      await agent.clock.advance(1000);
    }
    expect(kept.writes).toBe(1 + 10);
    for (const bad of [1, 2]) {
      agent.slo.emit(failed);
      await agent.clock.advance(10_000);
      expect(kept.writes).toBe(1 + 10 + bad);
    }
  });

  it("act although their state cannot be written, and say so once until it can", async () => {
    await using agent = await setUp();
    agent.memory.kept.failure = new EdgeError("DISK_FULL", "no room");
    await agent.burnAndHeal(1);
    expect(agent.rolledBack).toHaveLength(1);
    const troubles = agent.log.filter((line) => line.includes("cannot be written"));
    expect(troubles).toHaveLength(1);
    delete agent.memory.kept.failure;
    await agent.clock.advance(10_000);
    expect(agent.memory.kept.state).toMatchObject({ actionsUs: [expect.any(Number)] });
  });
});
