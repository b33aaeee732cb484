import { describe, expect, it } from "vitest";
import { at, makeAlarm } from "../testing/fixtures.ts";
import { areasOf, filterAlarms } from "./alarm-filter.ts";

const inhibit = { kind: "shelved", source: "x", by: "Li", reason: "r", fromTime: at(0) } as const;
const alarms = [
  makeAlarm("a", "S/Boiler/L/C/pump", { priority: "critical" }),
  makeAlarm("b", "S/Mill/L/C/fan", { state: "acknowledged-active" }),
  makeAlarm("c", "S/Mill/L/C/motor", { inhibit }),
  makeAlarm("d", "S/Mill/L/C/mixer", { state: "normal", inhibit }),
];
const shown = (filter: Parameters<typeof filterAlarms>[1]): readonly string[] =>
  filterAlarms(alarms, filter, ({ machine, reason }) => `${machine} ${reason}`).map(({ id }) => id);

describe("the filter of alarms", () => {
  it.each([
    ["nothing", {}, ["a", "b", "c", "d"]],
    ["an area", { area: "Mill" }, ["b", "c", "d"]],
    ["a priority", { priority: "critical" }, ["a"]],
    ["what is open", { state: "open" }, ["a", "b"]],
    ["what is shelved and not over", { state: "shelved" }, ["c"]],
    ["all words of a text, in any case", { text: " BEARING  mill " }, ["b", "c", "d"]],
    ["a text that is nowhere", { text: "boiler fan" }, []],
  ] as const)("asks for %s", (_, filter, expected) => {
    expect(shown(filter)).toEqual(expected);
  });

  it("knows the areas there are", () => {
    expect(areasOf(alarms)).toEqual(["Boiler", "Mill"]);
  });
});
