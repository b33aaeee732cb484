import { describe, expect, it } from "vitest";
import type { Tag } from "../core/tag.ts";
import { ConfigError } from "./problem.ts";
import { checkRulesText } from "./rules.ts";
import { type RulesPlant, rulesPlant } from "./rules-plant.ts";

const tagOf = (asset: string, name: string, unit: string): Tag => {
  const [area = "", line = "", cell = "", last = ""] = asset.split("/");
  const path = { site: "plant", area, line, cell, asset: last };
  const id = `plant/${asset}/${name}`;
  return { id, path, name, device: "plc", protocol: "s7", address: "DB1,REAL0", unit, scale: 1, offset: 0 };
};

const TAGS = [
  tagOf("press/l1/c1/p1", "temp", "Cel"),
  tagOf("press/l1/c1/p1", "pressure", "bar"),
  tagOf("press/l1/c1/p2", "temp", "Cel"),
  tagOf("oven/l1/c1/o1", "temp", "K"),
];

function plantOf(tags: readonly Tag[]): RulesPlant {
  const groups = [{ name: "g", periodMs: 1000, tags: tags.map((_, i) => i), waveforms: [] }];
  const plan = { device: "plc", protocol: "s7" as const, tags, waveforms: [], groups };
  return rulesPlant("plant", { devices: [{ plan, device: {} as never }], machines: [], tags });
}

const plant = plantOf(TAGS);
const file = (...rules: readonly string[]) => `version: 1\nrules:\n${rules.join("\n")}\n`;
const good = `  - name: hot
    for: {asset: "press/*/*/*"}
    when: machine.temp > 80 && rate(machine.temp, '5m') > 0.5
    hold: 10s
    message: {en: "{machine} has {machine.temp}", zh: "过热"}
    units: {machine.temp: Cel}`;

/** Every problem as compilers write them, without the file's name. */
function problemsOf(text: string): string[] {
  try {
    checkRulesText("r.yaml", text, plant);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return thrown.message.split("\n").map((line) => line.replace(/^r\.yaml:/, ""));
  }
}

describe("checkRulesText", () => {
  it("puts a rule on every machine that its glob means", () => {
    const { rules, instances, tags } = checkRulesText("r.yaml", file(good), plant);
    expect(
      rules.map(({ name, severity, holdUs, clearUs, engine }) => [name, severity, holdUs, clearUs, engine]),
    ).toEqual([["hot", "warning", 10e6, 0, "closures"]]);
    expect(instances.map(({ machine }) => machine)).toEqual(["plant/press/l1/c1/p1", "plant/press/l1/c1/p2"]);
    expect(instances[1]?.inputs).toEqual([
      { kind: "reading", tag: "plant/press/l1/c1/p2/temp", type: "double" },
      { kind: "window", tag: "plant/press/l1/c1/p2/temp", statistic: "rate", widthUs: 300e6, perUs: 1e6 },
    ]);
    expect([...tags.keys()]).toEqual(["plant/press/l1/c1/p1/temp", "plant/press/l1/c1/p2/temp"]);
  });

  it("gives a rule another version where anything of it changes, and leaves the others theirs", () => {
    const other = good.replace("hot", "warm");
    const before = checkRulesText("r.yaml", file(good, other), plant);
    const after = checkRulesText("r.yaml", file(good.replace("> 80", "> 81"), other), plant);
    expect(after.version).not.toBe(before.version);
    expect(after.rules[0]?.version).not.toBe(before.rules[0]?.version);
    expect(after.rules[1]?.version).toBe(before.rules[1]?.version);
    expect(checkRulesText("x.yaml", file(`${good}\n    # a remark`, other), plant).version).toBe(
      before.version,
    );
  });

  it.each([
    [
      "a plain line",
      "    when: machine.tmp > 80",
      '5:18: rules[0].when: the machine has no tag "tmp"; did you mean "temp"?',
    ],
    [
      "quotes",
      '    when: "machine.temp > 1 && machine.tmp > 80"',
      '5:39: rules[0].when: the machine has no tag "tmp"; did you mean "temp"?',
    ],
    [
      "a block",
      "    when: |\n      machine.temp > 80\n      && machine.tmp > 1",
      '7:17: rules[0].when: the machine has no tag "tmp"; did you mean "temp"?',
    ],
    [
      "a folded block",
      "    when: >-\n      machine.temp > 80 &&\n      machine.tmp > 1",
      '7:14: rules[0].when: the machine has no tag "tmp"; did you mean "temp"?',
    ],
  ])("tells where in %s", (_, when, expected) => {
    expect(problemsOf(file(`  - name: x\n    for: {asset: press/l1/c1/p1}\n${when}`))).toEqual([expected]);
  });

  it.each([
    [
      "the unit of a tag",
      good.replace("Cel", "K"),
      "8:27: rules[0].units.machine.temp: is declared in K, and machine.temp is in Cel; change the numbers of the rule, or scale the tag",
    ],
    [
      "a unit that is none",
      good.replace("Cel", "°C"),
      '8:27: rules[0].units.machine.temp: "°C" is no UCUM unit; write "Cel"',
    ],
    [
      "a unit of what is not looked at",
      good.replace("units: {machine.temp", "units: {machine.temq"),
      '8:13: rules[0].units.machine.temq: the rule does not look at "machine.temq"; did you mean "machine.temp"?',
    ],
    [
      "a placeholder",
      good.replace("{machine.temp}", "{machine.tmp}"),
      '7:42: rules[0].message.en: the machine has no tag "tmp"; did you mean "temp"?',
    ],
    [
      "a machine",
      good.replace("press/*/*/*", "pres/l1/c1/p1"),
      '4:18: rules[0].for.asset: there is no asset "pres/l1/c1/p1"; did you mean "press/l1/c1/p1"?',
    ],
    [
      "a duration",
      good.replace("10s", "ten"),
      '6:11: rules[0].hold: "ten" is no duration; write it as 500ms, 10s, 5m or 1h30m',
    ],
    [
      "machines of another unit",
      good.replace("press/*", "*/*").replace("    units: {machine.temp: Cel}", ""),
      "4:10: rules[0].for: machine.temp is in K on plant/oven/l1/c1/o1 and in Cel on plant/press/l1/c1/p1; write a rule for each",
    ],
    [
      "machines without a tag",
      good.replace("machine.temp > 80", "machine.pressure > 5.0"),
      "4:10: rules[0].for: plant/press/l1/c1/p2 has no machine.pressure; name the machines that have it",
    ],
  ])("refuses %s with its place and its mend", (_, rule, expected) => {
    expect(problemsOf(file(rule))).toContain(expected);
  });

  it("refuses two rules of one name, and what is no setting", () => {
    expect(problemsOf(file(good, good))[0]).toContain('there are two rules "hot"');
    expect(problemsOf(file(`${good}\n    sverity: alarm`))).toEqual([
      '9:5: rules[0].sverity: "sverity" is no setting here; remove it or correct its name',
    ]);
  });

  it("tells all problems at once, in the order of the file", () => {
    const bad = (name: string) =>
      `  - name: ${name}\n    for: {asset: press/l1/c1/p1}\n    when: machine.nothing > 1`;
    expect(problemsOf(file(bad("a"), good, bad("b"))).map((line) => line.split(":")[0])).toEqual(["5", "14"]);
  });
});
