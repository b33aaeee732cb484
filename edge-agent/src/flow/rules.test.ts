import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import type { Alarm } from "../core/alarm-types.ts";
import { StatusCode } from "../core/quality.ts";
import type { ReadingBatch } from "../core/reading.ts";
import { NO_RULES, type Predicate, type Rule, type RuleInput, type RuleSet } from "../core/rules/rule.ts";
import type { Logger } from "../ports/logger.ts";
import type { TelemetryEvent } from "../ports/telemetry.ts";
import { createRules } from "./rules.ts";

const S = 1e6;
const T0 = 1.8e15;
const quiet: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => quiet,
};

const tags = ["s/a/l/c/p1/temp", "s/a/l/c/p2/temp"].map((id) => ({ id }) as never);
const HOT: Predicate = (values) => {
  const value = values.number(0);
  return Number.isNaN(value) ? { kind: "absent", input: 0 } : value > 80;
};

interface Given {
  readonly predicate?: Predicate;
  readonly holdUs?: number;
  readonly clearUs?: number;
  readonly version?: string;
  readonly machines?: readonly string[];
  inputs?(machine: string): readonly RuleInput[];
}

function setOf({
  predicate = HOT,
  holdUs = 0,
  clearUs = 0,
  version = "v1",
  machines = ["p1", "p2"],
  inputs,
}: Given = {}): RuleSet {
  const rule: Rule = {
    name: "hot",
    version,
    when: "machine.temp > 80",
    holdUs,
    clearUs,
    severity: "alarm",
    predicate,
    inputs: [{ text: "machine.temp", unit: "Cel" }],
    messages: [{ language: "en", parts: [{ machine: true }, { text: ": " }, { input: 0 }] }],
    engine: "closures",
  };
  const reading = (machine: string): RuleInput[] => [
    { kind: "reading", tag: `s/a/l/c/${machine}/temp`, type: "double" },
  ];
  return {
    version,
    rules: [rule],
    instances: machines.map((one) => ({ rule, machine: `s/a/l/c/${one}`, inputs: (inputs ?? reading)(one) })),
    tags: new Map(machines.map((one) => [`s/a/l/c/${one}/temp`, { periodUs: S, isByChange: false }])),
  };
}

function start(set: RuleSet = setOf(), alarms: readonly Alarm[] = []) {
  const clock = createManualClock(T0);
  const seen: Alarm[] = [];
  const events: TelemetryEvent[] = [];
  const rules = createRules({
    clock,
    random: () => 0.5,
    logger: quiet,
    telemetry: { emit: (event) => void events.push(event) },
    alarms,
    onAlarm: (alarm) => void seen.push(alarm),
  });
  rules.setRules(set, tags);
  let now = T0;
  return {
    rules,
    clock,
    seen,
    events,
    states: () => seen.map(({ sensor, state }) => `${sensor.slice(-2)} ${state}`),
    /** One reading of tag 0 or 1, so many seconds after the last. */
    read(value: number, { tag = 0, afterS = 1, status = StatusCode.Good as number } = {}) {
      now += afterS * S;
      const batch: ReadingBatch = {
        count: 1,
        tag: Uint32Array.of(tag),
        value: Float64Array.of(value),
        status: Uint32Array.of(status),
        sourceTimeUs: Float64Array.of(now),
        agentTimeUs: now,
        sequence: Float64Array.of(0),
        other: new Map(),
      };
      rules.onReadings(batch);
      return now;
    },
  };
}

