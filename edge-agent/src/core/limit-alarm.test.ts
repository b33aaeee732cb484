import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alarm } from "./alarm-types.ts";
import { type LimitEvent, levelOfAlarm, stepLimitAlarm } from "./limit-alarm.ts";
import { breachOf, type Level } from "./limits.ts";

const LIMITS = { lowLow: -20, low: -10, high: 10, highHigh: 20, hysteresis: 0, delayS: 0 };

/** A level, or an acknowledgement; one a second. */
function play(script: readonly (Level | "ack")[]): { open: Alarm | undefined; changes: Alarm[] } {
  let open: Alarm | undefined;
  const changes: Alarm[] = [];
  script.forEach((entry, i) => {
    for (const change of stepLimitAlarm(open, eventOf(entry, i + 1))) {
      changes.push(change);
      open = change.state === "normal" ? undefined : change;
    }
  });
  return { open, changes };
}

function eventOf(entry: Level | "ack", timeUs: number): LimitEvent {
  if (entry === "ack") return { kind: "acknowledge", timeUs, by: "Ada" };
  const breach = breachOf(entry, LIMITS);
  if (breach === undefined) return { kind: "within", timeUs };
  const alarmId = `a${timeUs}`;
  return {
    kind: "beyond",
    breach,
    value: entry * 11,
    unit: "Cel",
    timeUs,
    alarmId,
    machine: "m",
    tag: "m/t",
  };
}

const states = (changes: readonly Alarm[]) =>
  changes.map(({ id, state, severity }) => `${id} ${state} ${severity}`);

describe("the alarm of a tag", () => {
  it("says which limit was passed, by what value", () => {
    expect(play([1]).changes).toEqual([
      {
        id: "a1",
        machine: "m",
        sensor: "m/t",
        state: "unacknowledged-active",
        severity: "warning",
        raisedUs: 1,
        peakAnomaly: 0,
        reason: "limit-high",
        evidence: { value: 11, limit: 10, unit: "Cel" },
      },
    ]);
  });

  it("grows more severe within its occurrence, keeps an acknowledgement and does not take severity back", () => {
    const { changes } = play([1, "ack", 2, 1, 0]);
    expect(states(changes)).toEqual([
      "a1 unacknowledged-active warning",
      "a1 acknowledged-active warning",
      "a1 acknowledged-active alarm",
      "a1 normal alarm",
    ]);
    expect(changes[2]?.reason).toBe("limit-high-high");
  });

  it("is the same occurrence while nobody acknowledged it, and another one after", () => {
    expect(states(play([1, 0, 2, "ack", 0, 1]).changes)).toEqual([
      "a1 unacknowledged-active warning",
      "a1 unacknowledged-cleared warning",
      "a1 unacknowledged-active alarm",
      "a1 acknowledged-active alarm",
      "a1 normal alarm",
      "a6 unacknowledged-active warning",
    ]);
  });

  it("begins anew on the other side of the range", () => {
    const { changes } = play([2, "ack", -1]);
    expect(states(changes)).toEqual([
      "a1 unacknowledged-active alarm",
      "a1 acknowledged-active alarm",
      "a1 normal alarm",
      "a3 unacknowledged-active warning",
    ]);
    expect(changes.at(-1)?.reason).toBe("limit-low");
  });

  it("knows after a restart at which level it stood", () => {
    const { open } = play([-2]);
    expect(open && levelOfAlarm(open)).toBe(-2);
    expect(open && levelOfAlarm({ ...open, state: "unacknowledged-cleared" })).toBe(0);
    expect(open && levelOfAlarm({ ...open, reason: "anomaly" })).toBe(0);
  });

  it("never loses an occurrence: whatever was raised ends only cleared and acknowledged", () => {
    const entry = fc.constantFrom<Level | "ack">(-2, -1, 0, 1, 2, "ack");
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (script) => {
        const { open, changes } = play(script);
        const byId = Map.groupBy(changes, ({ id }) => id);
        for (const [id, own] of byId) {
          const last = own.at(-1);
          const isOver = last?.state === "normal";
          expect(isOver || open?.id === id).toBe(true);
          if (isOver) expect([last.acknowledgedBy, last.clearedUs === undefined]).toEqual(["Ada", false]);
        }
        const level = script.findLast((one) => one !== "ack") ?? 0;
        const isActive = open?.state.endsWith("-active") ?? false;
        expect(isActive).toBe(level !== 0);
      }),
    );
  });
});
