import { describe, expect, it } from "vitest";
import { format, t } from "../testing/english.ts";
import { T0 } from "../testing/fixtures.ts";
import { createFormat } from "./format.ts";
import { unitSymbol } from "./units.ts";

describe("formatting", () => {
  it("writes numbers with four significant digits and shares as percent", () => {
    expect(format.number(1234.567)).toBe("1,235");
    expect(format.number(0.00012345)).toBe("0.0001235");
    expect(format.whole(57.6)).toBe("58");
    expect(format.percent(0.428)).toBe("43%");
  });

  it.each([
    ["Cel", "58.25 °C"],
    ["m/s2", "58.25 m/s²"],
    ["[g]", "58.25 g"],
    ["1", "58.25"],
    ["bar", "58.25 bar"],
  ])("writes a quantity in %s as people do", (unit, text) => {
    expect(format.quantity(58.25, unit)).toBe(text);
  });

  it("takes a unit that is called like a property of objects for itself", () => {
    expect(unitSymbol("toString")).toBe("toString");
  });

  it("writes times of day in the plant's zone, with the date where it is another day", () => {
    expect(format.time(T0, T0 + 60_000)).toBe("16:00:00");
    expect(format.time(T0 - 86_400_000, T0)).toBe("Nov 21, 2026, 16:00:00");
    expect(format.clock(T0)).toBe("16:00:00");
    expect(format.minute(T0)).toBe("16:00");
    expect(format.zone(T0)).toBe("GMT+8");
  });

  it("writes midnight as 00, not as 24", () => {
    expect(createFormat("en", "UTC", t).clock(Date.UTC(2026, 0, 1))).toBe("00:00:00");
  });

  it.each([
    [-5_000, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [3_599_999, "59 min"],
    [3_600_000, "1 h"],
    [47 * 3_600_000, "47 h"],
    [48 * 3_600_000, "2 d"],
  ])("writes an age of %i ms as %s", (ms, text) => {
    expect(format.age(ms)).toBe(text);
    expect(format.ago(ms)).toBe(`${text} ago`);
  });
});
