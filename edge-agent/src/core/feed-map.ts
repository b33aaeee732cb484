import type { Alarm, Inhibit, Severity } from "./alarm-types.ts";
import type { AlarmDto, HealthDto, InhibitDto, MachineDto, ScoreDto, TrendDto, WaveformDto } from "./feed.ts";
import type { Health } from "./health.ts";
import type { Machine } from "./machine.ts";
import { qualityOf } from "./quality.ts";
import type { Reading } from "./reading.ts";
import type { Score } from "./score.ts";
import type { Tag } from "./tag.ts";
import { rfc3339 } from "./time.ts";
import type { Waveform } from "./waveform.ts";

/** Active, or cleared and not yet seen by anybody; a suppressed alarm is neither, nor is one that is kept from the
 *  operators. */
export const isOpen = ({ state, inhibit }: Alarm): boolean =>
  state !== "normal" && state !== "suppressed" && inhibit === undefined;

export function alarmDto(alarm: Alarm): AlarmDto {
  const { raisedUs, clearedUs, acknowledgedUs, inhibit, ...rest } = alarm;
  return {
    ...rest,
    raisedTime: rfc3339(raisedUs),
    ...(clearedUs !== undefined && { clearedTime: rfc3339(clearedUs) }),
    ...(acknowledgedUs !== undefined && { acknowledgedTime: rfc3339(acknowledgedUs) }),
    ...(inhibit && { inhibit: inhibitDto(inhibit) }),
  };
}

export function inhibitDto({ fromUs, untilUs, ...rest }: Inhibit): InhibitDto {
  return {
    ...rest,
    fromTime: rfc3339(fromUs),
    ...(untilUs !== undefined && { untilTime: rfc3339(untilUs) }),
  };
}

export function healthDto({ timeUs, ...rest }: Health): HealthDto {
  return { ...rest, time: rfc3339(timeUs) };
}

/** Without the class probabilities: a screen shows the hint. */
export function scoreDto({ timeUs, probabilities: _, ...rest }: Score): ScoreDto {
  return { ...rest, time: rfc3339(timeUs) };
}

/** What is newest of one machine. */
export interface MachineState {
  readonly tags: readonly Pick<Tag, "id" | "name" | "unit">[];
  readonly health: Health;
  readonly scores: readonly Score[];
  readonly readings: readonly Reading[];
  /** Of this machine, or of all. */
  readonly alarms: readonly Alarm[];
}

export function machineDto(machine: Machine, state: MachineState): MachineDto {
  const open = state.alarms.filter((alarm) => alarm.machine === machine.id && isOpen(alarm));
  const worst = worstOf(open);
  return {
    id: machine.id,
    name: machine.name,
    path: machine.path,
    sensors: machine.sensors.map(({ id, name, bearing }) => ({ id, name, ...(bearing && { bearing }) })),
    tags: state.tags.map(({ id, name, unit }) => ({ id, name, unit })),
    health: healthDto(state.health),
    scores: state.scores.map(scoreDto),
    readings: state.readings,
    openAlarms: open.length,
    ...(worst && { worst }),
  };
}

function worstOf(alarms: readonly Alarm[]): Severity | undefined {
  if (alarms.some((alarm) => alarm.severity === "alarm")) return "alarm";
  return alarms.length > 0 ? "warning" : undefined;
}

/** A down-sampled series in columns of equal length; NaN where there is no value. */
export interface TrendColumns {
  /** Middle of each bucket. */
  readonly timeUs: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly mean: Float64Array;
}

export function trendDto(id: string, unit: string, columns: TrendColumns): TrendDto {
  return {
    id,
    unit,
    time: Array.from(columns.timeUs, (us) => us / 1e6),
    min: nullable(columns.min),
    max: nullable(columns.max),
    mean: nullable(columns.mean),
  };
}

const nullable = (column: Float64Array): (number | null)[] =>
  Array.from(column, (value) => (Number.isFinite(value) ? value : null));

/** Which samples of a block are asked for. */
export interface Stretch {
  /** Index of the first. */
  readonly first: number;
  readonly most: number;
}

export function waveformDto(sensor: string, unit: string, waveform: Waveform, stretch: Stretch): WaveformDto {
  const first = Math.min(stretch.first, waveform.samples.length);
  const part = waveform.samples.subarray(first, first + stretch.most);
  return {
    sensor,
    unit,
    quality: qualityOf(waveform.status),
    sequence: waveform.sequence,
    sampleRateHz: waveform.sampleRateHz,
    firstSampleTime: rfc3339(waveform.firstSampleTimeUs + (first / waveform.sampleRateHz) * 1e6),
    // A float32 has no more than nine decimal digits to tell; the double it widens to would print seventeen.
    samples: Array.from(part, (sample) => (Number.isFinite(sample) ? Number(sample.toPrecision(9)) : null)),
    totalSamples: waveform.samples.length,
  };
}
