import { describe, expect, it } from "vitest";
import { type Conformance, runConformance } from "./conformance-kit.ts";

/** Sections whose every case is evaluated and right, but for those named below. */
const WHOLE = ["conversions", "fp_math", "integer_math", "lists", "macros", "plumbing", "string"];

/** What rules do not have: protocol buffer messages, enums and containers, optionals, macros of two variables, and the
 *  extension libraries. */
const NOT_SUPPORTED = [
  "bindings_ext",
  "block_ext",
  "encoders_ext",
  "enums",
  "macros2",
  "math_ext",
  "namespace",
  "optionals",
  "proto2",
  "proto2_ext",
  "proto3",
  "string_ext",
  "wrappers",
];

/** Cases that the library gets wrong: repeated keys of a map across number types, and what the type of a time is called. */
const LIBRARY_DIFFERS = [
  "fields/qualified_identifier_resolution/map_value_repeat_key_heterogeneous",
  "timestamps/timestamp_conversions/toType_timestamp",
  "timestamps/duration_conversions/toType_duration",
];

/** Refused because the types are known before anything runs: && of a number, equality that never holds, unknown names. */
const TYPED: readonly RegExp[] = [
  /takes true and false, not/,
  /are never equal/,
  /is not known/,
  /there is no function/,
  /messages such as/,
  /has a container/,
  /binds a message/,
  /there is no \w+\.\w+\(|there is no \w+\(/,
  / does not take /,
];

describe("CEL's conformance data", () => {
  const all = runConformance();
  const bySection = Map.groupBy(all, ({ section }) => section.split("/")[0] ?? "");
  const idOf = ({ section, name }: Conformance) => `${section}/${name}`;

  it("holds a case for everything that is claimed", () => {
    expect(all.length).toBeGreaterThan(1500);
    expect([...WHOLE, ...NOT_SUPPORTED].filter((section) => !bySection.has(section))).toEqual([]);
  });

  it("finds no wrong answer beside those of the library", () => {
    const wrong = all.filter(({ outcome }) => outcome === "differs");
    expect(wrong.map(idOf).toSorted()).toEqual(LIBRARY_DIFFERS.toSorted());
    expect(wrong.map(({ engine }) => engine)).not.toContain("closures");
  });

  it.each(WHOLE)("is met in full: %s", (section) => {
    expect(bySection.get(section)?.filter(({ outcome }) => outcome === "refused")).toEqual([]);
  });

  it.each(NOT_SUPPORTED)("evaluates nothing of what is not supported: %s", (section) => {
    expect(bySection.get(section)?.filter(({ engine }) => engine !== "none")).toEqual([]);
  });

  it("is refused elsewhere only for types, names and messages that rules do not have", () => {
    const whole = new Set([
      ...WHOLE,
      ...NOT_SUPPORTED,
      "dynamic",
      "fields",
      "type_deductions",
      "parse",
      "timestamps",
    ]);
    const elsewhere = all.filter(
      ({ section, outcome }) => outcome === "refused" && !whole.has(section.split("/")[0] ?? ""),
    );
    expect(elsewhere.length).toBeGreaterThan(0);
    expect(elsewhere.filter(({ detail }) => !TYPED.some((reason) => reason.test(detail)))).toEqual([]);
  });

  it("runs most of it through closures", () => {
    const closures = all.filter(({ engine }) => engine === "closures").length;
    const library = all.filter(({ engine }) => engine === "library").length;
    expect(closures).toBeGreaterThan(700);
    expect(closures).toBeGreaterThan(2 * library);
  });
});
