import { describe, expect, it } from "vitest";
import { ApiError } from "../stream/api-error.ts";
import { format, t } from "../testing/english.ts";
import { makeAlarm } from "../testing/fixtures.ts";
import { alarmStateText, errorText, evidenceRows, reasonText, valueText } from "./words.ts";

describe("reasons", () => {
  it.each([
    "bearing-outer-race",
    "bearing-inner-race",
    "bearing-ball",
    "bearing-cage",
    "shaft",
    "anomaly",
    "velocity-zone",
  ])("has a sentence for %s", (reason) => {
    expect(reasonText(t, { reason, evidence: {} })).not.toMatch(/^Vibration is unusual/);
  });

  it.each(["coupling", "other", "toString"])("makes a sentence of %s, which it does not know", (reason) => {
    expect(reasonText(t, { reason, evidence: {} })).toBe(
      `Vibration is unusual (the agent names it “${reason}”)`,
    );
  });
});

describe("the reason of a rule", () => {
  it("is in the words of whoever wrote the rule, in the page's language where there are some", () => {
    const both = { "message.en": "Too hot: 81 °C", "message.zh": "过热：81 °C", rule: "hot" };
    expect(reasonText(t, { reason: "rule", evidence: both })).toBe("Too hot: 81 °C");
    const { "message.en": _, ...other } = both;
    expect(reasonText(t, { reason: "rule", evidence: other })).toBe("过热：81 °C");
    expect(reasonText(t, { reason: "rule", evidence: { rule: "hot" } })).toBe("The rule “hot” holds");
  });

  it("is not told once more among its evidence", () => {
    const rows = evidenceRows(t, format, { "message.en": "Too hot", "machine.temp": 81, rule: "hot" });
    expect(rows).toEqual([
      { label: "machine.temp", value: "81" },
      { label: "Rule", value: "hot" },
    ]);
  });
});

describe("alarm states", () => {
  it("names who acknowledged and why an alarm is suppressed", () => {
    const text = (more: Parameters<typeof makeAlarm>[2]) => alarmStateText(t, makeAlarm("a", "M", more));
    expect(text({})).toBe("active, not acknowledged");
    expect(text({ state: "acknowledged-active", acknowledgedBy: "Li" })).toBe("active, acknowledged by Li");
    expect(text({ state: "normal" })).toBe("over");
    expect(text({ state: "suppressed", suppressedReason: "flat" })).toBe(
      "suppressed, because: Sensor signal is flat: check cable and supply",
    );
    expect(text({ state: "suppressed", suppressedReason: "maintenance" })).toBe(
      "suppressed, because: maintenance",
    );
    expect(text({ state: "suppressed" })).toBe("suppressed");
  });
});

describe("evidence", () => {
  it("is written with labels and units, and what is not known as the agent names it", () => {
    const rows = evidenceRows(t, format, {
      line: "BPFO",
      foundHz: 88.61,
      prominenceDb: 21.5,
      rmsRatio: 1.06,
      velocityRms: 4.18,
      anomaly: 0.861,
      votes: "network+rms+nose",
      hint: "outer-race",
      colour: "blue",
      line2: 3,
    });
    expect(rows.map(({ label, value }) => `${label}: ${value}`)).toEqual([
      "Bearing frequency: Outer ring (BPFO)",
      "Found at: 88.61 Hz",
      "Above its surroundings: 21.5 dB",
      "Strength, of the healthy level: 106%",
      "Vibration velocity: 4.18 mm/s",
      "Anomaly: 0.861",
      "Unusual by: Neural network, Strength (RMS), nose",
      "The network thinks of: outer ring of the bearing",
      "colour: blue",
      "line2: 3",
    ]);
  });

  it("says who judged", () => {
    expect(evidenceRows(t, format, { judgedBy: "thresholds" })).toEqual([
      { label: "Judged by", value: "thresholds alone, without the neural network" },
    ]);
  });

  it("keeps a guess and a line that it has no word for", () => {
    const rows = evidenceRows(t, format, { hint: "gear", line: "GMF" });
    expect(rows.map(({ value }) => value)).toEqual(["gear", "GMF (GMF)"]);
  });
});

describe("values", () => {
  it.each([
    [58.25, "58.25 °C"],
    [true, "on"],
    [false, "off"],
    ["AUTO", "AUTO"],
    [null, "no value"],
    [[1, true, "x"], "1, on, x"],
  ] as const)("writes %j as %s", (value, text) => {
    expect(valueText(t, format, { value, unit: "Cel" })).toBe(text);
  });
});

describe("errors", () => {
  it("are told in words, with the agent's own where it gave any", () => {
    expect(errorText(t, new ApiError("refused", "disk full"))).toBe("the agent refused: disk full");
    expect(errorText(t, new ApiError("timeout", "no answer in 10 s"))).toBe(
      "the agent did not answer in time",
    );
    expect(errorText(t, new TypeError("x is undefined"))).toBe(
      "The page made a mistake: x is undefined. Reload it.",
    );
    expect(errorText(t, "odd")).toBe("The page made a mistake: odd. Reload it.");
  });
});
