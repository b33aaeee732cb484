/** What arrives is parsed, never asserted: small parsers that either return the typed value or throw a Mismatch
 *  that says where and what was expected. */
export class Mismatch extends Error {
  constructor(at: string, expected: string) {
    super(`${at}: expected ${expected}`);
    this.name = "Mismatch";
  }
}

/** Sentences about what was left out of an otherwise good message. */
export type Notes = string[];
export type Shape<T> = (value: unknown, at: string, notes: Notes) => T;

interface Optional<T> {
  readonly optional: Shape<T>;
}

type Fields = Readonly<Record<string, Shape<unknown> | Optional<unknown>>>;

type Parsed<F extends Fields> = {
  readonly [K in keyof F as F[K] extends Shape<unknown> ? K : never]: F[K] extends Shape<infer T> ? T : never;
} & {
  readonly [K in keyof F as F[K] extends Optional<unknown> ? K : never]?: F[K] extends Optional<infer T>
    ? T
    : never;
};

export const text: Shape<string> = (value, at) => {
  if (typeof value !== "string") throw new Mismatch(at, "a text");
  return value;
};

export const number: Shape<number> = (value, at) => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Mismatch(at, "a number");
  return value;
};

export const count: Shape<number> = (value, at) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new Mismatch(at, "a whole number of 0 or more");
  }
  return value;
};

export const flag: Shape<boolean> = (value, at) => {
  if (typeof value !== "boolean") throw new Mismatch(at, "true or false");
  return value;
};

/** A time as RFC 3339 text. */
export const time: Shape<string> = (value, at, notes) => {
  const found = text(value, at, notes);
  if (Number.isNaN(Date.parse(found))) throw new Mismatch(at, "an RFC 3339 time");
  return found;
};

export function oneOf<const T extends string>(...words: readonly T[]): Shape<T> {
  return (value, at) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new Mismatch(at, `one of ${words.join(", ")}`);
    return found;
  };
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, at, notes) => (value === null ? null : shape(value, at, notes));
}

/** The first shape that fits. */
export function either<A, B>(first: Shape<A>, second: Shape<B>): Shape<A | B> {
  return (value, at, notes) => {
    try {
      return first(value, at, notes);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      return second(value, at, notes);
    }
  };
}

/** An object whose `tag` says which of the shapes it has. */
export function variants<K extends string, S extends Readonly<Record<string, Shape<unknown>>>>(
  tag: K,
  shapes: S,
): Shape<{ [Code in keyof S]: S[Code] extends Shape<infer T> ? T : never }[keyof S]> {
  const kinds = oneOf(...Object.keys(shapes));
  return (value, at, notes) => {
    const kind = kinds(fieldsOf(value, at)[tag], `${at}.${tag}`, notes);
    const shape = shapes[kind] as Shape<never>;
    return shape(value, at, notes);
  };
}

function array(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Mismatch(at, "a list");
  return value;
}

export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, at, notes) => array(value, at).map((item, i) => shape(item, `${at}[${i}]`, notes));
}

/** A list whose misshapen items are left out and noted: one odd machine must not blank the plant. */
export function kept<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, at, notes) =>
    array(value, at).flatMap((item, i) => {
      try {
        return [shape(item, `${at}[${i}]`, notes)];
      } catch (error) {
        if (!(error instanceof Mismatch)) throw error;
        notes.push(error.message);
        return [];
      }
    });
}

function fieldsOf(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Mismatch(at, "an object");
  return value as Readonly<Record<string, unknown>>;
}

export function record<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, at, notes) =>
    Object.fromEntries(
      Object.entries(fieldsOf(value, at)).map(([key, item]) => [key, shape(item, `${at}.${key}`, notes)]),
    );
}

/** A field that may be absent; null counts as absent. */
export const optional = <T>(shape: Shape<T>): Optional<T> => ({ optional: shape });

/** A field that may be absent, and is left out and noted where it is misshapen. */
export const ifGood = <T>(shape: Shape<T>): Optional<T | undefined> =>
  optional((value, at, notes) => {
    try {
      return shape(value, at, notes);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      notes.push(error.message);
      return undefined;
    }
  });

/** The named fields of an object; fields it does not name are left out, so that a newer agent can say more. */
export function object<F extends Fields>(fields: F): Shape<Parsed<F>> {
  const entries = Object.entries(fields);
  return (value, at, notes) => {
    const given = fieldsOf(value, at);
    const parsed: Record<string, unknown> = {};
    for (const [key, shape] of entries) {
      const item = given[key];
      const where = `${at}.${key}`;
      if (typeof shape === "function") parsed[key] = shape(item, where, notes);
      else if (item !== undefined && item !== null) parsed[key] = shape.optional(item, where, notes);
    }
    return parsed as Parsed<F>;
  };
}
