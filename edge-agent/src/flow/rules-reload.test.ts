import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { NO_RULES, type RuleSet } from "../core/rules/rule.ts";
import type { Logger } from "../ports/logger.ts";
import type { TelemetryEvent } from "../ports/telemetry.ts";
import { LOOK_MS, reloadRules } from "./rules-reload.ts";

function setUp() {
  const clock = createManualClock();
  const log: string[] = [];
  const events: TelemetryEvent[] = [];
  const taken: string[] = [];
  const state = { stamp: "a", version: "1", text: "1", loads: 0, isConfigured: true };
  const tell = (fields: object, message: string) => void log.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: tell, info: tell, warn: tell, error: tell, child: () => logger };
  const ending = new AbortController();
  const file = {
    stamp: async () => state.stamp,
    load(): RuleSet {
      state.loads += 1;
      if (state.text === "bad") throw new Error("rules.yaml:5:11: no such tag");
      return { ...NO_RULES, version: state.text };
    },
  };
  const running = reloadRules(
    {
      clock,
      logger,
      telemetry: { emit: (event) => void events.push(event) },
      file: () => (state.isConfigured ? file : undefined),
      version: () => state.version,
      onRules(rules) {
        state.version = rules.version;
        taken.push(rules.version);
      },
    },
    ending.signal,
  );
  return {
    state,
    log,
    events,
    taken,
    looks: (n: number) => clock.advance(n * LOOK_MS),
    save(stamp: string, text: string) {
      Object.assign(state, { stamp, text });
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running;
    },
  };
}

describe("a file of rules that is saved", () => {
  it("is in force without a signal, and counted", async () => {
    await using agent = setUp();
    await agent.looks(5);
    expect(agent.taken).toEqual([]);
    agent.save("b", "2");
    await agent.looks(3);
    expect(agent.taken).toEqual(["2"]);
    expect(agent.events).toEqual([{ kind: "rules-read", isTaken: true }]);
  });

  it("is not read while it still changes", async () => {
    await using agent = setUp();
    await agent.looks(3);
    const before = agent.state.loads;
    for (const stamp of ["b", "c", "d"]) {
      agent.save(stamp, "half");
      await agent.looks(1);
    }
    expect(agent.state.loads).toBe(before);
    agent.save("e", "2");
    await agent.looks(2);
    expect(agent.taken).toEqual(["2"]);
  });

  it("is refused once with its line where it is wrong, the old rules staying, until it is mended", async () => {
    await using agent = setUp();
    await agent.looks(3);
    agent.save("b", "bad");
    await agent.looks(10);
    expect(agent.taken).toEqual([]);
    expect(agent.log).toEqual([
      expect.stringMatching(/refused; the old ones stay.*rules\.yaml:5:11.*"version":"1"/),
    ]);
    expect(agent.events).toEqual([{ kind: "rules-read", isTaken: false }]);
    agent.save("c", "2");
    await agent.looks(3);
    expect(agent.taken).toEqual(["2"]);
  });

  it("says nothing where nothing in it changed, or it was read with the configuration already", async () => {
    await using agent = setUp();
    agent.save("b", "1");
    await agent.looks(3);
    agent.state.version = "2";
    agent.save("c", "2");
    await agent.looks(3);
    expect([agent.taken, agent.events, agent.log]).toEqual([[], [], []]);
  });

  it("is looked for from when the configuration names it", async () => {
    await using agent = setUp();
    agent.state.isConfigured = false;
    agent.save("b", "2");
    await agent.looks(3);
    expect(agent.taken).toEqual([]);
    agent.state.isConfigured = true;
    await agent.looks(3);
    expect(agent.taken).toEqual(["2"]);
  });
});
