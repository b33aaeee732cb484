import type { StoredState } from "../../core/alarm-journal.ts";
import type { Alarm } from "../../core/alarm-types.ts";
import type { TimeUs } from "../../core/time.ts";
import type { AlarmQuery, StoredBaseline, StoredWaveform, Trend, TrendQuery } from "../../ports/history.ts";
import type { Block } from "./block.ts";
import type { SeriesKind } from "./series.ts";
import type { StoreWords, WireReply, WireRequest } from "./wire.ts";

/** One thing to be written. */
export type Item =
  | { readonly kind: "tags"; readonly ids: readonly string[] }
  | { readonly kind: "block"; readonly block: Block }
  | { readonly kind: "point"; readonly point: Point }
  | { readonly kind: "alarm"; readonly alarm: AlarmState; readonly atUs: TimeUs }
  | { readonly kind: "waveform"; readonly alarm: string; readonly stored: StoredWaveform }
  | { readonly kind: "baseline"; readonly baseline: StoredBaseline }
  | { readonly kind: "no-baseline"; readonly sensor: string };

/** One state of an alarm, with what is searched for beside the whole as JSON. */
export interface AlarmState {
  readonly id: string;
  readonly raisedUs: TimeUs;
  readonly isOpen: boolean;
  readonly json: string;
}

/** A score or a health, as a reading of its own series: the number that trends show, and the whole as JSON. */
export interface Point {
  readonly series: Exclude<SeriesKind, "tag">;
  readonly name: string;
  readonly timeUs: TimeUs;
  readonly sequence: number;
  /** NaN where there is no number to show. */
  readonly value: number;
  readonly json: string;
}

export type Query =
  | { readonly kind: "trend"; readonly series: SeriesKind; readonly name: string; readonly query: TrendQuery }
  | { readonly kind: "alarms"; readonly query: AlarmQuery }
  | { readonly kind: "alarm"; readonly id: string }
  | { readonly kind: "alarm-states"; readonly id: string }
  | { readonly kind: "waveforms"; readonly alarm: string }
  | { readonly kind: "baselines" }
  | { readonly kind: "statistics" };

export interface FileStatistics {
  readonly bytes: number;
  readonly readings: number;
  readonly oldestUs: TimeUs | undefined;
}

export interface Answers {
  readonly trend: Trend;
  readonly alarms: readonly Alarm[];
  readonly alarm: Alarm | undefined;
  readonly "alarm-states": readonly StoredState[];
  readonly waveforms: readonly StoredWaveform[];
  readonly baselines: readonly StoredBaseline[];
  readonly statistics: FileStatistics;
}

export type Request = WireRequest<Item, Query>;

export type Reply = WireReply<Answers[keyof Answers]> & {
  /** Readings that were found to be gone, or could not be taken. */
  readonly lost: number;
};

export const HISTORY_WORDS: StoreWords = {
  name: "history",
  failed: "HISTORY_FAILED",
  corrupt: "HISTORY_CORRUPT",
};
