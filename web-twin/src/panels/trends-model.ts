import type { TrendDto } from "@stethos/edge-agent/core";
import { subjectKey, type TimeRange, type TrendSubject } from "../state/trend-board.ts";
import { createTrendBuffer, type TrendBuffer, type TrendColumns } from "../state/trend-buffer.ts";
import type { Api } from "../stream/api.ts";
import type { Timers } from "../stream/timers.ts";
import { createLatest, type Latest } from "./latest.ts";

/** While somebody drags or turns the wheel nothing is asked for. */
const SETTLE_MS = 180;
const MOST_CACHED = 64;
const MOST_LIVE = 4_000;
/** A following view takes its history anew at least so often, s. */
const RELOAD_S = { least: 10, share: 1 / 200 } as const;

export type SeriesStatus =
  | { readonly kind: "loading" }
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly error: unknown };

export interface Wanted {
  readonly series: readonly TrendSubject[];
  readonly range: TimeRange;
  /** Live values are drawn as they come. */
  readonly isLive: boolean;
  /** How many parts of time the picture has room for. */
  readonly buckets: number;
}

/** The series of the trends page with their history. */
export interface TrendsModel {
  want(wanted: Wanted): void;
  /** A value that was heard just now. */
  heard(subject: TrendSubject, timeS: number, value: number | null): void;
  columns(subject: TrendSubject): TrendColumns;
  /** UCUM code by the agent's word; undefined until it answered. */
  unit(subject: TrendSubject): string | undefined;
  status(subject: TrendSubject): SeriesStatus;
  reload(): void;
  dispose(): void;
}

export interface TrendsModelDeps {
  readonly api: Pick<Api, "trend">;
  readonly timers: Timers;
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

interface Series {
  readonly subject: TrendSubject;
  readonly job: Latest;
  buffer: TrendBuffer;
  history: TrendDto | undefined;
  unit: string | undefined;
  status: SeriesStatus;
  /** What was asked for last. */
  asked: string;
}

const nothing: TrendColumns = { time: [], mean: [], min: [], max: [] };

/** The stretch to ask for: twice as wide as what is shown and on a grid, so that a small move needs no new question. */
export function stretchOf({ range, isLive, buckets }: Wanted): TimeRange & { readonly buckets: number } {
  const span = range.toS - range.fromS;
  if (isLive) {
    const step = Math.max(RELOAD_S.least, span * RELOAD_S.share);
    const toS = Math.floor(range.toS / step) * step;
    return { fromS: toS - span, toS, buckets };
  }
  const step = span / 2;
  const fromS = Math.floor(range.fromS / step) * step;
  const toS = Math.ceil(range.toS / step) * step;
  return { fromS, toS, buckets: Math.round((buckets * (toS - fromS)) / span) };
}

export function createTrendsModel({ api, timers, changed, failed }: TrendsModelDeps): TrendsModel {
  const all = new Map<string, Series>();
  const cache = new Map<string, TrendDto>();
  let wanted: Wanted | undefined;
  let stopWaiting: (() => void) | undefined;

  const remember = (key: string, dto: TrendDto): void => {
    cache.delete(key);
    cache.set(key, dto);
    const oldest = cache.keys().next();
    if (cache.size > MOST_CACHED && oldest.done === false) cache.delete(oldest.value);
  };

  const adopt = (series: Series, dto: TrendDto, spanS: number): void => {
    series.history = dto;
    series.unit = dto.unit;
    series.status = { kind: "ready" };
    // Live values wait in the buffer; a frozen view shows the history alone.
    series.buffer.load(dto);
    if (wanted?.isLive === true && series.buffer.spanS !== spanS) {
      series.buffer = createTrendBuffer(spanS, MOST_LIVE);
      series.buffer.load(dto);
    }
  };

  const ask = (series: Series, now: Wanted): void => {
    const stretch = stretchOf(now);
    const key = `${subjectKey(series.subject)}|${stretch.fromS}|${stretch.toS}|${stretch.buckets}`;
    if (series.asked === key) return;
    series.asked = key;
    const spanS = now.range.toS - now.range.fromS;
    const known = cache.get(key);
    if (known !== undefined) {
      series.job.cancel();
      adopt(series, known, spanS);
      changed();
      return;
    }
    if (series.history === undefined) series.status = { kind: "loading" };
    const request = {
      ...series.subject,
      fromMs: Math.round(stretch.fromS * 1000),
      toMs: Math.round(stretch.toS * 1000),
      buckets: stretch.buckets,
    };
    series.job.run((signal) => api.trend(request, signal), {
      ready(dto) {
        // What ends at now goes on growing: only the settled past is worth keeping.
        if (!now.isLive) remember(key, dto);
        adopt(series, dto, spanS);
        changed();
      },
      failed(error) {
        series.status = { kind: "failed", error };
        failed(error);
        changed();
      },
    });
  };

  const load = (): void => {
    stopWaiting = undefined;
    const now = wanted;
    if (now === undefined) return;
    for (const series of all.values()) ask(series, now);
  };

  const add = (subject: TrendSubject, spanS: number): void => {
    all.set(subjectKey(subject), {
      subject,
      job: createLatest(),
      buffer: createTrendBuffer(spanS, MOST_LIVE),
      history: undefined,
      unit: undefined,
      status: { kind: "loading" },
      asked: "",
    });
  };

  return {
    want(next) {
      const isFirst = wanted === undefined;
      wanted = next;
      const keys = new Set(next.series.map(subjectKey));
      for (const [key, series] of all) {
        if (keys.has(key)) continue;
        series.job.cancel();
        all.delete(key);
      }
      const fresh = next.series.filter((subject) => !all.has(subjectKey(subject)));
      for (const subject of fresh) add(subject, next.range.toS - next.range.fromS);
      stopWaiting?.();
      if (isFirst || fresh.length > 0) load();
      else stopWaiting = timers.after(SETTLE_MS, load);
    },
    heard(subject, timeS, value) {
      all.get(subjectKey(subject))?.buffer.append(timeS, value);
    },
    columns(subject) {
      const series = all.get(subjectKey(subject));
      if (series === undefined) return nothing;
      return wanted?.isLive === true ? series.buffer.columns() : (series.history ?? nothing);
    },
    unit: (subject) => all.get(subjectKey(subject))?.unit,
    status: (subject) => all.get(subjectKey(subject))?.status ?? { kind: "loading" },
    reload() {
      for (const series of all.values()) series.asked = "";
      load();
    },
    dispose() {
      stopWaiting?.();
      for (const { job } of all.values()) job.cancel();
    },
  };
}
