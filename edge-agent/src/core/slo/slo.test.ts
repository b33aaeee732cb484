import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createActionGuard } from "./action-guard.ts";
import { type BurnPolicy, burningMinutes, burnOf } from "./burn-rate.ts";
import { createMinuteCounts, type MinuteCounts } from "./minute-counts.ts";
import { createServiceObjective } from "./service-objective.ts";

const MINUTE_US = 60e6;
const START_US = 1_700_000_000_000_000;
const POLICY: BurnPolicy = { budget: 0.001, leastBad: 3 };

const events = fc.array(
  fc.record({
    minute: fc.integer({ min: 0, max: 900 }),
    good: fc.integer({ min: 0, max: 100 }),
    bad: fc.integer({ min: 0, max: 5 }),
  }),
  { maxLength: 200 },
);

/** In the order of time, as they come. */
const inOrder = <T extends { readonly minute: number }>(list: readonly T[]): readonly T[] =>
  list.toSorted((a, b) => a.minute - b.minute);

describe("counts by the minute", () => {
  it("are what a list of all events says, for every window", () => {
    fc.assert(
      fc.property(
        events,
        fc.integer({ min: 1, max: 360 }),
        fc.integer({ min: 0, max: 400 }),
        (list, minutes, later) => {
          const counts = createMinuteCounts();
          const sorted = inOrder(list);
          for (const one of sorted) counts.count(one, START_US + one.minute * MINUTE_US);
          const now = (sorted.at(-1)?.minute ?? 0) + later;
          const expected = sorted.filter(({ minute }) => minute > now - minutes);
          expect(counts.within(minutes, START_US + now * MINUTE_US)).toEqual({
            good: expected.reduce((sum, { good }) => sum + good, 0),
            bad: expected.reduce((sum, { bad }) => sum + bad, 0),
          });
        },
      ),
    );
  });
});

describe("counts that were handed on", () => {
  const totals = (counts: MinuteCounts, minute: number) =>
    [5, 30, 60, 360].map((minutes) => counts.within(minutes, START_US + minute * MINUTE_US));

  it("are the same for every window as those of one who was never interrupted", () => {
    fc.assert(
      fc.property(events, fc.nat({ max: 900 }), fc.nat({ max: 400 }), (list, cut, later) => {
        const [whole, before, after] = [createMinuteCounts(), createMinuteCounts(), createMinuteCounts()];
        const sorted = inOrder(list);
        for (const one of sorted) whole.count(one, START_US + one.minute * MINUTE_US);
        for (const one of sorted.filter(({ minute }) => minute <= cut))
          before.count(one, START_US + one.minute * MINUTE_US);
        after.restore(before.minutes(), START_US + cut * MINUTE_US);
        for (const one of sorted.filter(({ minute }) => minute > cut))
          after.count(one, START_US + one.minute * MINUTE_US);
        const now = Math.max(cut, sorted.at(-1)?.minute ?? 0) + later;
        expect(totals(after, now)).toEqual(totals(whole, now));
      }),
    );
  });

  it("leave out what is yet to come, and go on counting where the clock was set back", () => {
    const before = createMinuteCounts();
    before.count({ good: 1, bad: 0 }, START_US);
    before.count({ good: 0, bad: 7 }, START_US + 100 * MINUTE_US);
    const after = createMinuteCounts();
    after.restore(before.minutes(), START_US + MINUTE_US);
    after.count({ good: 2, bad: 0 }, START_US + 2 * MINUTE_US);
    expect(after.within(360, START_US + 2 * MINUTE_US)).toEqual({ good: 3, bad: 0 });
    expect(after.within(360, START_US + 361 * MINUTE_US)).toEqual({ good: 2, bad: 0 });
  });
});

