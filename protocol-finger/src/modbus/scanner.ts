import type { AddressProblem } from "../s7/problem.ts";

/** Walks over a text and remembers where it first stumbled. */
export interface Scanner {
  /** Offset of the next character. */
  readonly at: number;
  readonly atEnd: boolean;
  /** What the first fail() said. */
  readonly problem: AddressProblem | undefined;
  /** The text that the sticky pattern matches here, or undefined without moving. */
  take(pattern: RegExp): string | undefined;
  /** Take the pattern or fail. */
  expect(pattern: RegExp, what: string): void;
  /** A whole number in [least, most]; undefined after fail() where there is none. */
  number(what: string, least: number, most: number): number | undefined;
  fail(message: string, at?: number): void;
}

export function createScanner(text: string): Scanner {
  let at = 0;
  let problem: AddressProblem | undefined;

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  }

  function fail(message: string, where: number = at): void {
    problem ??= { at: where, message };
  }

  return {
    get at() {
      return at;
    },
    get atEnd() {
      return at === text.length;
    },
    get problem() {
      return problem;
    },
    take,
    fail,
    expect(pattern, what) {
      if (take(pattern) === undefined) fail(`expected ${what}`);
    },
    number(what, least, most) {
      const from = at;
      const value = Number(take(/[0-9]+/y) ?? Number.NaN);
      if (value >= least && value <= most) return value;
      fail(`expected ${what}`, from);
      return undefined;
    },
  };
}
