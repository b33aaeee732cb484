import { type CelEnv, type CelResult, plan } from "@bufbuild/cel";
import type { InputValues } from "../../core/rules/rule.ts";
import { absentError } from "./environment.ts";
import type { Expr } from "./syntax.ts";

/** The library's own evaluation of an expression over "in0", "has0" ...: for what closures do not cover, and to hold the
 *  closures against.
 *  @param inputs how many there are */
export function planWithLibrary(env: CelEnv, expr: Expr, inputs: number): (values: InputValues) => CelResult {
  let current: InputValues | undefined;
  const bindings: Record<string, unknown> = {};
  for (let i = 0; i < inputs; i += 1) {
    const absent = absentError(i);
    const read = () => {
      const value = current?.value(i);
      return value === undefined ? absent : value;
    };
    Object.defineProperty(bindings, `in${i}`, { get: read, enumerable: true });
    Object.defineProperty(bindings, `has${i}`, {
      get: () => current?.value(i) !== undefined,
      enumerable: true,
    });
  }
  const evaluate = plan(env, expr) as (bindings: Record<string, unknown>) => CelResult;
  return (values) => {
    current = values;
    return evaluate(bindings);
  };
}
