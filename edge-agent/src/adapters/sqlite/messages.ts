import type { StoredState } from "../../core/alarm-journal.ts";
import type { Alarm } from "../../core/alarm-types.ts";
import type { EdgeErrorCode } from "../../core/errors.ts";
import type { TimeUs } from "../../core/time.ts";
import type { AlarmQuery, StoredBaseline, StoredWaveform, Trend, TrendQuery } from "../../ports/history.ts";
import type { Block } from "./block.ts";
import type { SeriesKind } from "./series.ts";

/** One thing to be written. */
export type Item =
  | { readonly kind: "tags"; readonly ids: readonly string[] }
  | { readonly kind: "block"; readonly block: Block }
  | { readonly kind: "point"; readonly point: Point }
  | { readonly kind: "alarm"; readonly alarm: AlarmState; readonly atUs: TimeUs }
  | { readonly kind: "waveform"; readonly alarm: string; readonly stored: StoredWaveform }
  | { readonly kind: "baseline"; readonly baseline: StoredBaseline }
  | { readonly kind: "no-baseline"; readonly sensor: string };

/** An item with its place in the order of all items of this run: one that comes twice is known again. */
export interface Numbered {
  readonly item: Item;
  readonly number: number;
}

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

/** What the worker is asked, one thing at a time. */
export type Request =
  | { readonly kind: "open"; readonly nowUs: TimeUs; readonly nowMs: number }
  /** Look for damage after an unclean stop. */
  | { readonly kind: "check"; readonly nowUs: TimeUs; readonly nowMs: number }
  | {
      readonly kind: "commit";
      readonly items: readonly Numbered[];
      readonly nowUs: TimeUs;
      readonly nowMs: number;
    }
  | { readonly kind: "query"; readonly query: Query; readonly nowUs: TimeUs; readonly nowMs: number }
  /** One bounded piece of compaction or retention. */
  | { readonly kind: "step"; readonly nowUs: TimeUs; readonly nowMs: number }
  | { readonly kind: "close" };

/** Something the log should say. */
export interface Note {
  readonly level: "error" | "info" | "warn";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

interface Outcome {
  readonly notes: readonly Note[];
  /** Readings that were found to be gone, or could not be taken. */
  readonly lost: number;
  /** There is a step to do. */
  readonly hasWork: boolean;
  /** The file should be looked through before it is used. */
  readonly needsCheck: boolean;
  /** Buffers of the blocks that a commit brought, to be used again. */
  readonly buffers: readonly ArrayBuffer[];
}

export interface Success {
  readonly ok: true;
  readonly answer?: Answers[keyof Answers];
}

export interface Failure {
  readonly ok: false;
  readonly code: EdgeErrorCode;
  readonly message: string;
  /** No retry will help: an operator has to mend it. */
  readonly isFinal: boolean;
}

export type Reply = Outcome & (Failure | Success);
