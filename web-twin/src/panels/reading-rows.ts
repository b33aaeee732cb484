import type { MachineDto, Quality } from "@stethos/edge-agent/core";
import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";
import { valueText } from "../i18n/words.ts";

/** A measurement as the panel shows it. */
export interface ReadingRow {
  readonly tag: string;
  readonly name: string;
  readonly value: string;
  readonly quality: Quality | "missing";
  /** Said only where something is wrong with the value. */
  readonly qualityText: string;
  /** The status by name and when the value was taken. */
  readonly title: string;
  /** A trend can only be drawn of numbers. */
  readonly hasTrend: boolean;
}

/** The machine's tags in the agent's order, without those that carry waveforms. */
export function readingRows(
  machine: MachineDto,
  t: Translate,
  format: Format,
  nowMs: number,
): readonly ReadingRow[] {
  const newest = new Map(machine.readings.map((reading) => [reading.tag, reading]));
  const sensors = new Set(machine.sensors.map((sensor) => sensor.id));
  return machine.tags
    .filter((tag) => !sensors.has(tag.id))
    .map((tag) => {
      const reading = newest.get(tag.id);
      if (reading === undefined) {
        return {
          tag: tag.id,
          name: tag.name,
          value: t("readings.noValue"),
          quality: "missing" as const,
          qualityText: "",
          title: "",
          hasTrend: false,
        };
      }
      const taken = Date.parse(reading.sourceTime);
      return {
        tag: tag.id,
        name: tag.name,
        value: valueText(t, format, reading),
        quality: reading.quality,
        qualityText:
          reading.quality === "good" ? "" : `${t(`quality.${reading.quality}`)} (${reading.status})`,
        title: `${reading.status}, ${format.time(taken, nowMs)}`,
        hasTrend: typeof reading.value === "number" || reading.value === null,
      };
    });
}
