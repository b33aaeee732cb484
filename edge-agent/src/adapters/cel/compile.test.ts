import { CelScalar, type CelValue, celEnv, celUint, isCelError } from "@bufbuild/cel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RuleVocabulary } from "../../core/rules/vocabulary.ts";
import { compileExpression, compileRule } from "./compile.ts";
import { attempt, renamed, textOf, valuesOf } from "./conformance-kit.ts";
import { planWithLibrary } from "./library.ts";
import { parseExpression } from "./syntax.ts";

const vocabulary: RuleVocabulary = {
  tag(ref) {
    const name = ref.of === "machine" ? ref.name : ref.id.slice(ref.id.lastIndexOf("/") + 1);
    const unit = new Map([
      ["temp", "Cel"],
      ["oil temp", "Cel"],
      ["pressure", "bar"],
      ["running", "1"],
      ["recipe", "1"],
    ]).get(name);
    return unit === undefined ? undefined : { unit, periodUs: 1e6, isByChange: name === "pressure" };
  },
  tagNames: ["temp", "oil temp", "pressure", "running", "recipe"],
  tagIds: ["hall/l1/c1/press/temp"],
  sensors: ["drive_end"],
  typeOf: (text) => (text === "machine.running" ? "bool" : text === "machine.recipe" ? "string" : "double"),
};

const compile = (when: string, placeholders: readonly string[] = []) =>
  compileRule({ when, placeholders }, vocabulary);

/** What is said against an expression, each with its place. */
function problemsOf(when: string): string[] {
  const result = compile(when);
  return "predicate" in result ? [] : result.map(({ at, message }) => `${at}: ${message}`);
}

/** The verdict over named values; others have none. */
function verdict(when: string, values: Readonly<Record<string, boolean | number | string>>): unknown {
  const result = compile(when);
  if (!("predicate" in result)) throw new Error(JSON.stringify(result));
  const found = result.predicate(valuesOf(result.inputs.map(({ text }) => values[text])));
  return typeof found === "boolean" ? found : found.kind;
}

