import { type CelValue, celUint, parse } from "@bufbuild/cel";
import type { ExpressionProblem } from "../../core/rules/vocabulary.ts";

export type Expr = ReturnType<typeof parse>["expr"];
export type CallExpr = Extract<Expr["exprKind"], { case: "callExpr" }>["value"];
export type Constant = Extract<Expr["exprKind"], { case: "constExpr" }>["value"];
export type Comprehension = Extract<Expr["exprKind"], { case: "comprehensionExpr" }>["value"];

export interface Syntax {
  readonly expr: Expr;
  /** Where a part of it stands, in characters. */
  at(part: Expr): number;
}

/** Longer ones are written by nobody, and the parser goes down with its stack on what is nested deeper. */
const MOST_CHARACTERS = 4096;
const MOST_DEPTH = 120;

/** @returns a problem where the text is no CEL expression */
export function parseExpression(text: string): Syntax | ExpressionProblem {
  if (text.length > MOST_CHARACTERS) {
    return { at: 0, message: `has ${text.length} characters; ${MOST_CHARACTERS} are the most` };
  }
  if (bracketsIn(text) > MOST_DEPTH) return { at: 0, message: "is nested too deeply; split the rule" };
  try {
    const { expr, sourceInfo } = parse(text);
    const positions = sourceInfo?.positions ?? {};
    if (depthOf(expr) > MOST_DEPTH) return { at: 0, message: "is nested too deeply; split the rule" };
    return { expr, at: (part) => positions[String(part.id)] ?? 0 };
  } catch (thrown) {
    if (thrown instanceof RangeError) return { at: 0, message: "is nested too deeply; split the rule" };
    return { at: placeOf(thrown), message: `is no CEL expression: ${saying(thrown)}` };
  }
}

/** How deep brackets nest: told before the parser tries. Those in texts count too, which does no harm. */
function bracketsIn(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if ("([{".includes(character)) depth += 1;
    else if (")]}".includes(character)) depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** The parser's errors have their place, which its types do not tell. */
function placeOf(thrown: unknown): number {
  const { location } = thrown as { readonly location?: { readonly start?: { readonly offset?: unknown } } };
  const offset = location?.start?.offset;
  return typeof offset === "number" ? offset : 0;
}

function saying(thrown: unknown): string {
  const text = (thrown instanceof Error ? thrown.message : String(thrown)).replace(/^<input>:\d+:\d+: /, "");
  const [found = text] = text.split(" but expecting");
  return text.length > 100 ? found : text;
}

/** Without recursion: what is asked is whether recursion may follow. */
function depthOf(root: Expr): number {
  let level: Expr[] = [root];
  let depth = 0;
  while (level.length > 0 && depth <= MOST_DEPTH) {
    level = level.flatMap(childrenOf);
    depth += 1;
  }
  return depth;
}

/** The parts that an expression is made of, in the order of evaluation. */
export function childrenOf({ exprKind }: Expr): Expr[] {
  switch (exprKind.case) {
    case "callExpr":
      return [...given(exprKind.value.target), ...exprKind.value.args];
    case "selectExpr":
      return given(exprKind.value.operand);
    case "listExpr":
      return exprKind.value.elements;
    case "structExpr":
      return exprKind.value.entries.flatMap(({ keyKind, value }) => [
        ...(keyKind.case === "mapKey" ? [keyKind.value] : []),
        ...given(value),
      ]);
    case "comprehensionExpr": {
      const { iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
      return [iterRange, accuInit, loopCondition, loopStep, result].flatMap(given);
    }
    case "constExpr":
    case "identExpr":
    case undefined:
      return [];
  }
}

const given = (part: Expr | undefined): Expr[] => (part === undefined ? [] : [part]);

/** The same expression of other parts. */
export function withChildren(expr: Expr, change: (part: Expr) => Expr): Expr {
  const maybe = (part: Expr | undefined) => (part === undefined ? {} : change(part));
  const { exprKind } = expr;
  switch (exprKind.case) {
    case "callExpr": {
      const { target, args } = exprKind.value;
      const value = { ...exprKind.value, ...(target && { target: change(target) }), args: args.map(change) };
      return { ...expr, exprKind: { case: "callExpr", value } };
    }
    case "selectExpr":
      return {
        ...expr,
        exprKind: {
          case: "selectExpr",
          value: { ...exprKind.value, operand: maybe(exprKind.value.operand) as Expr },
        },
      };
    case "listExpr":
      return {
        ...expr,
        exprKind: {
          case: "listExpr",
          value: { ...exprKind.value, elements: exprKind.value.elements.map(change) },
        },
      };
    case "structExpr": {
      const entries = exprKind.value.entries.map((entry) => ({
        ...entry,
        ...(entry.keyKind.case === "mapKey" && {
          keyKind: { case: "mapKey" as const, value: change(entry.keyKind.value) },
        }),
        ...(entry.value && { value: change(entry.value) }),
      }));
      return { ...expr, exprKind: { case: "structExpr", value: { ...exprKind.value, entries } } };
    }
    case "comprehensionExpr": {
      const { iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
      const value = {
        ...exprKind.value,
        ...(iterRange && { iterRange: change(iterRange) }),
        ...(accuInit && { accuInit: change(accuInit) }),
        ...(loopCondition && { loopCondition: change(loopCondition) }),
        ...(loopStep && { loopStep: change(loopStep) }),
        ...(result && { result: change(result) }),
      };
      return { ...expr, exprKind: { case: "comprehensionExpr", value } };
    }
    case "constExpr":
    case "identExpr":
    case undefined:
      return expr;
  }
}

/** The text of a literal; undefined where it is none. */
export function literalText(expr: Expr | undefined): string | undefined {
  const kind = expr?.exprKind;
  if (kind?.case !== "constExpr" || kind.value.constantKind.case !== "stringValue") return undefined;
  return kind.value.constantKind.value;
}

export const nameOf = (expr: Expr | undefined): string | undefined =>
  expr?.exprKind.case === "identExpr" ? expr.exprKind.value.name : undefined;

export const ident = (expr: Expr, name: string): Expr => ({
  ...expr,
  exprKind: { case: "identExpr", value: { $typeName: "cel.expr.Expr.Ident", name } },
});

/** A literal as the library's value; undefined where it is of a kind that no text makes. */
export function celConstant({ constantKind }: Constant): CelValue | undefined {
  switch (constantKind.case) {
    case "boolValue":
    case "bytesValue":
    case "doubleValue":
    case "int64Value":
    case "stringValue":
      return constantKind.value;
    case "uint64Value":
      return celUint(constantKind.value);
    case "nullValue":
      return null;
    case "durationValue":
    case "timestampValue":
    case undefined:
      return undefined;
  }
}
