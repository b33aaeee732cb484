import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { t } from "../testing/english.ts";
import { createFormat } from "./format.ts";
import { conversionOf, convert, UNIT_SYSTEMS, unitSymbol } from "./units.ts";

const shown = (value: number, unit: string, system: "plant" | "si" | "us"): string =>
  createFormat("en", "UTC", t, system).quantity(value, unit);

describe("units by preference", () => {
  it.each([
    [100, "Cel", "212 °F"],
    [-40, "Cel", "-40 °F"],
    [25.4, "mm/s", "1 in/s"],
    [9.80665, "m/s2", "1 g"],
    [25.4, "um", "1 mil"],
    [10, "bar", "145 psi"],
    [1000, "kPa", "145 psi"],
    [1, "m3/h", "4.403 gpm"],
    [1, "kW", "1.341 hp"],
    [50, "Hz", "50 Hz"],
    [0.4, "1", "0.4"],
  ])("writes %d %s in US units as %s", (value, unit, text) => {
    expect(shown(value, unit, "us")).toBe(text);
  });

  it.each([
    [212, "[degF]", "100 °C"],
    [1, "[in_i]/s", "25.4 mm/s"],
    [1, "[g]", "9.807 m/s²"],
    [145.0377, "[psi]", "10 bar"],
    [1, "[gal_us]", "3.785 L"],
    [7, "Cel", "7 °C"],
  ])("writes %d %s in SI units as %s", (value, unit, text) => {
    expect(shown(value, unit, "si")).toBe(text);
  });

  it("leaves what the plant sends as it is unless told otherwise", () => {
    expect(shown(7, "[psi]", "plant")).toBe("7 psi");
    expect(createFormat("en", "UTC", t).symbol("m/s2")).toBe("m/s²");
    expect(createFormat("en", "UTC", t, "us").symbol("m/s2")).toBe("g");
  });

  it("comes back to the same value", () => {
    const units = ["Cel", "mm/s", "m/s2", "um", "mm", "m", "m/s", "bar", "m3/h", "kW", "kg", "N", "N.m"];
    fc.assert(
      fc.property(
        fc.constantFrom(...units),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        (unit, value) => {
          const there = conversionOf(unit, "us");
          const again = conversionOf(there.unit, "si");
          expect(again.unit).toBe(unit);
          expect(convert(convert(value, there), again)).toBeCloseTo(value, 5);
        },
      ),
    );
  });

  it("keeps the order of values: a higher one stays higher", () => {
    for (const system of UNIT_SYSTEMS) expect(conversionOf("Cel", system).factor).toBeGreaterThan(0);
  });

  it("prints units that are the same in every system", () => {
    expect(["A", "1", "{rpm}"].map(unitSymbol)).toEqual(["A", "", "rpm"]);
  });
});
