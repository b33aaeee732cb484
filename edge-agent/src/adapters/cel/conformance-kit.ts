import {
  type CelResult,
  CelScalar,
  type CelValue,
  celList,
  celMap,
  celType,
  celUint,
  isCelError,
  isCelList,
  isCelMap,
  isCelType,
  isCelUint,
  listType,
  mapType,
} from "@bufbuild/cel";
import { getConformanceSuite } from "@bufbuild/cel-spec/testdata/tests.js";
import type { InputValues } from "../../core/rules/rule.ts";
import { compileExpression } from "./compile.ts";
import { type Expr, ident, nameOf, parseExpression, withChildren } from "./syntax.ts";

type Suite = ReturnType<typeof getConformanceSuite>;
type Case = Suite["tests"][number]["original"];
type Value = NonNullable<NonNullable<Case["bindings"][string]["kind"] & { case: "value" }>["value"]>;

export interface Conformance {
  /** "basic/self_eval_zeroish" */
  readonly section: string;
  readonly name: string;
  readonly expr: string;
  /** "refused": this product's checks do not let it in, although CEL knows it. */
  readonly outcome: "agrees" | "differs" | "refused";
  readonly engine: "closures" | "library" | "none";
  readonly detail: string;
}

/** Runs every case of CEL's own conformance data that names no message and no container. */
export function runConformance(): Conformance[] {
  return cases(getConformanceSuite(), "").map(([section, one]) => run(section, one));
}

const cases = (suite: Suite, above: string): [string, Case][] => {
  const name = above === "" ? suite.name : `${above}/${suite.name}`;
  const section = name.replace(/^conformance\/?/, "");
  return [
    ...suite.tests.map(({ original }): [string, Case] => [section, original]),
    ...suite.suites.flatMap((inner) => cases(inner, name)),
  ];
};

function run(section: string, one: Case): Conformance {
  const about = { section, name: one.name, expr: one.expr };
  const refused = (detail: string): Conformance => ({ ...about, outcome: "refused", engine: "none", detail });
  const syntax = parseExpression(one.expr);
  const wantsError = one.resultMatcher.case === "evalError" || one.resultMatcher.case === "anyEvalErrors";
  if ("message" in syntax) {
    if (wantsError) return { ...about, outcome: "agrees", engine: "none", detail: syntax.message };
    return refused(syntax.message);
  }
  if (one.container !== "") return refused("has a container");
  const names = Object.keys(one.bindings);
  const bound = names.map((name) => {
    const kind = one.bindings[name]?.kind;
    return kind?.case === "value" ? celValue(kind.value) : undefined;
  });
  if (bound.some((value) => value === undefined)) return refused("binds a message or an unknown");
  const problems: string[] = [];
  const expr = renamed(syntax.expr, names);
  const types = bound.map((value) => ({ type: scalarOf(value as CelValue) }));
  const compiled = compileExpression(expr, types, {
    at: syntax.at,
    report: (_, message) => void problems.push(message),
  });
  if (problems.length > 0) {
    if (wantsError) return { ...about, outcome: "agrees", engine: "none", detail: problems.join("; ") };
    return refused(problems.join("; "));
  }
  const result = attempt(() => compiled.evaluate(valuesOf(bound as CelValue[])));
  const isTypeAlone =
    one.resultMatcher.case === "typedResult" && one.resultMatcher.value.result === undefined;
  const isRight = wantsError ? isCelError(result) : isTypeAlone || equal(result, expectedOf(one));
  return {
    ...about,
    outcome: isRight ? "agrees" : "differs",
    engine: compiled.engine,
    detail: textOf(result),
  };
}

export function attempt(evaluate: () => CelResult): CelResult | Error {
  try {
    return evaluate();
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}

/** Names become "in0" ... as a rule's inputs do. */
export function renamed(expr: Expr, names: readonly string[]): Expr {
  const place = names.indexOf(nameOf(expr) ?? "");
  return place >= 0 ? ident(expr, `in${place}`) : withChildren(expr, (part) => renamed(part, names));
}

export const valuesOf = (values: readonly (CelValue | undefined)[]): InputValues => ({
  number: (i) => (typeof values[i] === "number" ? (values[i] as number) : Number.NaN),
  value: (i) => values[i] as number | undefined,
});

const scalarOf = (value: CelValue) => {
  const type = celType(value);
  return type.kind === "scalar" ? type : CelScalar.DYN;
};

function expectedOf({ resultMatcher }: Case): CelValue | undefined {
  switch (resultMatcher.case) {
    case "value":
      return celValue(resultMatcher.value);
    case "typedResult":
      return resultMatcher.value.result && celValue(resultMatcher.value.result);
    case undefined:
      // The data leaves out what is true.
      return true;
    default:
      return undefined;
  }
}

function celValue({ kind }: Value): CelValue | undefined {
  switch (kind.case) {
    case "boolValue":
    case "bytesValue":
    case "doubleValue":
    case "int64Value":
    case "stringValue":
      return kind.value;
    case "uint64Value":
      return celUint(kind.value);
    case "nullValue":
      return null;
    case "typeValue":
      return [
        ...Object.values(CelScalar),
        listType(CelScalar.DYN),
        mapType(CelScalar.DYN, CelScalar.DYN),
      ].find((type) => type.name === kind.value);
    case "listValue": {
      const items = kind.value.values.map(celValue);
      return items.includes(undefined) ? undefined : celList(items as CelValue[]);
    }
    case "mapValue": {
      const entries = kind.value.entries.map(({ key, value }) => [
        key && celValue(key),
        value && celValue(value),
      ]);
      return celMap(new Map(entries as [never, CelValue][]));
    }
    default:
      return undefined;
  }
}

/** Deeply, with types; NaN is NaN. */
export function equal(a: unknown, b: unknown): boolean {
  return textOf(a) === textOf(b);
}

/** A value with its type, in a form that can be compared. */
export function textOf(value: unknown): string {
  if (isCelError(value) || value instanceof Error) return `error ${value.message}`;
  if (isCelUint(value)) return `${value.value}u`;
  if (typeof value === "object" && value !== null && isCelType(value)) return `type ${value.name}`;
  if (value instanceof Uint8Array) return `b${[...value].join(",")}`;
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  if (typeof value === "object" && value !== null && isCelList(value))
    return `[${[...value].map(textOf).join(", ")}]`;
  if (value instanceof Map || (typeof value === "object" && value !== null && isCelMap(value)))
    return `{${[...(value as Iterable<[unknown, unknown]>)]
      .map(([key, one]) => `${textOf(key)}: ${textOf(one)}`)
      .toSorted()
      .join(", ")}}`;
  if (typeof value === "bigint") return `${value}i`;
  if (typeof value === "string") return JSON.stringify(value);
  if (Object.is(value, -0)) return "0";
  return String(value);
}
