import type { CelError, CelValue } from "@bufbuild/cel";
import type { InputValues } from "../../core/rules/rule.ts";

type Part = (values: InputValues) => CelError | CelValue;

/** Two parts that are doubles, or errors. The second is not asked where the first is an error, as in the library. */
function both(a: Part, b: Part, apply: (a: number, b: number) => boolean | number): Part {
  return (values) => {
    const left = a(values);
    if (typeof left !== "number") return left;
    const right = b(values);
    return typeof right === "number" ? apply(left, right) : right;
  };
}

/** Arithmetic of doubles after IEEE 754, as CEL has it; undefined for what doubles do not have. */
export function arithmetic(name: string, a: Part, b: Part): Part | undefined {
  switch (name) {
    case "_+_":
      return both(a, b, (left, right) => left + right);
    case "_-_":
      return both(a, b, (left, right) => left - right);
    case "_*_":
      return both(a, b, (left, right) => left * right);
    case "_/_":
      return both(a, b, (left, right) => left / right);
    case "-_":
      return (values) => {
        const value = a(values);
        return typeof value === "number" ? -value : value;
      };
    default:
      return undefined;
  }
}

/** Each its own function: what runs a million times a second looks nothing up. */
export function comparison(name: string, a: Part, b: Part): Part | undefined {
  switch (name) {
    case "_<_":
      return both(a, b, (left, right) => left < right);
    case "_<=_":
      return both(a, b, (left, right) => left <= right);
    case "_>_":
      return both(a, b, (left, right) => left > right);
    case "_>=_":
      return both(a, b, (left, right) => left >= right);
    case "_==_":
      return both(a, b, (left, right) => left === right);
    case "_!=_":
      return both(a, b, (left, right) => left !== right);
    default:
      return undefined;
  }
}
