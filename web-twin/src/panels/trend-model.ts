import type { MachineDto } from "@stethos/edge-agent/core";
import type { TrendSubject } from "../state/trend-board.ts";
import { createTrendBuffer, type TrendBuffer, type TrendColumns } from "../state/trend-buffer.ts";
import type { Api } from "../stream/api.ts";
import { createLatest } from "./latest.ts";

const BUCKETS = 600;
/** At a few values a second this outlasts the longest span's shortest reload. */
const MOST_LIVE = 4_000;

type TrendStatus =
  | { readonly kind: "loading" }
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly error: unknown };

/** One series over the last while: history first, then what the feed brings. */
export interface TrendModel {
  watch(subject: TrendSubject, spanS: number): void;
  /** Takes the newest value of the watched series from its machine. */
  follow(machine: MachineDto): void;
  reload(): void;
  subject(): TrendSubject | undefined;
  status(): TrendStatus;
  columns(): TrendColumns;
  spanS(): number;
  dispose(): void;
}

export interface TrendModelDeps {
  readonly api: Pick<Api, "trend">;
  readonly now: () => number;
  /** The status or the history changed. */
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

export interface Live {
  readonly timeS: number;
  readonly value: number | null;
}

/** The newest value of a series, null where it is no usable number. */
export function newestValue(machine: MachineDto, subject: TrendSubject): Live | undefined {
  if (subject.kind === "score") {
    const score = machine.scores.find(({ sensor }) => sensor === subject.id);
    if (score === undefined) return undefined;
    return { timeS: Date.parse(score.time) / 1000, value: score.state === "scored" ? score.anomaly : null };
  }
  if (subject.kind === "health") {
    const { health } = machine;
    return { timeS: Date.parse(health.time) / 1000, value: health.index ?? null };
  }
  const reading = machine.readings.find(({ tag }) => tag === subject.id);
  if (reading === undefined) return undefined;
  const usable = reading.quality !== "bad" && typeof reading.value === "number";
  return {
    timeS: Date.parse(reading.sourceTime) / 1000,
    value: usable && typeof reading.value === "number" ? reading.value : null,
  };
}

export function createTrendModel({ api, now, changed, failed }: TrendModelDeps): TrendModel {
  const latest = createLatest();
  let subject: TrendSubject | undefined;
  let spanS = 3_600;
  let buffer: TrendBuffer = createTrendBuffer(spanS, MOST_LIVE);
  let status: TrendStatus = { kind: "loading" };

  const load = (): void => {
    const wanted = subject;
    if (wanted === undefined) return;
    status = { kind: "loading" };
    changed();
    const toMs = now();
    const request = { ...wanted, fromMs: toMs - spanS * 1000, toMs, buckets: BUCKETS };
    latest.run((signal) => api.trend(request, signal), {
      ready(history) {
        buffer.load(history);
        status = { kind: "ready" };
        changed();
      },
      failed(error) {
        status = { kind: "failed", error };
        failed(error);
        changed();
      },
    });
  };

  return {
    watch(next, span) {
      subject = next;
      spanS = span;
      buffer = createTrendBuffer(span, MOST_LIVE);
      load();
    },
    follow(machine) {
      const newest = subject === undefined ? undefined : newestValue(machine, subject);
      if (newest !== undefined) buffer.append(newest.timeS, newest.value);
    },
    reload: load,
    subject: () => subject,
    status: () => status,
    columns: () => buffer.columns(),
    spanS: () => spanS,
    dispose: () => latest.cancel(),
  };
}
