import type { AlarmDto, MachineDto } from "@stethos/edge-agent/core";
import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";
import { convert } from "../i18n/units.ts";
import { reasonText } from "../i18n/words.ts";
import type { PlantState } from "../state/plant-state.ts";
import type { PointStore } from "../state/points.ts";
import { MOST_CHARTS, subjectKey, type TimeRange, type TrendSubject } from "../state/trend-board.ts";
import type { TrendColumns } from "../state/trend-buffer.ts";
import type { ChartMark } from "./trend-chart.ts";
import type { Cell } from "./trend-columns.ts";
import { ANOMALY_LIMIT } from "./why-rows.ts";

/** A series as the page shows it. */
export interface TrendSeries {
  readonly subject: TrendSubject;
  readonly key: string;
  /** "Bearing temperature, Feed pump P-101" */
  readonly name: string;
  /** UCUM code of the values as they come. */
  readonly unit: string;
  /** Among all of the page: decides its colour. */
  readonly number: number;
  readonly asset: string;
}

/** Series that share a scale. */
export interface ChartGroup {
  readonly key: string;
  readonly series: readonly TrendSeries[];
}

interface Named {
  readonly what: string;
  readonly asset: string;
  readonly unit: string;
}

const cut = (id: string): readonly [string, string] => {
  const at = id.lastIndexOf("/");
  return [id.slice(0, Math.max(0, at)), id.slice(at + 1)];
};

function machineOf(plant: PlantState, { kind, id }: TrendSubject): MachineDto | undefined {
  const direct = plant.machines.get(kind === "health" ? id : cut(id)[0]);
  if (direct !== undefined || kind === "health") return direct;
  for (const machine of plant.machines.values()) {
    const own = kind === "score" ? machine.sensors : machine.tags;
    if (own.some((one) => one.id === id)) return machine;
  }
  return undefined;
}

function named(subject: TrendSubject, plant: PlantState, points: PointStore, t: Translate): Named {
  const { kind, id } = subject;
  const machine = machineOf(plant, subject);
  const asset = machine?.id ?? (kind === "health" ? id : cut(id)[0]);
  if (kind === "health") return { what: t("trends.health"), asset, unit: "%" };
  if (kind === "score") {
    const sensor = machine?.sensors.find((one) => one.id === id)?.name ?? cut(id)[1];
    return { what: `${t("trend.anomaly")} (${sensor})`, asset, unit: "1" };
  }
  const tag = machine?.tags.find((one) => one.id === id);
  const view = points.view();
  const point = points.find(id);
  const kindOf = point === undefined ? undefined : view?.layout.layout.kinds[view.layout.kindOf[point] ?? 0];
  return { what: tag?.name ?? cut(id)[1], asset, unit: tag?.unit ?? kindOf?.unit ?? "1" };
}

/** @param unitOf what the agent says of a series' unit, where it has answered */
export function trendSeries(
  subjects: readonly TrendSubject[],
  plant: PlantState,
  points: PointStore,
  unitOf: (subject: TrendSubject) => string | undefined,
  t: Translate,
): readonly TrendSeries[] {
  const assets = new Map(points.view()?.layout.layout.assets.map((asset) => [asset.id, asset.name]));
  return subjects.map((subject, number) => {
    const { what, asset, unit } = named(subject, plant, points, t);
    const assetName = plant.machines.get(asset)?.name ?? assets.get(asset) ?? cut(asset)[1];
    return {
      subject,
      key: subjectKey(subject),
      name: assetName === "" ? what : t("trends.ofAsset", { what, asset: assetName }),
      unit: (subject.kind === "tag" ? unitOf(subject) : undefined) ?? unit,
      number,
      asset,
    };
  });
}

/** The same shown unit shares a chart; the last chart takes in what there is no room for. */
export function chartGroups(
  series: readonly TrendSeries[],
  format: Pick<Format, "conversion">,
): readonly ChartGroup[] {
  const groups = new Map<string, TrendSeries[]>();
  for (const one of series) {
    const key = one.subject.kind === "tag" ? format.conversion(one.unit).unit : one.subject.kind;
    const isKnown = groups.has(key);
    const last = [...groups.keys()].at(-1);
    const place = isKnown || groups.size < MOST_CHARTS || last === undefined ? key : last;
    groups.set(place, [...(groups.get(place) ?? []), one]);
  }
  return [...groups].map(([key, all]) => ({ key, series: all }));
}

