import type { SpectrumDto } from "@stethos/edge-agent/core";
import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";

/** A marked frequency as the panel names it. */
export interface MarkRow {
  readonly name: string;
  readonly hz: number;
  /** "BPFO: rolling elements pass the outer ring, 88.3 Hz, here 0.02 mm/s" */
  readonly text: string;
}

/** The strongest line at a frequency or next to it. */
export function levelAt({ level, stepHz }: Pick<SpectrumDto, "level" | "stepHz">, hz: number): number {
  const line = Math.round(hz / stepHz);
  return Math.max(0, ...level.slice(Math.max(0, line - 1), line + 2));
}

/** The first of each kind with its meaning; its harmonics are drawn without a name. */
export function markRows(
  spectrum: SpectrumDto,
  { t, format }: { readonly t: Translate; readonly format: Format },
): readonly MarkRow[] {
  return spectrum.marks
    .filter(({ harmonic }) => harmonic === 1)
    .map(({ name, hz }) => ({
      name,
      hz,
      text: t("spectrum.mark", {
        name,
        what: t(`mark.${name}`),
        hz: format.number(hz),
        level: format.quantity(levelAt(spectrum, hz), spectrum.unit),
      }),
    }));
}

/** The strongest line beyond the constant part. */
export function peakOf({ level, stepHz }: Pick<SpectrumDto, "level" | "stepHz">): {
  readonly hz: number;
  readonly level: number;
} {
  let best = 1;
  for (let i = 2; i < level.length; i += 1) if ((level[i] ?? 0) > (level[best] ?? 0)) best = i;
  return { hz: best * stepHz, level: level[best] ?? 0 };
}

/** The healthy level at each line, as far up as the baseline knows it. */
export function baselineLines({ level, baseline }: SpectrumDto): readonly (number | null)[] {
  if (baseline === undefined) return level.map(() => null);
  return level.map((_, i) => baseline[i] ?? null);
}
