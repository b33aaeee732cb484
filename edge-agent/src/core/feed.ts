import type { Alarm, Severity } from "./alarm-types.ts";
import type { Health } from "./health.ts";
import type { BearingGeometry } from "./machine.ts";
import type { Reading } from "./reading.ts";
import type { FaultClass, Features, SensorState, Votes } from "./score.ts";

/** What the HTTP API and the WebSocket feed send: times in RFC 3339, otherwise the core's own words. */
export type Timed<T> = {
  readonly [K in keyof T as K extends `${infer Name}Us` ? `${Name}Time` : K]: K extends `${string}Us`
    ? string | Extract<T[K], undefined>
    : T[K];
};

export type AlarmDto = Timed<Alarm>;
export type HealthDto = Timed<Health>;

export interface ScoreDto {
  readonly machine: string;
  readonly sensor: string;
  readonly time: string;
  readonly sequence: number;
  readonly model: string;
  readonly shaftHz: number;
  readonly sensorState: SensorState;
  readonly state: "scored" | "learning" | "no-baseline" | "not-scored";
  readonly anomaly: number;
  readonly votes?: Votes | undefined;
  readonly faultHint?: FaultClass | undefined;
  readonly spectrumRatio?: number | undefined;
  readonly rmsRatio?: number | undefined;
  readonly features?: Features | undefined;
  readonly latencyMs: number;
}

export interface MachineDto {
  readonly id: string;
  readonly name: string;
  readonly path: {
    readonly site: string;
    readonly area: string;
    readonly line: string;
    readonly cell: string;
    readonly asset: string;
  };
  readonly sensors: readonly {
    readonly id: string;
    readonly name: string;
    readonly bearing?: BearingGeometry | undefined;
  }[];
  readonly tags: readonly { readonly id: string; readonly name: string; readonly unit: string }[];
  readonly health: HealthDto;
  /** Newest score of each sensor. */
  readonly scores: readonly ScoreDto[];
  /** Newest reading of each of the machine's tags that has one. */
  readonly readings: readonly Reading[];
  readonly openAlarms: number;
  readonly worst?: Severity | undefined;
}

/** Messages of the WebSocket feed at /v1/feed. The first is a snapshot; the rest are changes, newest per subject,
 *  a few times a second. */
export type FeedMessage =
  | {
      readonly kind: "snapshot";
      readonly time: string;
      readonly agent: { readonly version: string; readonly model: string };
      readonly machines: readonly MachineDto[];
      readonly alarms: readonly AlarmDto[];
    }
  | {
      readonly kind: "change";
      readonly time: string;
      readonly health: readonly HealthDto[];
      readonly scores: readonly ScoreDto[];
      readonly readings: readonly Reading[];
      readonly alarms: readonly AlarmDto[];
    }
  | { readonly kind: "heartbeat"; readonly time: string };

/** A tag's history, down-sampled: the columns have equal length; null where there was no good value. */
export interface TrendDto {
  readonly id: string;
  readonly unit: string;
  /** Seconds since 1970, middle of each bucket. */
  readonly time: readonly number[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  readonly mean: readonly (number | null)[];
}

/** The samples of a waveform and its log spectrogram. */
export interface WaveformDto {
  readonly sensor: string;
  readonly unit: string;
  readonly sampleRateHz: number;
  readonly firstSampleTime: string;
  readonly samples: readonly number[];
}

export interface SpectrogramDto {
  readonly sensor: string;
  readonly firstSampleTime: string;
  /** dB, row-major [rows][columns]; row 0 is the lowest frequency. */
  readonly rows: number;
  readonly columns: number;
  readonly maxHz: number;
  readonly seconds: number;
  readonly db: readonly number[];
}
