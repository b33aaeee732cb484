import { EdgeError } from "../errors.ts";

/** Reads a value of JSON as what it should be. @throws EdgeError DATA_INVALID naming the place */
export type Shape<T> = (value: unknown, path: string) => T;

const fail = (path: string, wanted: string): never => {
  throw new EdgeError("DATA_INVALID", `the rollout's state: ${path || "the file"} is not ${wanted}`);
};

export const text: Shape<string> = (value, path) =>
  typeof value === "string" ? value : fail(path, "a text");

export const finite: Shape<number> = (value, path) =>
  typeof value === "number" && Number.isFinite(value) ? value : fail(path, "a number");

export const flag: Shape<boolean> = (value, path) =>
  typeof value === "boolean" ? value : fail(path, "true or false");

export const oneOf =
  <T extends string>(...words: readonly T[]): Shape<T> =>
  (value, path) =>
    words.find((word) => word === value) ?? fail(path, `one of ${words.join(", ")}`);

export const listOf =
  <T>(item: Shape<T>): Shape<readonly T[]> =>
  (value, path) =>
    Array.isArray(value) ? value.map((one: unknown, i) => item(one, `${path}[${i}]`)) : fail(path, "a list");

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const mapOf =
  <T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> =>
  (value, path) => {
    if (!isRecord(value)) return fail(path, "an object");
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, item(one, `${path}.${name}`)]),
    );
  };

type Fields<T> = { readonly [K in keyof Required<T>]: Shape<Required<T>[K]> | Optional<Required<T>[K]> };

interface Optional<T> {
  readonly optional: Shape<T>;
}

/** May be absent. */
export const maybe = <T>(shape: Shape<T>): Optional<T> => ({ optional: shape });

/** An object with these fields; others are dropped. */
export const fields =
  <T extends object>(shapes: Fields<T>): Shape<T> =>
  (value, path) => {
    if (!isRecord(value)) return fail(path, "an object");
    const read: Record<string, unknown> = {};
    for (const [name, shape] of Object.entries<Shape<unknown> | Optional<unknown>>(shapes)) {
      const at = path === "" ? name : `${path}.${name}`;
      if (typeof shape === "function") read[name] = shape(value[name], at);
      else if (value[name] !== undefined) read[name] = shape.optional(value[name], at);
    }
    return read as T;
  };
