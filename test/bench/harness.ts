import { cpus } from "node:os";

/** One benchmark: it measures its baseline in the same run. */
export interface Bench {
  readonly name: string;
  /** What is measured, against what, and what its figures mean: for --list. */
  readonly explains: string;
  run(report: Report): Promise<Figures>;
}

export type Figures = Readonly<Record<string, number>>;

/** Progress for people; stdout stays for the figures. */
export type Report = (text: string) => void;

/** What a figure must reach, or must not exceed. */
export type Targets = Readonly<Record<string, { readonly least?: number; readonly most?: number }>>;

export interface Measured {
  readonly bench: string;
  readonly machine: string;
  readonly figures: Figures;
  readonly met: boolean;
}

export function judge(bench: string, figures: Figures, targets: Targets): Measured {
  const met = Object.entries(targets).every(([name, target]) => {
    const value = figures[name];
    if (value === undefined) return false;
    const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = target;
    return value >= least && value <= most;
  });
  return { bench, machine: machineName(), figures: rounded(figures), met };
}

/** ">= 0.5, <= 2" */
export const targetText = ({ least, most }: NonNullable<Targets[string]>): string =>
  [least === undefined ? [] : `>= ${least}`, most === undefined ? [] : `<= ${most}`].flat().join(", ");

function machineName(): string {
  const list = cpus();
  return `${list.length} x ${list[0]?.model ?? "unknown CPU"}, Node.js ${process.versions.node}, ${process.arch}`;
}

const rounded = (figures: Figures): Figures =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value.toPrecision(4))]));

/** @param share 0..1, nearest rank */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