describe("compileRule", () => {
  const RISING = "rate(machine.temp, '5m')";

  it("evaluates readings, windows, scores and health", () => {
    const when = `machine.temp > 80 && ${RISING} > 0.5`;
    expect(verdict(when, { "machine.temp": 81, [RISING]: 0.6 })).toBe(true);
    expect(verdict(when, { "machine.temp": 80, [RISING]: 0.6 })).toBe(false);
    const score = "score(machine.drive_end).anomaly";
    expect(verdict(`${score} > 0.5 || machine.health < 50`, { [score]: 0.2, "machine.health": 40 })).toBe(
      true,
    );
    expect(
      verdict("machine.running && machine.recipe == 'A4'", {
        "machine.running": true,
        "machine.recipe": "A4",
      }),
    ).toBe(true);
    expect(verdict("machine['oil temp'] >= 60 && tag('hall/l1/c1/press/temp') < 10", {})).toBe("absent");
  });

  it("is unknown where an input has no value, unless the rest decides alone", () => {
    const when = `machine.temp > 80 && ${RISING} > 0.5`;
    expect(verdict(when, { "machine.temp": 81 })).toBe("absent");
    expect(verdict(when, { "machine.temp": 20 })).toBe(false);
    expect(verdict(when, { [RISING]: 0.1 })).toBe(false);
    expect(verdict("machine.temp > 80 || machine.pressure > 5", { "machine.pressure": 6 })).toBe(true);
    expect(verdict("!has(machine.temp)", {})).toBe(true);
    expect(verdict("has(machine.temp) && machine.temp > 1", { "machine.temp": 2 })).toBe(true);
  });

  it("says that it failed where CEL says so", () => {
    expect(verdict("int(machine.temp) / 0 > 1", { "machine.temp": 1 })).toBe("failed");
    expect(verdict("int(machine.temp) > 1", { "machine.temp": 1e300 })).toBe("failed");
    expect(verdict("[1, 2][int(machine.temp)] == 1", { "machine.temp": 7 })).toBe("failed");
  });

  it("takes each thing once, however often it is named", () => {
    const result = compile(`machine.temp > 80 && machine.temp < 90 && ${RISING} > 0.1`, [
      "machine.temp",
      "max(machine.temp, '1h')",
    ]);
    if (!("predicate" in result)) throw new Error("refused");
    expect(result.inputs.map(({ text, unit }) => `${text} ${unit}`)).toEqual([
      "machine.temp Cel",
      `${RISING} Cel/s`,
      "max(machine.temp, '1h') Cel",
    ]);
    expect(result.placeholders).toEqual([0, 2]);
  });

  it.each([
    ["machine.tmp > 1", '7: the machine has no tag "tmp"; did you mean "temp"?'],
    [
      "tag('hall/l1/c1/press/tmp') > 1",
      '0: there is no tag "hall/l1/c1/press/tmp"; did you mean "hall/l1/c1/press/temp"?',
    ],
    ["rte(machine.temp, '5m') > 1", '0: there is no function rte(); did you mean "rate"?'],
    [
      "avg(machine.temp, '5 min') > 1",
      "18: the window must be a duration in quotes from '100ms' to '7d', such as '5m', not '5 min'",
    ],
    [
      "avg(machine.temp + 1.0, '5m') > 1",
      "17: avg() looks at the readings of a tag, such as machine.temp, not at a value",
    ],
    ["machine.temp + 1 > 80", "13: + does not take double and int; write 1.0 instead of 1"],
    [
      "machine.temp > machine.pressure",
      "13: > of Cel and bar: the units differ; bring both to one unit first",
    ],
    ["machine.temp", "0: must be true or false, and is double"],
    ["machine.recipe == 5", "18: string and int are never equal"],
    [
      "machine.running == 1.0",
      "19: bool and double are never equal; booleans are read as 1 and 0, or declared under types: bool",
    ],
    [
      "score(machine.drive_ent).anomaly > 0.5",
      '13: the machine has no sensor "drive_ent"; did you mean "drive_end"?',
    ],
    ["score(machine.drive_end).anomalie > 0.5", /^24: a score has no "anomalie"; did you mean "anomaly"\?/],
    ["stddev(machine.pressure, '5m') > 1", /deadband/],
    ["avg(machine.temp, '7d') > 1", /holds 604800 readings, 65536 are the most/],
    ["machine.temp > 80 &&", /^18: is no CEL expression/],
    ["machine > 1", /a machine is no value by itself/],
    ["[1.0].exists(machine, machine > 1)", /cannot be called "machine"/],
    [
      "google.protobuf.Timestamp{} == machine.temp",
      /messages such as google.protobuf.Timestamp are not supported/,
    ],
  ])("refuses %s", (when, expected) => {
    const [first] = problemsOf(when);
    if (typeof expected === "string") expect(first).toBe(expected);
    else expect(first).toMatch(expected);
  });

  it("answers any text with problems or a rule, and never throws", () => {
    const words = [
      "machine",
      ".temp",
      "tag(",
      "'5m'",
      "rate(",
      "&&",
      "||",
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      "1",
      "0.5",
      "!",
      "has(",
      "score(",
      ".",
      ",",
      " ",
      "?",
      ":",
      "exists(x, ",
      "\n",
      "1u",
      "b'",
      "/*",
    ];
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((list) => list.join("")),
      fc.integer({ min: 1, max: 5000 }).map((n) => `${"(".repeat(n)}1${")".repeat(n)}`),
      fc.integer({ min: 1, max: 2000 }).map((n) => `${"!".repeat(n)}true`),
      fc.integer({ min: 1, max: 900 }).map((n) => `${"[".repeat(n)}1${"]".repeat(n)} == []`),
    );
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 2 }), (when, placeholders) => {
        const result = compile(when, placeholders);
        if ("predicate" in result) {
          const found = result.predicate(valuesOf(result.inputs.map(() => 1)));
          expect(typeof found === "boolean" || found.kind.length > 0).toBe(true);
        } else {
          expect(result.length).toBeGreaterThan(0);
          for (const { at, message } of result) expect([at >= 0, message.length > 0]).toEqual([true, true]);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** Expressions over a (double), b (int), c (uint), d (string), e (bool) and f (double, maybe none). */
const { bool } = fc.letrec<Record<"bool" | "double" | "int" | "string" | "uint", string>>((tie) => {
  const two = (a: string, operators: readonly string[], b = a) =>
    fc
      .tuple(tie(a as "bool"), fc.constantFrom(...operators), tie(b as "bool"))
      .map(([x, op, y]) => `(${x} ${op} ${y})`);
  const choose = (type: string) =>
    fc
      .tuple(tie("bool"), tie(type as "bool"), tie(type as "bool"))
      .map(([when, x, y]) => `(${when} ? ${x} : ${y})`);
  const orders = ["<", "<=", ">", ">=", "==", "!="];
  return {
    double: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("a", "f", "0.0", "1.5", "-2.25", "1e308", "0.0 / 0.0"),
      two("double", ["+", "-", "*", "/"]),
      tie("int").map((x) => `double(${x})`),
      tie("double").map((x) => `(-${x})`),
      choose("double"),
    ),
    int: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("b", "0", "7", "-3", "9223372036854775807"),
      two("int", ["+", "-", "*", "/", "%"]),
      tie("double").map((x) => `int(${x})`),
      tie("string").map((x) => `size(${x})`),
      choose("int"),
    ),
    uint: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("c", "0u", "5u", "18446744073709551615u"),
      two("uint", ["+", "-", "*", "/", "%"]),
    ),
    string: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("d", "''", "'press'", "'ü€😀'"),
      two("string", ["+"]),
      choose("string"),
    ),
    bool: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("e", "true", "false"),
      two("bool", ["&&", "||", "==", "!="]),
      two("double", orders),
      two("int", orders),
      two("uint", orders),
      two("string", orders),
      two("double", orders, "int"),
      two("int", orders, "double"),
      two("uint", orders, "double"),
      two("int", ["<", "<=", ">", ">="], "uint"),
      tie("bool").map((x) => `(!${x})`),
      tie("double").map((x) => `(${x} in [1.0, 2.5, a])`),
      fc.tuple(tie("string"), tie("string")).map(([x, y]) => `${x}.contains(${y})`),
      choose("bool"),
    ),
  };
});

