import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import type { Alarm } from "../core/alarm-types.ts";
import type { Health } from "../core/health.ts";
import type { InputValues, Predicate, RuleInput, RuleSet } from "../core/rules/rule.ts";
import type { Score } from "../core/score.ts";
import type { Logger } from "../ports/logger.ts";
import { createRules } from "./rules.ts";
import { createFreshness } from "./rules-freshness.ts";

const S = 1e6;
const MACHINE = "s/a/l/c/p1";
const SENSOR = `${MACHINE}/drive_end`;
const quiet: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => quiet,
};

function setOf(input: RuleInput, predicate: Predicate, holdUs: number): RuleSet {
  const rule = {
    name: "watch",
    version: "v1",
    when: "true",
    holdUs,
    clearUs: 0,
    severity: "alarm" as const,
    predicate,
    inputs: [{ text: "input" }],
    messages: [],
    engine: "closures" as const,
  };
  return {
    version: "v1",
    rules: [rule],
    instances: [{ rule, machine: MACHINE, inputs: [input] }],
    tags: new Map(),
  };
}

/** A running agent's rules, with the clock in the test's hand. */
function start(input: RuleInput, predicate: Predicate, holdUs = 0) {
  const clock = createManualClock(1.8e15);
  const seen: Alarm[] = [];
  const rules = createRules({
    clock,
    random: () => 0.5,
    logger: quiet,
    telemetry: { emit: () => {} },
    alarms: [],
    onAlarm: (alarm) => void seen.push(alarm),
  });
  rules.setRules(setOf(input, predicate, holdUs), []);
  const stop = new AbortController();
  const running = rules.run(stop.signal);
  return {
    states: () => seen.map(({ state }) => state),
    async wait(seconds: number) {
      for (let i = 0; i < 2 * seconds; i += 1) await clock.advance(500);
    },
    score(anomaly = 0.9, sensor = SENSOR) {
      const score: Partial<Score> = {
        machine: MACHINE,
        sensor,
        timeUs: clock.nowUs(),
        state: "scored",
        anomaly,
      };
      rules.onScore(score as Score);
    },
    health(state: Health["state"], index?: number) {
      rules.onHealth({
        machine: MACHINE,
        timeUs: clock.nowUs(),
        state,
        baselineProgress: 1,
        ...(index !== undefined && { index }),
      });
    },
    async end() {
      stop.abort();
      await running;
    },
  };
}

const anomaly: RuleInput = { kind: "score", sensor: SENSOR, field: "anomaly" };
const index: RuleInput = { kind: "health", machine: MACHINE };
const state: RuleInput = { kind: "state", machine: MACHINE };
/** has(input), and its opposite. */
const isThere = (values: InputValues) => values.value(0) !== undefined;
const isGone = (values: InputValues) => values.value(0) === undefined;
const above =
  (limit: number): Predicate =>
  (values) =>
    values.value(0) === undefined ? { kind: "absent", input: 0 } : values.number(0) > limit;

const [ON, OFF] = ["unacknowledged-active", "unacknowledged-cleared"];

describe("a rule on a score", () => {
  it("has no value a minute after the last one, without anything else that comes, and one again with the next", async () => {
    const run = start(anomaly, isThere);
    run.score();
    expect(run.states()).toEqual([ON]);
    await run.wait(60);
    expect(run.states()).toEqual([ON]);
    await run.wait(1);
    expect(run.states()).toEqual([ON, OFF]);
    run.score();
    expect(run.states()).toEqual([ON, OFF, ON]);
    await run.end();
  });

  it("does not end its hold on a score that stopped coming", async () => {
    const run = start(anomaly, above(0.5), 90 * S);
    run.score();
    await run.wait(200);
    expect(run.states()).toEqual([]);
    for (let i = 0; i < 10; i += 1) {
      run.score();
      await run.wait(10);
    }
    expect(run.states()).toEqual([ON]);
    await run.end();
  });

  it("keeps an alarm that is active while nothing is known, and clears it by what comes then", async () => {
    const run = start(anomaly, above(0.5));
    run.score(0.9);
    await run.wait(300);
    expect(run.states()).toEqual([ON]);
    run.score(0.1);
    expect(run.states()).toEqual([ON, OFF]);
    await run.end();
  });

  it("waits three times the usual interval of a slow sensor", async () => {
    const run = start(anomaly, isGone);
    for (let i = 0; i < 4; i += 1) {
      run.score();
      if (i < 3) await run.wait(100);
    }
    const before = run.states().length;
    await run.wait(300);
    expect(run.states()).toHaveLength(before);
    await run.wait(1);
    expect(run.states().slice(before)).toEqual([ON]);
    run.score();
    expect(run.states().slice(before)).toEqual([ON, OFF]);
    await run.end();
  });
});

describe("a rule on a machine's health", () => {
  it("has a value for as long as one of its sensors is scored, however long health itself did not change", async () => {
    const run = start(index, isThere);
    run.health("healthy", 97);
    for (let i = 0; i < 30; i += 1) {
      run.score(0.1, i < 15 ? SENSOR : `${MACHINE}/other_end`);
      await run.wait(10);
    }
    expect(run.states()).toEqual([ON]);
    await run.wait(51);
    expect(run.states()).toEqual([ON, OFF]);
    run.score(0.1);
    await run.wait(1);
    expect(run.states()).toEqual([ON, OFF, ON]);
    await run.end();
  });

  it("still knows, without scores, that the machine is offline", async () => {
    const run = start(state, isThere);
    run.score(0.1);
    run.health("healthy", 97);
    await run.wait(30);
    run.health("offline");
    await run.wait(300);
    expect(run.states()).toEqual([ON]);
    run.health("healthy", 97);
    expect(run.states()).toEqual([ON, OFF]);
    await run.end();
  });

  it("stands where no score ever came", async () => {
    const run = start(state, isThere);
    run.health("learning");
    await run.wait(300);
    expect(run.states()).toEqual([ON]);
    await run.end();
  });
});

describe("freshness", () => {
  const note = (freshness: ReturnType<typeof createFreshness>, atS: number, timeS = atS) =>
    freshness.note({ machine: MACHINE, sensor: SENSOR, timeUs: timeS * S }, atS * S);

  it("takes the windows of one block for one, and an outage for no usual interval", () => {
    const freshness = createFreshness();
    for (let block = 0; block < 20; block += 1)
      for (let window = 0; window < 4; window += 1) note(freshness, 100 * block + window / 1000, 100 * block);
    expect(freshness.hasScores(SENSOR, 2199 * S)).toBe(true);
    expect(freshness.hasScores(SENSOR, 2201 * S)).toBe(false);
    note(freshness, 90_000);
    // One outage counts as three intervals at the most: 100 + (300 - 100) / 8 = 125.
    expect(freshness.hasScores(SENSOR, 90_374 * S)).toBe(true);
    expect(freshness.hasScores(SENSOR, 90_377 * S)).toBe(false);
  });

  it("does not believe in scores of the time to come, after a clock was set back", () => {
    const freshness = createFreshness();
    note(freshness, 10_000);
    expect(freshness.hasScores(SENSOR, 9_990 * S)).toBe(true);
    expect(freshness.hasScores(SENSOR, 5_000 * S)).toBe(false);
  });
});
