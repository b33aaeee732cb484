import type { AlarmDto, Priority } from "@stethos/edge-agent/core";
import { areaOf } from "./alarm-groups.ts";
import { type AlarmFace, faceOf, isOpen, priorityOf } from "./alarm-order.ts";

/** Which alarms are shown; an absent field asks for nothing. */
export interface AlarmFilter {
  readonly area?: string;
  readonly priority?: Priority;
  readonly state?: AlarmFace | "open";
  /** Each of its words must be found. */
  readonly text?: string;
}

/** @param wordsOf everything of an alarm that text is looked for in */
export function filterAlarms(
  alarms: readonly AlarmDto[],
  { area, priority, state, text = "" }: AlarmFilter,
  wordsOf: (alarm: AlarmDto) => string,
): readonly AlarmDto[] {
  const wanted = text.toLowerCase().split(/\s+/u).filter(Boolean);
  const fitsState = (alarm: AlarmDto): boolean =>
    state === undefined || (state === "open" ? isOpen(alarm) : faceOf(alarm) === state);
  const fitsText = (alarm: AlarmDto): boolean => {
    if (wanted.length === 0) return true;
    const words = wordsOf(alarm).toLowerCase();
    return wanted.every((word) => words.includes(word));
  };
  return alarms.filter(
    (alarm) =>
      (area === undefined || areaOf(alarm.machine) === area) &&
      (priority === undefined || priorityOf(alarm) === priority) &&
      fitsState(alarm) &&
      fitsText(alarm),
  );
}

/** The areas that alarms stand in, for choosing one. */
export const areasOf = (alarms: Iterable<AlarmDto>): readonly string[] =>
  [...new Set(Array.from(alarms, ({ machine }) => areaOf(machine)))].sort();
