import { describe, expect, it } from "vitest";
import type { z } from "zod";
import type { JournalEntryDto } from "../../core/alarm-journal.ts";
import type { SimilarAlarmDto } from "../../core/alarm-likeness.ts";
import type { MaintenanceDto, SpectrumDto } from "../../core/analysis-dto.ts";
import type {
  AlarmDto,
  DeviceDetailDto,
  DeviceDto,
  FeedMessage,
  FrameDto,
  HealthDto,
  InhibitDto,
  MachineDto,
  ProblemDto,
  ReplayDto,
  ScoreDto,
  SpectrogramDto,
  StatusDto,
  TagDto,
  TrendDto,
  WaveformDto,
} from "../../core/feed.ts";
import type { LabelVerdict } from "../../core/label.ts";
import type { OutboxDto } from "../../core/outbox/outbox-dto.ts";
import type { Reading } from "../../core/reading.ts";
import type { SessionDto } from "../../core/roles.ts";
import type { AuditEntryDto, DisagreementDto, LabelDto, ModelsDto } from "../../core/rollout/models-dto.ts";
import * as alarmSchemas from "./alarm-schemas.ts";
import * as analysisSchemas from "./analysis-schemas.ts";
import * as modelSchemas from "./model-schemas.ts";
import * as outboxSchemas from "./outbox-schema.ts";
import * as schemas from "./schemas.ts";

/** Everything readonly, and "may be absent" written in one way. */
type Plain<T> = T extends readonly (infer Item)[]
  ? readonly Plain<Item>[]
  : T extends object
    ? {
        readonly [K in keyof T]: undefined extends T[K]
          ? Plain<Exclude<T[K], undefined>> | undefined
          : Plain<T[K]>;
      }
    : T;

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

type SaysTheSame<Schema extends z.ZodType, Core> = Same<Plain<z.infer<Schema>>, Plain<Core>>;

// Each "true" is refused by the compiler where a schema says something else than the core's type.
const agreements = {
  device: true satisfies SaysTheSame<typeof schemas.device, DeviceDto>,
  deviceDetail: true satisfies SaysTheSame<typeof schemas.deviceDetail, DeviceDetailDto>,
  alarm: true satisfies SaysTheSame<typeof schemas.alarm, AlarmDto>,
  auditEntry: true satisfies SaysTheSame<typeof modelSchemas.auditEntry, AuditEntryDto>,
  disagreement: true satisfies SaysTheSame<typeof modelSchemas.disagreement, DisagreementDto>,
  frame: true satisfies SaysTheSame<typeof schemas.frame, FrameDto>,
  label: true satisfies SaysTheSame<typeof modelSchemas.label, LabelDto>,
  labelVerdict: true satisfies SaysTheSame<typeof modelSchemas.labelVerdict, LabelVerdict>,
  models: true satisfies SaysTheSame<typeof modelSchemas.models, ModelsDto>,
  feedMessage: true satisfies SaysTheSame<typeof schemas.feedMessage, FeedMessage>,
  inhibit: true satisfies SaysTheSame<typeof schemas.inhibit, InhibitDto>,
  journalEntry: true satisfies SaysTheSame<typeof alarmSchemas.journalEntry, JournalEntryDto>,
  similarAlarm: true satisfies SaysTheSame<typeof alarmSchemas.similarAlarm, SimilarAlarmDto>,
  health: true satisfies SaysTheSame<typeof schemas.health, HealthDto>,
  machine: true satisfies SaysTheSame<typeof schemas.machine, MachineDto>,
  outbox: true satisfies SaysTheSame<typeof outboxSchemas.outbox, OutboxDto>,
  problem: true satisfies SaysTheSame<typeof schemas.problem, ProblemDto>,
  reading: true satisfies SaysTheSame<typeof schemas.reading, Reading>,
  replay: true satisfies SaysTheSame<typeof schemas.replay, ReplayDto>,
  score: true satisfies SaysTheSame<typeof schemas.score, ScoreDto>,
  session: true satisfies SaysTheSame<typeof schemas.session, SessionDto>,
  maintenance: true satisfies SaysTheSame<typeof analysisSchemas.maintenance, MaintenanceDto>,
  spectrum: true satisfies SaysTheSame<typeof analysisSchemas.spectrum, SpectrumDto>,
  spectrogram: true satisfies SaysTheSame<typeof schemas.spectrogram, SpectrogramDto>,
  status: true satisfies SaysTheSame<typeof schemas.status, StatusDto>,
  tag: true satisfies SaysTheSame<typeof schemas.tag, TagDto>,
  trend: true satisfies SaysTheSame<typeof schemas.trend, TrendDto>,
  waveform: true satisfies SaysTheSame<typeof schemas.waveform, WaveformDto>,
};

describe("the schemas of what leaves the process", () => {
  it("say each what the core's type says", () => {
    const all = { ...schemas, ...alarmSchemas, ...analysisSchemas, ...modelSchemas, ...outboxSchemas };
    expect(Object.keys(agreements).toSorted()).toEqual(Object.keys(all).toSorted());
    // What the compiler would do with a schema that differs.
    expect(false satisfies SaysTheSame<typeof schemas.alarm, HealthDto>).toBe(false);
  });
});
