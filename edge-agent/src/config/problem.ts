import { EdgeError } from "../core/errors.ts";

/** One thing that is wrong in a configuration file: where, and what would mend it. */
export interface ConfigProblem {
  /** Where it is not the configuration file itself: a table or a layout that it names. */
  readonly file?: string;
  readonly line: number;
  readonly column: number;
  /** Such as devices[0].groups[1].tags[3].address */
  readonly path: string;
  readonly message: string;
}

// A screenful: who has a thousand problems mends the first ones and asks again.
const SHOWN = 50;

export class ConfigError extends EdgeError {
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    super("CONFIG_INVALID", describeProblems(file, problems));
    this.name = "ConfigError";
    this.file = file;
    this.problems = problems;
  }
}

/** One line each, as compilers write them. */
export function describeProblems(file: string, problems: readonly ConfigProblem[]): string {
  const sorted = problems.toSorted(
    (a, b) => compare(a.file ?? "", b.file ?? "") || a.line - b.line || a.column - b.column,
  );
  const lines = sorted
    .slice(0, SHOWN)
    .map(
      (one) =>
        `${one.file ?? file}:${one.line}:${one.column}: ${one.path === "" ? "" : `${one.path}: `}${one.message}`,
    );
  const more = problems.length > SHOWN ? [`... and ${problems.length - SHOWN} more`] : [];
  return [...lines, ...more].join("\n");
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Notes a problem at a path of the file, `at` characters into what stands there. */
export type Report = (path: readonly PropertyKey[], message: string, at?: number) => void;