describe("a budget of errors", () => {
  const judged = (list: readonly { minute: number; good: number; bad: number }[], at: number) => {
    const counts = createMinuteCounts();
    for (const one of inOrder(list)) counts.count(one, START_US + one.minute * MINUTE_US);
    return burningMinutes(counts, POLICY, START_US + at * MINUTE_US);
  };

  it("never burns without bad events in the last half hour: absent data is no evidence", () => {
    fc.assert(
      fc.property(events, (list) => {
        const last = inOrder(list).at(-1)?.minute ?? 0;
        expect(judged(list, last + 30)).toBeUndefined();
      }),
    );
  });

  it("never burns on fewer bad events than are evidence", () => {
    fc.assert(
      fc.property(events, (list) => {
        let left = POLICY.leastBad - 1;
        const few = list.map((one) => {
          const bad = Math.min(left, one.bad);
          left -= bad;
          return { ...one, bad };
        });
        expect(judged(few, 900)).toBeUndefined();
      }),
    );
  });

  it("goes on burning when one more event is bad, and does not begin when one more is good", () => {
    fc.assert(
      fc.property(events, (list) => {
        const at = inOrder(list).at(-1)?.minute ?? 0;
        const before = judged(list, at);
        if (before !== undefined)
          expect(judged([...list, { minute: at, good: 0, bad: 1 }], at)).toBeDefined();
        else expect(judged([...list, { minute: at, good: 1, bad: 0 }], at)).toBeUndefined();
      }),
    );
  });

  it("tells its rate, and none without events", () => {
    expect(burnOf({ good: 0, bad: 0 }, 0.01)).toBeUndefined();
    expect(burnOf({ good: 99, bad: 1 }, 0.01)).toBeCloseTo(1, 12);
    expect(burnOf({ good: 0, bad: 5 }, 0.01)).toBeCloseTo(100, 12);
  });
});

describe("an objective", () => {
  it("burns in a burst, is told by windows, and heals with time", () => {
    const objective = createServiceObjective("delivery", POLICY);
    for (let minute = 0; minute < 60; minute += 1)
      objective.count({ good: 60, bad: minute > 55 ? 30 : 0 }, START_US + minute * MINUTE_US);
    const report = objective.report(START_US + 59 * MINUTE_US);
    expect(report).toMatchObject({ slo: "delivery", isBurning: true });
    expect(report.windows.map(({ window, good, bad }) => [window, good, bad])).toEqual([
      ["5m", 300, 120],
      ["30m", 1800, 120],
      ["1h", 3600, 120],
      ["6h", 3600, 120],
    ]);
    expect(report.windows[0]?.burn).toBeCloseTo(120 / 420 / 0.001, 9);
    const later = objective.report(START_US + 1000 * MINUTE_US);
    expect(later.isBurning).toBe(false);
    expect(later.windows.every(({ burn }) => burn === undefined)).toBe(true);
  });
});

describe("the guard of actions", () => {
  it("never admits two within the cooldown, nor more than so many within a day", () => {
    const policy = { cooldownMinutes: 30, mostPerDay: 4 };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 200 }), (steps) => {
        const guard = createActionGuard(policy);
        let minutes = 0;
        const admitted: number[] = [];
        for (const step of steps) {
          minutes += step;
          if (!guard.admit(minutes * 60_000)) continue;
          const day = admitted.filter((at) => at > minutes - 1440);
          expect(day.length).toBeLessThan(policy.mostPerDay);
          for (const at of day) expect(minutes - at).toBeGreaterThanOrEqual(30);
          admitted.push(minutes);
        }
        expect(admitted.length > 0).toBe(steps.length > 0);
      }),
    );
  });

  it("admits again after the cooldown and after a day", () => {
    const guard = createActionGuard({ cooldownMinutes: 30, mostPerDay: 2 });
    const at = (minutes: number) => guard.admit(minutes * 60_000);
    expect([at(0), at(10), at(30), at(90), at(1439), at(1440)]).toEqual([
      true,
      false,
      true,
      false,
      false,
      true,
    ]);
  });
});