/** The columns in the unit that is shown. */
export function shownColumns(
  columns: TrendColumns,
  unit: string,
  format: Pick<Format, "conversion">,
): TrendColumns {
  const conversion = format.conversion(unit);
  if (conversion.factor === 1 && conversion.offset === 0) return columns;
  const turn = (column: readonly (number | null)[]): (number | null)[] =>
    column.map((value) => (value === null ? null : convert(value, conversion)));
  return { time: columns.time, mean: turn(columns.mean), min: turn(columns.min), max: turn(columns.max) };
}

/** Lowest and highest within the range, in the unit of the columns. */
export function extremes(
  { time, min, max }: TrendColumns,
  { fromS, toS }: TimeRange,
): { readonly low: number; readonly high: number } | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < time.length; i += 1) {
    const at = time[i] ?? 0;
    if (at < fromS || at > toS) continue;
    low = Math.min(low, min[i] ?? low);
    high = Math.max(high, max[i] ?? high);
  }
  return low <= high ? { low, high } : undefined;
}

export interface AlarmMark extends ChartMark {
  readonly alarm: AlarmDto;
  readonly text: string;
}

/** The alarms of the shown assets in the shown time, oldest first. */
export function alarmMarks(
  alarms: Iterable<AlarmDto>,
  series: readonly TrendSeries[],
  range: TimeRange,
  nowS: number,
  { t, format }: { readonly t: Translate; readonly format: Format },
): readonly AlarmMark[] {
  const assets = new Set(series.map(({ asset }) => asset));
  return [...alarms]
    .filter(({ machine }) => assets.has(machine))
    .map((alarm) => ({
      alarm,
      fromS: Date.parse(alarm.raisedTime) / 1000,
      toS: alarm.clearedTime === undefined ? nowS : Date.parse(alarm.clearedTime) / 1000,
      severity: alarm.severity,
      text: `${format.time(Date.parse(alarm.raisedTime), nowS * 1000)}  ${t(`severity.${alarm.severity}`)}: ${reasonText(t, alarm)}`,
    }))
    .filter((mark) => mark.fromS <= range.toS && mark.toS >= range.fromS)
    .sort((a, b) => a.fromS - b.fromS);
}

/** Limits of the shown series, in the unit that is shown: as they are configured, and as alarms have told them, which
 *  may be of before a change.
 *  @param configured limits of a tag in its own unit */
export function limitsOf(
  { series }: ChartGroup,
  alarms: Iterable<AlarmDto>,
  format: Pick<Format, "conversion">,
  configured: (tag: string) => readonly number[] = () => [],
): readonly number[] {
  if (series[0]?.subject.kind === "score") return [ANOMALY_LIMIT];
  const units = new Map(
    series.filter(({ subject }) => subject.kind === "tag").map(({ subject, unit }) => [subject.id, unit]),
  );
  const limits = new Set<number>();
  for (const [tag, unit] of units)
    for (const limit of configured(tag)) limits.add(convert(limit, format.conversion(unit)));
  for (const { sensor, evidence } of alarms) {
    const unit = units.get(sensor);
    const limit = evidence["limit"];
    if (unit !== undefined && typeof limit === "number") limits.add(convert(limit, format.conversion(unit)));
  }
  return [...limits];
}

/** RFC 4180; a text that a spreadsheet would take for a formula is kept from being one (OWASP, CSV injection). */
function field(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What is shown as CSV: a row for each moment, for each series its mean, lowest and highest. */
export function trendsCsv(
  series: readonly { readonly name: string; readonly symbol: string; readonly columns: TrendColumns }[],
  { fromS, toS }: TimeRange,
  t: Translate,
): string {
  const rows = new Map<number, Cell[]>();
  series.forEach(({ columns }, s) => {
    columns.time.forEach((at, i) => {
      if (at < fromS || at > toS || columns.mean[i] === null) return;
      const row = rows.get(at) ?? new Array<Cell>(series.length * 3).fill(undefined);
      row[3 * s] = columns.mean[i];
      row[3 * s + 1] = columns.min[i];
      row[3 * s + 2] = columns.max[i];
      rows.set(at, row);
    });
  });
  const head = series.flatMap(({ name, symbol }) => {
    const title = symbol === "" ? name : `${name} (${symbol})`;
    return [title, `${title} - ${t("trends.lowest")}`, `${title} - ${t("trends.highest")}`];
  });
  const lines = [...rows]
    .sort(([a], [b]) => a - b)
    .map(([at, row]) => [new Date(at * 1000).toISOString(), ...row.map((cell) => String(cell ?? ""))]);
  // The mark in front tells spreadsheets that it is UTF-8.
  const text = [[t("trends.csvTime"), ...head].map(field), ...lines]
    .map((line) => line.join(","))
    .join("\r\n");
  return `\ufeff${text}\r\n`;
}
