import type { MachineDto } from "@stethos/edge-agent/core";
import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";
import type { TrendSubject } from "../state/trend-board.ts";
import { newestValue, type TrendModel } from "./trend-model.ts";

/** Seconds. */
export const SPANS = [900, 3_600, 8 * 3_600, 24 * 3_600] as const;
export const FIRST_SPAN = SPANS[0];

export function spanText(seconds: number, t: Translate, format: Pick<Format, "number">): string {
  if (seconds < 120) return t("time.seconds", { n: format.number(seconds) });
  if (seconds < 3_600) return t("trend.minutes", { n: format.number(seconds / 60) });
  return seconds < 86_400 * 2
    ? t("trend.hours", { n: format.number(seconds / 3_600) })
    : t("trend.days", { n: format.number(seconds / 86_400) });
}

export interface TrendOption extends TrendSubject {
  /** Unique among the options. */
  readonly key: string;
  readonly text: string;
  readonly unit: string;
}

/** What can be drawn of a machine: each sensor's anomaly, and its tags that hold numbers. */
export function trendOptions(machine: MachineDto, t: Translate): readonly TrendOption[] {
  const sensors = new Set(machine.sensors.map(({ id }) => id));
  const notNumbers = new Set(
    machine.readings.filter(({ value }) => value !== null && typeof value !== "number").map(({ tag }) => tag),
  );
  const anomaly = t("trend.anomaly");
  return [
    ...machine.sensors.map(({ id, name }) => ({
      kind: "score" as const,
      id,
      key: `score:${id}`,
      text: machine.sensors.length > 1 ? `${anomaly}, ${name}` : anomaly,
      unit: "1",
    })),
    ...machine.tags
      .filter(({ id }) => !sensors.has(id) && !notNumbers.has(id))
      .map(({ id, name, unit }) => ({ kind: "tag" as const, id, key: `tag:${id}`, text: name, unit })),
  ];
}

/** "Current (A)" */
export function optionTitle(option: TrendOption, format: Pick<Format, "symbol">): string {
  const symbol = format.symbol(option.unit);
  return symbol === "" ? option.text : `${option.text} (${symbol})`;
}

/** The chart in words. */
export function trendLabel(
  machine: MachineDto,
  option: TrendOption,
  spanS: number,
  { t, format }: { readonly t: Translate; readonly format: Format },
): string {
  const span = spanText(spanS, t, format);
  const newest = newestValue(machine, option)?.value ?? null;
  if (newest === null) return t("trend.label", { what: option.text, span });
  return t("trend.labelNow", { what: option.text, span, value: format.quantity(newest, option.unit) });
}

/** What stands in the place of the chart, if anything. */
export function trendNote(
  model: Pick<TrendModel, "status" | "columns">,
  t: Translate,
  explain: (error: unknown) => string,
): string | undefined {
  const status = model.status();
  if (status.kind === "loading") return t("trend.loading");
  if (status.kind === "failed") return t("trend.failed", { why: explain(status.error) });
  return model.columns().time.length === 0 ? t("trend.empty") : undefined;
}
