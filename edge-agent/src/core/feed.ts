import type { Alarm, Inhibit, Severity } from "./alarm-types.ts";
import type { Health } from "./health.ts";
import type { BearingGeometry } from "./machine.ts";
import type { Quality } from "./quality.ts";
import type { Reading } from "./reading.ts";
import type { LabelDto, ModelsDto } from "./rollout/models-dto.ts";
import type { FaultClass, Features, ScoreState, SensorState, Votes } from "./score.ts";
import type { Protocol, Tag } from "./tag.ts";
import type { Timed } from "./timed.ts";

export type InhibitDto = Timed<Inhibit>;
export type AlarmDto = Timed<Omit<Alarm, "inhibit">> & { readonly inhibit?: InhibitDto | undefined };
export type HealthDto = Timed<Health>;
/** A tag as it is configured. */
export type TagDto = Tag;

export interface ScoreDto {
  readonly machine: string;
  readonly sensor: string;
  readonly time: string;
  readonly sequence: number;
  readonly model: string;
  readonly shaftHz: number;
  readonly sensorState: SensorState;
  readonly state: ScoreState;
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
      readonly models?: ModelsDto | undefined;
    }
  | {
      readonly kind: "change";
      readonly time: string;
      readonly health: readonly HealthDto[];
      readonly scores: readonly ScoreDto[];
      readonly readings: readonly Reading[];
      readonly alarms: readonly AlarmDto[];
    }
  /** Champion, trial, drift and what became of trials: all of it, whenever something of it changed. */
  | { readonly kind: "models"; readonly time: string; readonly models: ModelsDto }
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

/** A stretch of a waveform's samples. */
export interface WaveformDto {
  readonly sensor: string;
  /** UCUM code; "" where the configuration does not say. */
  readonly unit: string;
  readonly quality: Quality;
  /** The device's own count of blocks. */
  readonly sequence: number;
  readonly sampleRateHz: number;
  readonly firstSampleTime: string;
  /** null where the device sent no number. */
  readonly samples: readonly (number | null)[];
  /** Samples of the whole block; more than `samples` holds where only a stretch was asked for. */
  readonly totalSamples: number;
}

/** Levels over time and frequency of one waveform. */
export interface SpectrogramDto {
  readonly sensor: string;
  readonly firstSampleTime: string;
  /** dB, row-major [rows][columns]; row 0 is the lowest frequency. */
  readonly rows: number;
  readonly columns: number;
  readonly maxHz: number;
  readonly seconds: number;
  readonly db: readonly number[];
  /** Then `db` says how much each band stands above its level when healthy, the level of the whole taken out. */
  readonly against?: "baseline" | undefined;
}

/** A kept window with what each model says of it, and its picture. */
export interface FrameDto {
  readonly id: string;
  /** Why it is kept. */
  readonly kind: "alarm" | "disagreement" | "drift" | "random";
  readonly machine: string;
  readonly sensor: string;
  /** UCUM code; "" where the configuration does not say. */
  readonly unit: string;
  /** End of the window. */
  readonly time: string;
  readonly sampleRateHz: number;
  /** 0 where unknown. */
  readonly shaftHz: number;
  /** "name version" of the champion then. */
  readonly model: string;
  /** 1 - P(healthy) of the champion, and of the challenger where there was one. */
  readonly probability: number;
  readonly challengerProbability?: number | undefined;
  readonly alarm?: string | undefined;
  readonly label?: LabelDto | undefined;
  readonly spectrogram: SpectrogramDto;
}

/** What is wrong with a device: a stable code, what was seen, and what a technician needs to know, in one language. */
export interface DiagnosisDto {
  readonly code: string;
  readonly observed: string;
  /** The likely cause. */
  readonly cause: string;
  readonly advice: string;
}

/** How a device is read. */
export interface ProfileDto {
  readonly mode: "s7-native" | "s7-compat" | "modbus-tunnel" | "modbus" | "opcua" | "none";
  readonly why: string;
}

/** A device and what is known of it. */
export interface DeviceDto {
  readonly name: string;
  /** As configured; "auto": found out. */
  readonly protocol: Protocol;
  readonly up: boolean;
  readonly reason: string;
  readonly sinceTime: string;
  /** How many tags it has, and of how many the newest value can be used. */
  readonly tags: { readonly total: number; readonly good: number };
  /** Who it is, where that was found out. */
  readonly fingerprint?:
    | {
        readonly vendor?: string | undefined;
        readonly family?: string | undefined;
        readonly model?: string | undefined;
        readonly orderNumber?: string | undefined;
        readonly firmware?: string | undefined;
        readonly serial?: string | undefined;
        readonly nature: string;
        readonly confidence: number;
        readonly time: string;
      }
    | undefined;
  readonly profile?: ProfileDto | undefined;
  readonly diagnosis?: DiagnosisDto | undefined;
}

/** A device with all that its fingerprint rests on. */
export interface DeviceDetailDto extends DeviceDto {
  readonly protocols: readonly {
    readonly id: string;
    readonly port: number;
    readonly state: "speaks" | "open" | "closed" | "filtered";
    readonly hasDriver: boolean;
  }[];
  /** Weightiest first. */
  readonly evidence: readonly {
    readonly probe: string;
    readonly observed: string;
    readonly bytes: string;
    readonly weight: number;
    readonly source: string;
  }[];
  /** What the fingerprint advises: first choice, then the rest. */
  readonly advised: readonly ProfileDto[];
  /** What was wrong while it was examined. */
  readonly findings: readonly DiagnosisDto[];
  /** What the examination cost the device. */
  readonly spent?: { readonly connections: number; readonly frames: number; readonly ms: number } | undefined;
}

/** What the agent says of itself. */
export interface StatusDto {
  readonly time: string;
  readonly version: string;
  readonly startedTime: string;
  readonly model: { readonly name: string; readonly version: string };
  /** Diagnoses in English. */
  readonly devices: readonly DeviceDto[];
  /** What was counted since the start, by name. */
  readonly counters: Readonly<Record<string, number>>;
  /** Screens that listen to the feed. */
  readonly feedClients: number;
  /** Absent while the history does not answer. */
  readonly history?:
    | {
        readonly bytes: number;
        readonly readings: number;
        readonly oldestTime?: string | undefined;
        /** Handed over and not yet on disk. */
        readonly uncommitted: number;
        readonly lost: number;
      }
    | undefined;
}

/** What of the twin can be replayed; the times of the whole are absent where nothing is. */
export interface ReplayDto {
  readonly fromTime?: string | undefined;
  readonly toTime?: string | undefined;
  /** Stretches without a gap, oldest first. */
  readonly spans: readonly {
    readonly fromTime: string;
    readonly toTime: string;
    /** Of the plant's layout then. */
    readonly layoutHash: number;
  }[];
}

/** Why a request was refused: RFC 9457, application/problem+json. */
export interface ProblemDto {
  /** Stable; match on this. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What happened here, and the mend. */
  readonly detail: string;
  /** Finds the matching line in the agent's log. */
  readonly requestId?: string | undefined;
}
