import { type CelEnv, CelScalar, type CelType } from "@bufbuild/cel";
import { didYouMean } from "../../core/rules/nearest.ts";
import { STATISTICS } from "../../core/rules/rule.ts";
import { REFUSED, type ReportAt } from "./bind.ts";
import type { CallExpr, Comprehension, Constant, Expr } from "./syntax.ts";
import { fits, isNumber, joined, listOf, mapOf, typeText } from "./types.ts";

const { BOOL, BYTES, DOUBLE, DYN, INT, NULL, STRING, TYPE, UINT } = CelScalar;

/** What is known of a part of an expression before it runs. @property unit where it is a measure of one */
export interface Known {
  readonly type: CelType;
  readonly unit?: string | undefined;
}

export interface CheckContext {
  readonly env: CelEnv;
  variable(name: string): Known | undefined;
  at(expr: Expr): number;
  readonly report: ReportAt;
  /** Told of each part: what evaluation may rely on. */
  note(expr: Expr, known: Known): void;
}

const ANY: Known = { type: DYN };
const TYPE_NAMES = ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];
/** Operators as people write them. */
const SYMBOLS: Readonly<Record<string, string>> = {
  "@in": "in",
  "!_": "!",
  "-_": "-",
  "_?_:_": "?:",
  "_[_]": "[]",
};
const symbolOf = (name: string): string => SYMBOLS[name] ?? name.replaceAll("_", " ").trim();
const isOperator = (name: string): boolean => name.includes("_") && /^[@_!-]/.test(name);

/** Types and units of an expression over typed variables, by the library's own table of functions. Problems are
 *  reported; the answer is what can be known nevertheless. */
export function checkExpression(expr: Expr, context: CheckContext): Known {
  const { env, at, report } = context;

  function check(part: Expr, scope: ReadonlyMap<string, Known>): Known {
    const known = judge(part, scope);
    context.note(part, known);
    return known;
  }

  function judge(part: Expr, scope: ReadonlyMap<string, Known>): Known {
    const { exprKind } = part;
    switch (exprKind.case) {
      case "constExpr":
        return { type: constantType(exprKind.value) };
      case "identExpr":
        return identifier(part, exprKind.value.name, scope);
      case "callExpr":
        return call(part, exprKind.value, scope);
      case "selectExpr": {
        const { operand, field, testOnly } = exprKind.value;
        const of = operand === undefined ? ANY : check(operand, scope);
        if (of.type.kind !== "map" && of.type !== DYN)
          report(at(part), `${typeText(of.type)} has no parts, so no "${field}"`);
        if (testOnly) return { type: BOOL };
        return of.type.kind === "map" ? { type: of.type.value } : ANY;
      }
      case "listExpr":
        return { type: listOf(joined(exprKind.value.elements.map((one) => check(one, scope).type))) };
      case "structExpr": {
        if (exprKind.value.messageName !== "")
          report(at(part), `messages such as ${exprKind.value.messageName} are not supported`);
        const keys = exprKind.value.entries.flatMap(({ keyKind }) =>
          keyKind.case === "mapKey" ? [check(keyKind.value, scope).type] : [],
        );
        const values = exprKind.value.entries.flatMap(({ value }) =>
          value ? [check(value, scope).type] : [],
        );
        return { type: mapOf(joined(keys), joined(values)) };
      }
      case "comprehensionExpr":
        return loop(exprKind.value, scope);
      case undefined:
        report(at(part), "is empty");
        return ANY;
    }
  }

  function identifier(part: Expr, name: string, scope: ReadonlyMap<string, Known>): Known {
    if (name === REFUSED) return ANY;
    const known = scope.get(name) ?? context.variable(name);
    if (known !== undefined) return known;
    if (TYPE_NAMES.includes(name)) return { type: TYPE };
    report(
      at(part),
      `"${name}" is not known${didYouMean(name, ["machine", ...scope.keys()])}; tags are machine.<name>`,
    );
    return ANY;
  }

  const checked = (part: Expr | undefined, scope: ReadonlyMap<string, Known>): Known =>
    part === undefined ? ANY : check(part, scope);

  function loop(fold: Comprehension, scope: ReadonlyMap<string, Known>): Known {
    const { type } = checked(fold.iterRange, scope);
    if (!isCollection(type) && fold.iterRange)
      report(at(fold.iterRange), `a loop goes over a list or a map, not over ${typeText(type)}`);
    const start = checked(fold.accuInit, scope);
    const gathers = start.type !== DYN && isCollection(start.type);
    // What a loop gathers begins as an empty list of whatever.
    const inner = new Map(scope).set(fold.accuVar, gathers ? ANY : start);
    const within = new Map(inner).set(fold.iterVar, { type: itemOf(type) });
    checked(fold.loopCondition, within);
    checked(fold.loopStep, within);
    const result = checked(fold.result, inner);
    return gathers && result.type === DYN ? { type: listOf(DYN) } : result;
  }

  function call(
    part: Expr,
    { function: name, target, args }: CallExpr,
    scope: ReadonlyMap<string, Known>,
  ): Known {
    const of = target === undefined ? undefined : check(target, scope);
    const given = args.map((arg) => check(arg, scope));
    switch (name) {
      case "_&&_":
      case "_||_":
        for (const [i, one] of given.entries()) mustBeBool(one, args[i], name);
        return { type: BOOL };
      case "@not_strictly_false":
      case "__not_strictly_false__":
        return { type: BOOL };
      case "_?_:_": {
        const [condition, yes = ANY, no = ANY] = given;
        if (condition) mustBeBool(condition, args[0], name);
        sameUnit(part, name, yes, no);
        return { type: joined([yes.type, no.type]), unit: yes.unit ?? no.unit };
      }
      case "_[_]":
        return { type: partOf(given[0]?.type ?? DYN) };
      case "_==_":
      case "_!=_":
        equality(part, name, given[0] ?? ANY, given[1] ?? ANY, args);
        return { type: BOOL };
      default:
        return overload(part, name, of, given, args);
    }
  }

  function mustBeBool({ type }: Known, arg: Expr | undefined, name: string): void {
    if (fits(type, BOOL) || arg === undefined) return;
    const mend = type === DOUBLE ? "; compare it with something, or declare it under types: bool" : "";
    report(at(arg), `${symbolOf(name)} takes true and false, not ${typeText(type)}${mend}`);
  }

  function equality(part: Expr, name: string, a: Known, b: Known, args: readonly Expr[]): void {
    sameUnit(part, name, a, b);
    const isComparable =
      fits(a.type, b.type) || (isNumber(a.type) && isNumber(b.type)) || a.type === NULL || b.type === NULL;
    if (isComparable) return;
    const isFlag = [a, b].some(({ type }) => type === BOOL) && [a, b].some(({ type }) => type === DOUBLE);
    const mend = isFlag ? "; booleans are read as 1 and 0, or declared under types: bool" : "";
    report(at(args[1] ?? part), `${typeText(a.type)} and ${typeText(b.type)} are never equal${mend}`);
  }

  function sameUnit(part: Expr, name: string, a: Known, b: Known): void {
    if (a.unit === undefined || b.unit === undefined || a.unit === b.unit) return;
    report(
      at(part),
      `${symbolOf(name)} of ${a.unit} and ${b.unit}: the units differ; bring both to one unit first`,
    );
  }

  function overload(
    part: Expr,
    name: string,
    of: Known | undefined,
    given: readonly Known[],
    args: readonly Expr[],
  ): Known {
    const group = env.funcs.find(name);
    if (group === undefined) {
      const names = [...STATISTICS, "tag", "score", "has", ...functionNames(env)];
      report(at(part), `there is no function ${name}()${didYouMean(name, names)}`);
      return ANY;
    }
    const matching = [...group].filter(
      (one) =>
        (one.target === undefined) === (of === undefined) &&
        (one.target === undefined || of === undefined || fits(of.type, one.target)) &&
        one.arguments.length === given.length &&
        one.arguments.every((wanted, i) => fits(given[i]?.type ?? DYN, wanted)),
    );
    if (matching.length === 0) {
      report(at(part), noOverload(name, of, given, args));
      return ANY;
    }
    return { type: joined(matching.map(({ result }) => result)), unit: unitAfter(part, name, given) };
  }

  function unitAfter(part: Expr, name: string, given: readonly Known[]): string | undefined {
    const [a = ANY, b = ANY] = given;
    switch (name) {
      case "_+_":
      case "_-_":
        sameUnit(part, name, a, b);
        return a.unit ?? b.unit;
      case "_<_":
      case "_<=_":
      case "_>_":
      case "_>=_":
        sameUnit(part, name, a, b);
        return undefined;
      case "-_":
        return a.unit;
      default:
        return undefined;
    }
  }

  return check(expr, new Map());
}

