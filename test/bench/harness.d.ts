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
/** A figure's target: at least or at most. */
export type Targets = Readonly<
  Record<
    string,
    | {
        readonly least: number;
      }
    | {
        readonly most: number;
      }
  >
>;
export interface Measured {
  readonly bench: string;
  readonly machine: string;
  readonly figures: Figures;
  readonly met: boolean;
}
export declare function judge(bench: string, figures: Figures, targets: Targets): Measured;
/** @param share 0..1, nearest rank */
export declare function quantile(values: readonly number[], share: number): number;
export declare const median: (values: readonly number[]) => number;
