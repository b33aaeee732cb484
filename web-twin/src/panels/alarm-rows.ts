import type { AlarmDto, LabelVerdict, Priority } from "@stethos/edge-agent/core";
import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";
import { alarmStateText, reasonText } from "../i18n/words.ts";
import { type AlarmEntry, areaOf } from "../state/alarm-groups.ts";
import {
  type AlarmFace,
  faceOf,
  isActive,
  isOpen,
  isUnacknowledged,
  priorityOf,
} from "../state/alarm-order.ts";
import type { NameOf } from "../state/asset-names.ts";
import { type AlarmChoice, canShelve, type Ticked, ticked } from "./alarm-choice.ts";

/** A line of the alarm list. */
export type ListRow = AlarmRow | FloodRow;

/** An alarm as the list shows it. */
export interface AlarmRow {
  readonly kind: "alarm";
  readonly key: string;
  readonly alarm: AlarmDto;
  readonly machineName: string;
  readonly area: string;
  readonly priority: Priority;
  readonly priorityText: string;
  readonly reason: string;
  readonly since: string;
  readonly face: AlarmFace;
  readonly stateText: string;
  readonly active: boolean;
  readonly canAcknowledge: boolean;
  readonly selected: boolean;
  readonly canShelve: boolean;
  /** Chosen, to be shelved with others; undefined where nothing can be chosen. */
  readonly ticked: boolean | undefined;
  /** Of a flood: stands below it. */
  readonly inFlood: boolean;
  readonly firstOut: boolean;
  /** What was said of it at this screen. */
  readonly label: LabelVerdict | undefined;
}

export interface FloodRow {
  readonly kind: "flood";
  readonly key: string;
  readonly text: string;
  readonly priority: Priority;
  readonly isOpen: boolean;
  /** Those of its alarms that can be shelved. */
  readonly shelvable: readonly string[];
  readonly ticked: Ticked | undefined;
}

export interface RowWords {
  readonly t: Translate;
  readonly format: Format;
  readonly nowMs: number;
  readonly nameOf: NameOf;
}

export function sinceText(alarm: AlarmDto, t: Translate, format: Format, nowMs: number): string {
  const raised = Date.parse(alarm.raisedTime);
  return t("alarms.since", { time: format.time(raised, nowMs), age: format.ago(nowMs - raised) });
}

/** The state in words, with who brought it about, why and for how long. */
export function faceText(alarm: AlarmDto, { t, format, nowMs }: Omit<RowWords, "nameOf">): string {
  const face = faceOf(alarm);
  const { inhibit } = alarm;
  if (inhibit === undefined || face === "normal") return alarmStateText(t, alarm);
  const until =
    inhibit.untilTime === undefined
      ? []
      : [t("alarm.until", { time: format.time(Date.parse(inhibit.untilTime), nowMs) })];
  return [
    `${t(`alarm.face.${face}`)} ${t("alarmState.by", { by: inhibit.by })}`,
    ...until,
    inhibit.reason,
  ].join(", ");
}

/** All that text is looked for in. */
export const wordsOf = (alarm: AlarmDto, { t, nameOf }: Pick<RowWords, "nameOf" | "t">): string =>
  [alarm.machine, nameOf(alarm.machine), alarm.sensor, reasonText(t, alarm), alarm.acknowledgedBy ?? ""].join(
    " ",
  );

interface Shown extends RowWords {
  readonly selected: string | undefined;
  readonly labels: ReadonlyMap<string, LabelVerdict>;
  readonly choice?: Pick<AlarmChoice, "has">;
}

export function listRows(entries: readonly AlarmEntry[], shown: Shown): readonly ListRow[] {
  return entries.map((entry) => (entry.kind === "flood" ? floodRow(entry, shown) : alarmRow(entry, shown)));
}

function alarmRow(
  { alarm, flood }: Extract<AlarmEntry, { kind: "alarm" }>,
  { selected, labels, choice, ...words }: Shown,
): AlarmRow {
  const { t, format, nowMs, nameOf } = words;
  const priority = priorityOf(alarm);
  return {
    kind: "alarm",
    key: alarm.id,
    alarm,
    machineName: nameOf(alarm.machine),
    area: areaOf(alarm.machine),
    priority,
    priorityText: t(`alarm.priority.${priority}`),
    reason: reasonText(t, alarm),
    since: sinceText(alarm, t, format, nowMs),
    face: faceOf(alarm),
    stateText: faceText(alarm, words),
    active: isActive(alarm),
    canAcknowledge: isUnacknowledged(alarm),
    selected: alarm.id === selected,
    canShelve: canShelve(alarm),
    ticked: choice?.has(alarm.id),
    inFlood: flood !== undefined,
    firstOut: flood?.firstOut === alarm.id,
    label: labels.get(alarm.id),
  };
}

function floodRow(
  { flood, alarms, isOpen: opened }: Extract<AlarmEntry, { kind: "flood" }>,
  { t, nameOf, choice }: Shown,
): FloodRow {
  const first = alarms.find(({ id }) => id === flood.firstOut);
  // The filter may have left out the first one; the most urgent of the rest stands for it.
  const named = first ?? alarms[0];
  return {
    kind: "flood",
    key: `flood ${flood.key}`,
    text: t("alarm.floodRow", {
      // The site is the same all over the screen.
      line: flood.line.split("/").slice(1).join(" / ") || flood.line,
      n: alarms.length,
      open: alarms.filter(isOpen).length,
      machine: named === undefined ? "" : nameOf(named.machine),
      reason: named === undefined ? "" : reasonText(t, named),
    }),
    priority: alarms[0] === undefined ? "low" : priorityOf(alarms[0]),
    isOpen: opened,
    shelvable: alarms.filter(canShelve).map(({ id }) => id),
    ticked: choice === undefined ? undefined : ticked(alarms, choice),
  };
}
