import type { AlarmFilter } from "../core/alarm-filter.ts";
import type { StoredState } from "../core/alarm-journal.ts";
import type { Alarm } from "../core/alarm-types.ts";
import type { Health } from "../core/health.ts";
import type { ReadingBatch } from "../core/reading.ts";
import type { Score } from "../core/score.ts";
import type { Tag } from "../core/tag.ts";
import type { TimeUs } from "../core/time.ts";
import type { Waveform } from "../core/waveform.ts";

/** A series, down-sampled into equal buckets: NaN where a bucket holds no usable value. */
export interface Trend {
  readonly timeUs: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly mean: Float64Array;
}

export interface AlarmQuery extends Omit<AlarmFilter, "openOnly"> {
  /** 1..10,000 */
  readonly most: number;
  /** Every state but "normal", also what is kept from the operators. */
  readonly openOnly: boolean;
}

export interface TrendQuery {
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
  /** 1..5000 */
  readonly buckets: number;
}

/** What one sensor of one machine looks like when healthy, as bytes that core/baseline wrote. */
export interface StoredBaseline {
  readonly sensor: string;
  readonly json: string;
}

export interface StoredWaveform {
  readonly waveform: Waveform;
  readonly sensor: string;
  readonly unit: string;
}

/** The embedded store. Writing never waits: it is handed over, committed in groups at least every second, and what
 *  cannot be kept is dropped oldest first and counted. Everything that was committed survives kill -9. */
export interface History {
  /** Must be called before readings of these tags are appended: gives the tag table its place in the file. */
  registerTags(tags: readonly Tag[]): void;
  append(batch: ReadingBatch): void;
  appendScore(score: Score): void;
  appendHealth(health: Health): void;
  /** Inserts the alarm or replaces its earlier state; every state is kept in the audit table. */
  saveAlarm(alarm: Alarm): void;
  /** The block around an alarm. */
  saveWaveform(alarm: string, stored: StoredWaveform): void;
  saveBaseline(baseline: StoredBaseline): void;
  removeBaseline(sensor: string): void;

  /** Everything written before this call is on disk when it resolves. */
  flush(signal: AbortSignal): Promise<void>;
  trend(tagId: string, query: TrendQuery, signal: AbortSignal): Promise<Trend>;
  scoreTrend(sensor: string, query: TrendQuery, signal: AbortSignal): Promise<Trend>;
  healthTrend(machine: string, query: TrendQuery, signal: AbortSignal): Promise<Trend>;
  /** Newest first. */
  alarms(query: AlarmQuery, signal: AbortSignal): Promise<readonly Alarm[]>;
  /** The newest state of one alarm. */
  alarm(id: string, signal: AbortSignal): Promise<Alarm | undefined>;
  /** All states of one alarm, oldest first; of a very long life the newest. */
  alarmStates(id: string, signal: AbortSignal): Promise<readonly StoredState[]>;
  waveforms(alarm: string, signal: AbortSignal): Promise<readonly StoredWaveform[]>;
  baselines(signal: AbortSignal): Promise<readonly StoredBaseline[]>;
  statistics(signal: AbortSignal): Promise<HistoryStatistics>;
  /** Commits and closes. */
  close(): Promise<void>;
}

export interface HistoryStatistics {
  readonly bytes: number;
  readonly readings: number;
  readonly oldestUs: TimeUs | undefined;
  /** Handed over and not yet committed. */
  readonly uncommitted: number;
  /** Given up: queue full or disk full. */
  readonly lost: number;
}
