export { JOURNAL_EVENTS, type JournalEntryDto, type JournalEvent } from "./alarm-journal.ts";
export type { SimilarAlarmDto } from "./alarm-likeness.ts";
export { CRITICALITIES, type Criticality, priorityOf } from "./alarm-priority.ts";
export {
  type Alarm,
  type AlarmState,
  type Inhibit,
  type InhibitKind,
  PRIORITIES,
  type Priority,
  type Severity,
} from "./alarm-types.ts";
export {
  type MaintenanceDto,
  type MaintenanceEntryDto,
  SPECTRUM_KINDS,
  type SpectrumDto,
  type SpectrumKind,
} from "./analysis-dto.ts";
export { unreachable } from "./errors.ts";
export type {
  AlarmDto,
  FeedMessage,
  FrameDto,
  HealthDto,
  InhibitDto,
  MachineDto,
  ScoreDto,
  SpectrogramDto,
  TrendDto,
  WaveformDto,
} from "./feed.ts";
export {
  deviceChannels,
  FLEET_FOLDER,
  FLEET_OUTCOMES,
  FLEET_REPORT_TYPE,
  type FleetOutcome,
  type FleetReport,
  type FleetVersion,
  fleetReportKey,
  isFleetNode,
} from "./fleet-report.ts";
export type { Health, HealthState } from "./health.ts";
export type { LabelVerdict } from "./label.ts";
export { autoLayout, type LayoutSource } from "./layout/auto-layout.ts";
export { createPointFinder, type ExpandedLayout, expandLayout, pointTag } from "./layout/expand.ts";
export { layoutHash } from "./layout/layout-hash.ts";
export type {
  LayoutArea,
  LayoutAsset,
  LayoutPart,
  LayoutTemplate,
  PlantLayout,
  PointKind,
  TemplatePoint,
  Triple,
} from "./layout/plant-layout.ts";
export { type SyntheticOptions, syntheticLayout } from "./layout/synthetic-layout.ts";
export {
  DROP_CAUSES,
  type DropCause,
  type Gap,
  type OutboundRows,
  type OutboundTag,
  type OutboxBatch,
  type ReadingRows,
  STREAMS,
  type Stream,
} from "./outbox/outbound.ts";
export type { Quality } from "./quality.ts";
export type { Reading, ReadingBatch, Value } from "./reading.ts";
export { leastRole, mayDo, RIGHTS, type Right, ROLES, type Role, type SessionDto } from "./roles.ts";
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
export { drawFrame } from "./rollout/route.ts";
export type { FaultClass, Features, ScoreState, SensorState, Votes } from "./score.ts";
export type { SpectrumMark } from "./spectrum-marks.ts";
export { PointSeverity, PointState, planeHash, urgencyOf } from "./twin/point-state.ts";
export {
  decodeTwin,
  dequantise,
  encodeTwin,
  encodeTwinDelta,
  NO_VALUE,
  placeOfTwin,
  quantise,
  TWIN_HEADER_BYTES,
  type TwinDelta,
  type TwinHeartbeat,
  type TwinMessage,
  type TwinRequest,
  type TwinSnapshot,
  type TwinWatched,
} from "./twin-delta.ts";
