export type { Alarm, AlarmState, Severity } from "./alarm-types.ts";
export type {
  AlarmDto,
  FeedMessage,
  FrameDto,
  HealthDto,
  MachineDto,
  ScoreDto,
  SpectrogramDto,
  TrendDto,
  WaveformDto,
} from "./feed.ts";
export type { Health, HealthState } from "./health.ts";
export type { LabelVerdict } from "./label.ts";
export type { Quality } from "./quality.ts";
export type { Reading, Value } from "./reading.ts";
export type {
  AuditEntryDto,
  DisagreementDto,
  DriftStateDto,
  EvidenceDto,
  LabelDto,
  LatencyDto,
  ModelSummaryDto,
  ModelsDto,
  OutcomeDto,
  TrialDto,
  WaitDto,
} from "./rollout/models-dto.ts";
export type { RolloutReason, Stage } from "./rollout/rollout-report.ts";
export type { FaultClass, Features, ScoreState, SensorState, Votes } from "./score.ts";
