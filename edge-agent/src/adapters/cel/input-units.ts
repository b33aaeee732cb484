import { SCORE_TEXTS, type ScoreField, type Statistic } from "../../core/rules/rule.ts";
import type { TagFacts } from "../../core/rules/vocabulary.ts";

export const isScoreText = (field: ScoreField): boolean => (SCORE_TEXTS as readonly string[]).includes(field);

const SCORE_UNITS: Readonly<Partial<Record<ScoreField, string>>> = { shaftHz: "Hz", velocityRms: "mm/s" };

export function scoreUnit(field: ScoreField): string | undefined {
  // The RMS is in whatever unit the sensor has: nothing is held against it.
  if (isScoreText(field) || field === "rms") return undefined;
  return SCORE_UNITS[field] ?? "1";
}

const PER: ReadonlyMap<number, string> = new Map([
  [1e6, "s"],
  [6e7, "min"],
  [3.6e9, "h"],
  [8.64e10, "d"],
]);

/** The unit of a statistic of readings in `unit`, as a UCUM code. */
export function windowUnit(statistic: Statistic, unit: string, perUs: number): string {
  if (statistic === "count") return "1";
  if (statistic !== "rate") return unit;
  const per = PER.get(perUs) ?? `(${perUs / 1e6}.s)`;
  return `${unit === "1" ? "" : unit}/${per}`;
}

/** Why a window of these readings would say nothing; undefined where it does.
 *  @param most samples that are kept */
export function windowProblem(
  statistic: Statistic,
  widthUs: number,
  { isByChange, periodUs }: TagFacts,
  most: number,
): string | undefined {
  if (isByChange) {
    if (statistic !== "stddev") return undefined;
    return "the tag has a deadband: readings come only when it changes, and their spread says nothing; remove the deadband";
  }
  const readings = widthUs / periodUs;
  if (readings > most)
    return `the window holds ${Math.round(readings)} readings, ${most} are the most; shorten it or read the tag less often`;
  if (readings < 1)
    return `the tag is read every ${periodUs / 1e6} s, so the window is mostly empty; make it longer`;
  return undefined;
}
