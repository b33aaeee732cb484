import { type CelResult, CelScalar, type CelType, isCelError } from "@bufbuild/cel";
import { describeError } from "../../core/errors.ts";
import type { Predicate, ReadingType, Unknown } from "../../core/rules/rule.ts";
import { MOST_SAMPLES } from "../../core/rules/series.ts";
import type { ExpressionProblem, InputTemplate, RuleVocabulary } from "../../core/rules/vocabulary.ts";
import { type BoundInput, createBinder } from "./bind.ts";
import { checkExpression, type Known } from "./check.ts";
import { type ClosureContext, compileClosure } from "./closures.ts";
import { absentInput, createEnvironment } from "./environment.ts";
import { isScoreText } from "./input-units.ts";
import { planWithLibrary } from "./library.ts";
import { type Expr, nameOf, parseExpression } from "./syntax.ts";
import { fits, typeText } from "./types.ts";

export interface CompiledRule {
  readonly predicate: Predicate;
  readonly engine: "closures" | "library";
  /** Those of the condition, then those that only the messages name. */
  readonly inputs: readonly BoundInput[];
  /** Where each placeholder of the messages looks. */
  readonly placeholders: readonly number[];
}

export interface RuleSource {
  readonly when: string;
  /** Inputs that messages show: "machine.temp", "rate(machine.temp, '5m')". */
  readonly placeholders: readonly string[];
}

/** @property placeholder which of them; absent of the condition */
export interface RuleProblem extends ExpressionProblem {
  readonly placeholder?: number;
}

/** Checks the condition of a rule against what it may name, and makes it ready to run. Throws nothing. */
export function compileRule(
  source: RuleSource,
  vocabulary: RuleVocabulary,
): CompiledRule | readonly RuleProblem[] {
  const problems: RuleProblem[] = [];
  let asking: number | undefined;
  const report = (at: number, message: string): void =>
    void problems.push({ at, message, ...(asking !== undefined && { placeholder: asking }) });
  const binder = createBinder(vocabulary, report, MOST_SAMPLES);
  const syntax = parseExpression(source.when);
  if ("message" in syntax) return [syntax];
  const expr = binder.bind(syntax);
  const placeholders = source.placeholders.map((text, i) => {
    asking = i;
    const parsed = parseExpression(text);
    if ("message" in parsed) report(parsed.at, parsed.message);
    const name = "message" in parsed ? undefined : nameOf(binder.bind(parsed));
    if (name === undefined && !("message" in parsed))
      report(0, "a placeholder names one thing to look at, such as {machine.temp}; it cannot compute");
    return Number(/^in(\d+)$/.exec(name ?? "")?.[1] ?? 0);
  });
  asking = undefined;
  const { inputs } = binder;
  if (problems.length > 0) return problems;
  const compiled = compileExpression(
    expr,
    inputs.map(({ template, unit }) => ({ type: typeOf(template), unit })),
    {
      at: syntax.at,
      report,
    },
  );
  if (!fits(compiled.type, CelScalar.BOOL))
    report(0, `must be true or false, and is ${typeText(compiled.type)}`);
  if (problems.length > 0) return problems;
  return { predicate: predicateOf(compiled.evaluate), engine: compiled.engine, inputs, placeholders };
}

export interface CompiledExpression {
  readonly type: CelType;
  readonly engine: "closures" | "library";
  evaluate(values: Parameters<Predicate>[0]): CelResult;
}

/** An expression over "in0", "in1" ... of these types. */
export function compileExpression(
  expr: Expr,
  inputs: readonly Known[],
  { at, report }: { at(expr: Expr): number; report(at: number, message: string): void },
): CompiledExpression {
  const env = createEnvironment();
  const types = new Map<bigint, CelType>();
  const { type } = checkExpression(expr, {
    env,
    at,
    report,
    variable(name) {
      if (/^has\d+$/.test(name)) return { type: CelScalar.BOOL };
      return inputs[Number(/^in(\d+)$/.exec(name)?.[1] ?? -1)];
    },
    note: (part, known) => void types.set(part.id, known.type),
  });
  const context: ClosureContext = {
    env,
    typeOf: (part) => types.get(part.id) ?? CelScalar.DYN,
    variable(name) {
      const [, kind, digits] = /^(in|has)(\d+)$/.exec(name) ?? [];
      if (kind === undefined) return undefined;
      const place = Number(digits);
      if (kind === "has") return { place, kind: "has" };
      return { place, kind: inputs[place]?.type === CelScalar.DOUBLE ? "number" : "value" };
    },
  };
  const closure = compileClosure(expr, context);
  if (closure !== undefined) return { type, engine: "closures", evaluate: closure };
  return { type, engine: "library", evaluate: planWithLibrary(env, expr, inputs.length) };
}

function predicateOf(evaluate: CompiledExpression["evaluate"]): Predicate {
  const absent: Unknown[] = [];
  return (values) => {
    let result: CelResult;
    try {
      result = evaluate(values);
    } catch (thrown) {
      return { kind: "failed", message: describeError(thrown) };
    }
    if (typeof result === "boolean") return result;
    if (!isCelError(result)) return { kind: "failed", message: "is neither true nor false" };
    const input = absentInput(result.message);
    if (input === undefined) return { kind: "failed", message: result.message };
    absent[input] ??= { kind: "absent", input };
    return absent[input];
  };
}

const READING_TYPES: Readonly<Record<ReadingType, CelType>> = {
  bool: CelScalar.BOOL,
  double: CelScalar.DOUBLE,
  string: CelScalar.STRING,
};

function typeOf(input: InputTemplate): CelType {
  switch (input.kind) {
    case "reading":
      return READING_TYPES[input.type];
    case "score":
      return isScoreText(input.field) ? CelScalar.STRING : CelScalar.DOUBLE;
    case "state":
      return CelScalar.STRING;
    case "health":
    case "window":
      return CelScalar.DOUBLE;
  }
}