describe("rules", () => {
  it("raise an alarm of their own source with what they saw, and clear it", () => {
    const { read, seen, states } = start();
    const at = read(85.25);
    read(70);
    expect(states()).toEqual(["p1 unacknowledged-active", "p1 unacknowledged-cleared"]);
    expect(seen[0]).toMatchObject({
      sensor: "rule:hot@s/a/l/c/p1",
      machine: "s/a/l/c/p1",
      severity: "alarm",
      reason: "rule",
      raisedUs: at,
      evidence: { rule: "hot", version: "v1", "machine.temp": 85.25, "message.en": "s/a/l/c/p1: 85.25 Cel" },
    });
  });

  it("look only at machines whose readings came", () => {
    let evaluated = 0;
    const predicate: Predicate = (values) => {
      evaluated += 1;
      return HOT(values);
    };
    const { read } = start(setOf({ predicate }));
    read(10);
    read(10, { tag: 1 });
    expect(evaluated).toBe(2);
  });

  it("wait until the condition held long enough, by the times of the readings", () => {
    const { read, states } = start(setOf({ holdUs: 10 * S, clearUs: 5 * S }));
    read(85);
    read(85, { afterS: 9 });
    read(20);
    read(85);
    read(85, { afterS: 9 });
    expect(states()).toEqual([]);
    read(85);
    read(20);
    read(85, { afterS: 4 });
    read(20);
    expect(states()).toEqual(["p1 unacknowledged-active"]);
    read(20, { afterS: 5 });
    expect(states()).toEqual(["p1 unacknowledged-active", "p1 unacknowledged-cleared"]);
  });

  it("let what is unknown raise nothing and clear nothing", () => {
    const { read, states } = start(setOf({ holdUs: 3 * S }));
    read(85);
    read(0, { status: StatusCode.BadTimeout, afterS: 5 });
    read(85);
    expect(states()).toEqual([]);
    read(85, { afterS: 3 });
    read(0, { status: StatusCode.BadTimeout, afterS: 50 });
    expect(states()).toEqual(["p1 unacknowledged-active"]);
  });

  it("end a hold by the clock where no more readings come", async () => {
    const { rules, read, clock, states, events } = start(setOf({ holdUs: 2 * S }));
    const stop = new AbortController();
    const running = rules.run(stop.signal);
    read(85, { afterS: 0 });
    for (let i = 0; i < 8; i += 1) await clock.advance(500);
    expect(states()).toEqual(["p1 unacknowledged-active"]);
    stop.abort();
    await running;
    const told = events.filter((event) => event.kind === "rules-evaluated");
    expect(told.reduce((sum, { fired }) => sum + fired, 0)).toBe(1);
  });

  it("are acknowledged like any alarm", () => {
    const { rules, read, seen, states } = start();
    read(85);
    expect(rules.acknowledge("nothing", "anna")).toBeUndefined();
    expect(rules.acknowledge(seen[0]?.id ?? "", "anna")).toMatchObject({
      state: "acknowledged-active",
      acknowledgedBy: "anna",
    });
    read(10);
    expect(states().at(-1)).toBe("p1 normal");
    expect(rules.sources).toEqual(["rule:hot@s/a/l/c/p1", "rule:hot@s/a/l/c/p2"]);
  });

  it("go on after a reload where they did not change: holds, windows and alarms", () => {
    const count = (machine: string): RuleInput[] => [
      { kind: "window", tag: `s/a/l/c/${machine}/temp`, statistic: "count", widthUs: 60 * S, perUs: S },
    ];
    const predicate: Predicate = (values) => values.number(0) >= 4;
    const given = { inputs: count, predicate, holdUs: S };
    const { rules, read, states } = start(setOf(given));
    for (let i = 0; i < 4; i += 1) read(1);
    rules.setRules(setOf(given), tags);
    read(1);
    expect(states()).toEqual(["p1 unacknowledged-active"]);
  });

  it("begin anew where they changed, and clear what is gone", () => {
    const { rules, read, states } = start();
    read(85);
    read(85, { tag: 1 });
    rules.setRules(setOf({ version: "v2", machines: ["p1"] }), tags);
    expect(states().slice(2)).toEqual(["p1 unacknowledged-active", "p2 unacknowledged-cleared"]);
    read(10);
    expect(states().at(-1)).toBe("p1 unacknowledged-cleared");
    rules.setRules(NO_RULES, tags);
    expect(rules.sources).toEqual([]);
  });

  it("see at once, after a reload, what stands in a tag that comes by change", async () => {
    const { rules, read, clock, states } = start(NO_RULES);
    read(85);
    const set = setOf();
    rules.setRules(
      { ...set, tags: new Map([...set.tags.keys()].map((id) => [id, { periodUs: S, isByChange: true }])) },
      tags,
    );
    const stop = new AbortController();
    const running = rules.run(stop.signal);
    await clock.advance(500);
    expect(states()).toEqual(["p1 unacknowledged-active"]);
    stop.abort();
    await running;
  });

  it("take up what an earlier run left open", () => {
    const first = start();
    first.read(85);
    const second = start(setOf(), first.seen);
    expect(second.states()).toEqual(["p1 unacknowledged-active"]);
    second.read(10);
    expect(second.states().at(-1)).toBe("p1 unacknowledged-cleared");
    expect(second.seen.at(-1)?.id).toBe(first.seen[0]?.id);
  });

  it("tell once of an expression that fails on a machine", () => {
    const { read, events } = start(
      setOf({ predicate: () => ({ kind: "failed", message: "divide by zero" }) }),
    );
    read(1);
    read(2);
    read(3, { tag: 1 });
    expect(events).toEqual([
      { kind: "rule-failed", rule: "hot" },
      { kind: "rule-failed", rule: "hot" },
    ]);
  });
});
