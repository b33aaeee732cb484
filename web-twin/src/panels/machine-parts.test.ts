import { PointSeverity, PointState } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import { en } from "../i18n/en.ts";
import { zhCn } from "../i18n/zh-cn.ts";
import { format, t } from "../testing/english.ts";
import { makeAlarm, makeMachine, makeScore } from "../testing/fixtures.ts";
import { adviceFor, stepsOf } from "./action-rows.ts";
import { healthPath } from "./health-trend.ts";
import { localField } from "./maintenance-panel.ts";
import { pointLook, pointStateText } from "./point-look.ts";
import { baselineLines, levelAt, markRows, peakOf } from "./spectrum-rows.ts";

describe("what to do", () => {
  it.each([
    "bearing-outer-race",
    "bearing-inner-race",
    "bearing-ball",
    "bearing-cage",
    "shaft",
    "velocity-zone",
    "anomaly",
    "limit-high",
    "limit-low",
    "flat",
    "clipped",
    "disconnected",
    "bad-quality",
    "offline",
  ])("has steps of its own for %s, in both languages", (reason) => {
    const steps = stepsOf(reason, t);
    expect(steps.length).toBeGreaterThanOrEqual(2);
    expect(steps).not.toEqual(stepsOf("unheard-of", t));
    const keys = (words: object) => Object.keys(words).filter((key) => key.startsWith(`action.${reason}.`));
    expect(keys(zhCn)).toEqual(keys(en));
  });

  it("treats limits further out like those further in", () => {
    expect(stepsOf("limit-high-high", t)).toEqual(stepsOf("limit-high", t));
    expect(stepsOf("limit-low-low", t)).toEqual(stepsOf("limit-low", t));
  });

  it("sends somebody to look where the reason is not known", () => {
    expect(stepsOf("toString", t)).toHaveLength(1);
  });

  it("follows the alarm first, then the sensor, then the machine", () => {
    const alarm = makeAlarm("a", "M1", { reason: "shaft" });
    const health = (state: "learning" | "offline") =>
      makeMachine("M1", { health: { machine: "M1", time: "", state, baselineProgress: 0 } });
    const faulty = makeMachine("M1", { scores: [makeScore("M1", { sensorState: "clipped" })] });
    expect(adviceFor(faulty, alarm, t)?.why).toContain("out of balance");
    expect(adviceFor(faulty, { ...alarm, state: "normal" }, t)?.why).toContain("clipped");
    expect(adviceFor(health("offline"), undefined, t)?.steps[0]).toContain("power");
    expect(adviceFor(health("learning"), undefined, t)?.steps).toHaveLength(1);
    expect(adviceFor(makeMachine("M1"), undefined, t)).toBeUndefined();
    expect(adviceFor(undefined, undefined, t)).toBeUndefined();
  });
});

describe("the spectrum in words", () => {
  const spectrum = {
    sensor: "s",
    kind: "envelope" as const,
    unit: "mm/s",
    time: "",
    stepHz: 2,
    level: [9, 0.1, 0.2, 0.7, 0.1],
    baseline: [1, 2],
    shaftHz: 3,
    marks: [
      { name: "BPFO" as const, hz: 5, harmonic: 1 },
      { name: "BPFO" as const, hz: 10, harmonic: 2 },
    ],
  };

  it("names each marked frequency once, with its level there", () => {
    expect(markRows(spectrum, { t, format }).map(({ text }) => text)).toEqual([
      "BPFO: rolling elements pass the outer ring, 5 Hz, here 0.7 mm/s",
    ]);
  });

  it("finds the strongest line beyond the constant part, and what a line is next to", () => {
    expect(peakOf(spectrum)).toEqual({ hz: 6, level: 0.7 });
    expect(levelAt(spectrum, 5)).toBe(0.7);
    expect(levelAt(spectrum, 900)).toBe(0);
  });

  it("draws the healthy level as far as it is known", () => {
    expect(baselineLines(spectrum)).toEqual([1, 2, null, null, null]);
    const { baseline: _, ...without } = spectrum;
    expect(baselineLines(without)).toEqual([null, null, null, null, null]);
  });
});

describe("the health line", () => {
  it("breaks where nothing was known", () => {
    expect(healthPath({ mean: [100, 50, null, 0] })).toBe("M0 0.0h0L1 18.0M3 36.0h0");
    expect(healthPath({ mean: [null] })).toBe("");
  });
});

describe("a field for times", () => {
  it("holds the time of this desk's clock", () => {
    const field = localField(Date.UTC(2026, 10, 23, 8, 5));
    expect(Date.parse(field)).toBe(Date.UTC(2026, 10, 23, 8, 5));
    expect(field).toMatch(/^2026-11-2\dT\d\d:\d\d$/);
  });
});

describe("a point's state", () => {
  const { alarm, warning, advisory } = PointSeverity;
  it.each([
    [0, undefined, "Normal"],
    [advisory, "hourglass", "Outside its usual range"],
    [warning, "triangle", "Warning"],
    [alarm | PointState.unacknowledged, "diamond", "Alarm, not acknowledged"],
    [PointState.returned, "check", "Gone, not acknowledged"],
    [PointState.stale, "question", "No good value"],
    [alarm | PointState.silenced, "slash", "Shelved or suppressed"],
    [alarm | PointState.outOfService, "slash", "Out of service"],
    [alarm | PointState.stale, "diamond", "Alarm"],
  ])("%i is shown as %s and called %s", (state, icon, text) => {
    expect(pointLook(state).icon).toBe(icon);
    expect(pointStateText(state, t)).toBe(text);
  });
});
