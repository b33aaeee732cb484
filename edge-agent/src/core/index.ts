export type { Alarm, AlarmState, Severity } from "./alarm-types.ts";
export type {
  AlarmDto,
  FeedMessage,
  HealthDto,
  MachineDto,
  ScoreDto,
  SpectrogramDto,
  TrendDto,
  WaveformDto,
} from "./feed.ts";
export type { Health, HealthState } from "./health.ts";
export type { Quality } from "./quality.ts";
export type { Reading, Value } from "./reading.ts";
export type { FaultClass, Features, SensorState, Votes } from "./score.ts";
