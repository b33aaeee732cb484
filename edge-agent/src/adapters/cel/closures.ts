import {
  type CelEnv,
  type CelError,
  CelScalar,
  type CelType,
  type CelValue,
  celError,
  celList,
  isCelError,
} from "@bufbuild/cel";
import type { InputValues } from "../../core/rules/rule.ts";
import { absentError } from "./environment.ts";
import { arithmetic, comparison } from "./number-closures.ts";
import { type CallExpr, celConstant, type Expr } from "./syntax.ts";

/** A part of an expression, ready to run: the library's values, and its errors as values. Throws nothing. */
export type Closure = (values: InputValues) => CelError | CelValue;

export interface ClosureContext {
  readonly env: CelEnv;
  typeOf(expr: Expr): CelType;
  /** Whether a variable is a number that is NaN where there is none. */
  variable(name: string): { readonly place: number; readonly kind: "has" | "number" | "value" } | undefined;
}

const { BOOL, DOUBLE, INT } = CelScalar;

/** Compiles an expression into nested functions, chosen by its types once and for all. Loops, maps and messages are left
 *  to the library.
 *  @returns undefined where it holds something that is left to the library */
export function compileClosure(expr: Expr, context: ClosureContext): Closure | undefined {
  const { exprKind } = expr;
  // Times and durations are messages, which the library handles within its own evaluation only.
  if (context.typeOf(expr).kind === "object") return undefined;
  switch (exprKind.case) {
    case "constExpr": {
      const value = celConstant(exprKind.value);
      return value === undefined ? undefined : () => value;
    }
    case "identExpr":
      return variable(exprKind.value.name, context);
    case "listExpr": {
      const parts = compileAll(exprKind.value.elements, context);
      return parts && exprKind.value.optionalIndices.length === 0 ? list(parts) : undefined;
    }
    case "callExpr":
      return call(expr, exprKind.value, context);
    case "selectExpr":
    case "structExpr":
    case "comprehensionExpr":
    case undefined:
      return undefined;
  }
}

function compileAll(parts: readonly Expr[], context: ClosureContext): Closure[] | undefined {
  const compiled = parts.map((part) => compileClosure(part, context));
  return compiled.every((one) => one !== undefined) ? compiled : undefined;
}

function variable(name: string, context: ClosureContext): Closure | undefined {
  const found = context.variable(name);
  if (found === undefined) return undefined;
  const { place, kind } = found;
  const absent = absentError(place);
  switch (kind) {
    case "has":
      return (values) => values.value(place) !== undefined;
    case "number":
      return (values) => {
        const value = values.number(place);
        return Number.isNaN(value) ? absent : value;
      };
    case "value":
      return (values) => {
        const value = values.value(place);
        return value === undefined ? absent : value;
      };
  }
}

function list(parts: readonly Closure[]): Closure {
  return (values) => {
    const items: CelValue[] = [];
    for (const part of parts) {
      const item = part(values);
      if (isCelError(item)) return item;
      items.push(item);
    }
    return celList(items);
  };
}

function call(
  expr: Expr,
  { function: name, target, args }: CallExpr,
  context: ClosureContext,
): Closure | undefined {
  const compiled = compileAll(args, context);
  const of = target === undefined ? undefined : compileClosure(target, context);
  if (compiled === undefined || (target !== undefined && of === undefined)) return undefined;
  const [first, second, third] = compiled;
  const id = Number(expr.id);
  switch (name) {
    case "_&&_":
      return junction(compiled, false, id);
    case "_||_":
      return junction(compiled, true, id);
    case "_?_:_":
      return first && second && third && conditional(first, second, third, id);
    case "_[_]":
    case "@not_strictly_false":
    case "__not_strictly_false__":
      return undefined;
    default:
      if (of === undefined && first) {
        const fast = fastCall(name, first, second, args, context);
        if (fast !== undefined) return fast;
      }
      return libraryCall(name, id, of, compiled, context.env);
  }
}

/** && or ||: the value that decides wins over errors, wherever it stands. */
function junction(parts: readonly Closure[], deciding: boolean, id: number): Closure {
  return (values) => {
    let problem: CelError | undefined;
    for (const part of parts) {
      const value = part(values);
      if (value === deciding) return deciding;
      if (value !== !deciding)
        problem ??= isCelError(value) ? value : celError("type mismatch: expected bool", id);
    }
    return problem ?? !deciding;
  };
}

function conditional(condition: Closure, yes: Closure, no: Closure, id: number): Closure {
  return (values) => {
    const value = condition(values);
    if (value === true) return yes(values);
    if (value === false) return no(values);
    return isCelError(value) ? value : celError("type mismatch: expected bool", id);
  };
}

/** Calls of which the types say that they are plain JavaScript. */
function fastCall(
  name: string,
  first: Closure,
  second: Closure | undefined,
  args: readonly Expr[],
  context: ClosureContext,
): Closure | undefined {
  const [a, b] = args.map((arg) => context.typeOf(arg));
  if (second === undefined) {
    if (name === "!_" && a === BOOL) return negation(first);
    if (name === "-_" && a === DOUBLE) return arithmetic("-_", first, first);
    return undefined;
  }
  if (a === DOUBLE && b === DOUBLE) return arithmetic(name, first, second) ?? comparison(name, first, second);
  // An int is compared with a double as the double that is nearest to it.
  if (a === DOUBLE && b === INT && name !== "_==_" && name !== "_!=_") {
    const right = asDouble(args[1], second);
    return right && comparison(name, first, right);
  }
  if (a === INT && b === DOUBLE && name !== "_==_" && name !== "_!=_") {
    const left = asDouble(args[0], first);
    return left && comparison(name, left, second);
  }
  return undefined;
}

/** An int as a number, where it is written out: then the conversion is done once. */
function asDouble(expr: Expr | undefined, part: Closure): Closure | undefined {
  if (expr?.exprKind.case === "constExpr") {
    const value = celConstant(expr.exprKind.value);
    return typeof value === "bigint" ? () => Number(value) : undefined;
  }
  return (values) => {
    const value = part(values);
    return typeof value === "bigint" ? Number(value) : value;
  };
}

function negation(part: Closure): Closure {
  return (values) => {
    const value = part(values);
    return typeof value === "boolean" ? !value : value;
  };
}

/** Any other function is the library's own: the same overloads, the same overflows, the same errors. */
function libraryCall(
  name: string,
  id: number,
  target: Closure | undefined,
  args: readonly Closure[],
  env: CelEnv,
): Closure | undefined {
  const group = env.funcs.find(name);
  if (group === undefined) return undefined;
  return (values) => {
    const of = target?.(values);
    if (isCelError(of)) return of;
    const given: CelValue[] = [];
    for (const arg of args) {
      const value = arg(values);
      if (isCelError(value)) return value;
      given.push(value);
    }
    return group.call(id, of, given) ?? celError(`no matching overload of ${name}`, id);
  };
}
