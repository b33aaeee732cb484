import type {
  AlarmDto,
  AuditEntryDto,
  DisagreementDto,
  FrameDto,
  LabelDto,
  LabelVerdict,
  ModelsDto,
  SpectrogramDto,
  TrendDto,
} from "@stethos/edge-agent/core";
import { type Ask, nothing, parsed, post } from "./ask.ts";
import { alarm } from "./dto-shapes.ts";
import { auditEntries, disagreements, frame, label, labels, models } from "./model-shapes.ts";
import { list, Mismatch, nullable, number, object, type Shape, text } from "./shape.ts";
import { spectrogram } from "./spectrogram-shape.ts";

export interface TrendRequest {
  readonly kind: "health" | "score" | "tag";
  readonly id: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly buckets: number;
}

export type TrialCommand = "abort" | "pause" | "promote" | "resume" | "start";

/** What somebody says of a frame or an alarm. */
export interface GivenLabel {
  readonly verdict: LabelVerdict;
  readonly by: string;
  readonly note?: string;
}

export interface Api {
  trend(request: TrendRequest, signal: AbortSignal): Promise<TrendDto>;
  sensorSpectrogram(sensor: string, signal: AbortSignal): Promise<SpectrogramDto>;
  alarmSpectrogram(alarm: string, signal: AbortSignal): Promise<SpectrogramDto>;
  acknowledge(alarm: string, by: string, signal: AbortSignal): Promise<AlarmDto>;
  /** Frames on which the models disagree, newest first. */
  disagreements(signal: AbortSignal): Promise<readonly DisagreementDto[]>;
  frame(id: string, signal: AbortSignal): Promise<FrameDto>;
  labelFrame(frame: string, given: GivenLabel, signal: AbortSignal): Promise<LabelDto>;
  labelAlarm(alarm: string, given: GivenLabel, signal: AbortSignal): Promise<readonly LabelDto[]>;
  /** @returns what the command came to */
  trial(
    command: TrialCommand,
    by: string,
    reason: string | undefined,
    signal: AbortSignal,
  ): Promise<ModelsDto>;
  /** The newest lines of the audit log. */
  modelHistory(signal: AbortSignal): Promise<readonly AuditEntryDto[]>;
  login(token: string, signal: AbortSignal): Promise<void>;
  /** Resolves where this page may read; rejects with "unauthorized" where it must log in first. */
  probe(signal: AbortSignal): Promise<void>;
}

const column = list(nullable(number));
const trendShape: Shape<TrendDto> = object({
  id: text,
  unit: text,
  time: list(number),
  min: column,
  max: column,
  mean: column,
});

const trend: Shape<TrendDto> = (value, at, notes) => {
  const found = trendShape(value, at, notes);
  const length = found.time.length;
  if ([found.min, found.max, found.mean].some((column) => column.length !== length)) {
    throw new Mismatch(at, `columns of equal length ${length}`);
  }
  return found;
};

/** The agent's HTTP interface; every failure is an ApiError, except that an abort rejects with the signal's reason. */
export function createApi(ask: Ask): Api {
  const id = encodeURIComponent;

  return {
    trend({ kind, id: subject, fromMs, toMs, buckets }, signal) {
      const query = new URLSearchParams({
        from: new Date(fromMs).toISOString(),
        to: new Date(toMs).toISOString(),
        buckets: String(buckets),
      });
      return ask(`v1/trends/${kind}/${id(subject)}?${query}`, {}, parsed(trend), signal);
    },
    sensorSpectrogram: (sensor, signal) =>
      ask(`v1/sensors/${id(sensor)}/spectrogram`, {}, parsed(spectrogram), signal),
    alarmSpectrogram: (subject, signal) =>
      ask(`v1/alarms/${id(subject)}/spectrogram`, {}, parsed(spectrogram), signal),
    acknowledge: (subject, by, signal) =>
      ask(`v1/alarms/${id(subject)}/acknowledge`, post({ by }), parsed(alarm), signal),
    disagreements: (signal) => ask("v1/models/disagreements?most=200", {}, parsed(disagreements), signal),
    frame: (subject, signal) => ask(`v1/frames/${id(subject)}`, {}, parsed(frame), signal),
    labelFrame: (subject, given, signal) =>
      ask(`v1/frames/${id(subject)}/label`, post(given), parsed(label), signal),
    labelAlarm: (subject, given, signal) =>
      ask(`v1/alarms/${id(subject)}/label`, post(given), parsed(labels), signal),
    trial: (command, by, reason, signal) =>
      ask(`v1/models/trial/${command}`, post({ by, reason }), parsed(models), signal),
    modelHistory: (signal) => ask("v1/models/history?most=50", {}, parsed(auditEntries), signal),
    login: (token, signal) => ask("v1/login", post({ token }), nothing, signal),
    probe: (signal) => ask("v1/machines", {}, nothing, signal),
  };
}