const isCollection = (type: CelType): boolean => type === DYN || type.kind === "list" || type.kind === "map";

/** What an index finds. */
const partOf = (type: CelType): CelType =>
  type.kind === "list" ? type.element : type.kind === "map" ? type.value : DYN;

/** What a loop goes over. */
const itemOf = (type: CelType): CelType =>
  type.kind === "list" ? type.element : type.kind === "map" ? type.key : DYN;

function noOverload(
  name: string,
  of: Known | undefined,
  given: readonly Known[],
  args: readonly Expr[],
): string {
  const types = given.map(({ type }) => typeText(type));
  const literal = args.find(
    (arg) => arg.exprKind.case === "constExpr" && arg.exprKind.value.constantKind.case === "int64Value",
  );
  const isMixed = given.some(({ type }) => type === DOUBLE) && given.some(({ type }) => type === INT);
  const value =
    literal?.exprKind.case === "constExpr" && literal.exprKind.value.constantKind.case === "int64Value"
      ? literal.exprKind.value.constantKind.value
      : undefined;
  const mend = isMixed && value !== undefined ? `; write ${value}.0 instead of ${value}` : "";
  if (isOperator(name)) return `${symbolOf(name)} does not take ${types.join(" and ")}${mend}`;
  const on = of === undefined ? "" : `${typeText(of.type)}.`;
  return `there is no ${on}${name}(${types.join(", ")})${mend}`;
}

/** Those that are called by name. */
function functionNames(env: CelEnv): string[] {
  return [...new Set([...env.funcs].map(({ name }) => name))].filter((name) => !isOperator(name));
}

function constantType({ constantKind }: Constant): CelType {
  switch (constantKind.case) {
    case "boolValue":
      return BOOL;
    case "bytesValue":
      return BYTES;
    case "doubleValue":
      return DOUBLE;
    case "int64Value":
      return INT;
    case "uint64Value":
      return UINT;
    case "stringValue":
      return STRING;
    case "nullValue":
      return NULL;
    case "durationValue":
    case "timestampValue":
    case undefined:
      return DYN;
  }
}
