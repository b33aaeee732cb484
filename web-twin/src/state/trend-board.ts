/** What can be drawn over time: a tag, a sensor's anomaly score, a machine's health. */
export interface TrendSubject {
  readonly kind: "health" | "score" | "tag";
  readonly id: string;
}

/** What the trends page draws. */
export interface TrendBoard {
  readonly series: readonly TrendSubject[];
  readonly spanS: number;
  /** End of what is shown, seconds since 1970; absent: now, and it moves on. */
  readonly toS?: number;
}

export interface TimeRange {
  readonly fromS: number;
  readonly toS: number;
}

export const MOST_SERIES = 12;
export const MOST_CHARTS = 8;
/** Seconds; what can be chosen with one click. */
export const PRESETS = [900, 3_600, 4 * 3_600, 8 * 3_600, 24 * 3_600, 7 * 86_400, 30 * 86_400] as const;
const SHORTEST_S = 10;
const LONGEST_S = 366 * 86_400;
/** A view that ends this close to now, as a share of its span, follows again. */
const NEAR_NOW = 0.01;

export const emptyBoard: TrendBoard = { series: [], spanS: PRESETS[1] };

export const subjectKey = ({ kind, id }: TrendSubject): string => `${kind}:${id}`;

export function subjectOf(key: string): TrendSubject | undefined {
  const cut = key.indexOf(":");
  const id = key.slice(cut + 1);
  const kind = (["health", "score", "tag"] as const).find((one) => one === key.slice(0, cut));
  return kind === undefined || id === "" ? undefined : { kind, id };
}

const has = (board: TrendBoard, subject: TrendSubject): boolean =>
  board.series.some((one) => subjectKey(one) === subjectKey(subject));

/** The same board where it is full or shows the series already. */
export const withSeries = (board: TrendBoard, subject: TrendSubject): TrendBoard =>
  has(board, subject) || board.series.length >= MOST_SERIES
    ? board
    : { ...board, series: [...board.series, { kind: subject.kind, id: subject.id }] };

export const withoutSeries = (board: TrendBoard, subject: TrendSubject): TrendBoard => ({
  ...board,
  series: board.series.filter((one) => subjectKey(one) !== subjectKey(subject)),
});

export const rangeOf = ({ spanS, toS }: TrendBoard, nowS: number): TimeRange => {
  const end = toS ?? nowS;
  return { fromS: end - spanS, toS: end };
};

/** The board with another stretch of time: never in the future, and following where it ends at now. */
export function withRange(board: TrendBoard, range: TimeRange, nowS: number): TrendBoard {
  const spanS = Math.min(LONGEST_S, Math.max(SHORTEST_S, range.toS - range.fromS));
  const { series } = board;
  if (range.toS >= nowS - spanS * NEAR_NOW) return { series, spanS };
  return { series, spanS, toS: Math.max(spanS, range.toS) };
}

/** Stands still where it is. */
export const frozen = (board: TrendBoard, nowS: number): TrendBoard => ({
  ...board,
  toS: board.toS ?? nowS,
});

/** @param factor below 1 comes closer
 *  @param at the moment that stays where it is */
export const zoomed = ({ fromS, toS }: TimeRange, factor: number, at: number): TimeRange => ({
  fromS: at - (at - fromS) * factor,
  toS: at + (toS - at) * factor,
});

/** @param share of the span; above 0 goes towards now */
export const panned = ({ fromS, toS }: TimeRange, share: number): TimeRange => ({
  fromS: fromS + (toS - fromS) * share,
  toS: toS + (toS - fromS) * share,
});