describe("closures", () => {
  it("answer as the library's own evaluator does, errors included", () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const { DOUBLE, INT, UINT, STRING, BOOL } = CelScalar;
    const types = [DOUBLE, INT, UINT, STRING, BOOL, DOUBLE].map((type) => ({ type }));
    const number = fc.double({ noNaN: true });
    const bindings = fc.tuple(
      number,
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => celUint(value)),
      fc.constantFrom("", "press", "x"),
      fc.boolean(),
      fc.option(number, { nil: undefined }),
    );
    const env = celEnv();
    let compared = 0;
    fc.assert(
      fc.property(bool, fc.array(bindings, { minLength: 1, maxLength: 3 }), (text, rows) => {
        const syntax = parseExpression(text);
        if ("message" in syntax) return;
        const expr = renamed(syntax.expr, names);
        const compiled = compileExpression(expr, types, {
          at: syntax.at,
          report: (_, message) => expect.fail(`${text}: ${message}`),
        });
        expect(compiled.engine).toBe("closures");
        const library = planWithLibrary(env, expr, names.length);
        for (const row of rows) {
          const values = valuesOf(row as readonly (CelValue | undefined)[]);
          const ours = attempt(() => compiled.evaluate(values));
          const theirs = attempt(() => library(values));
          compared += 1;
          if (isCelError(ours) && isCelError(theirs)) continue;
          expect(textOf(ours), text).toBe(textOf(theirs));
        }
      }),
      { numRuns: 1000 },
    );
    expect(compared).toBeGreaterThan(1000);
  });
});
