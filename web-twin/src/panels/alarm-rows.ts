import type { AlarmDto, AlarmState, LabelVerdict, Severity } from "@stethos/edge-agent/core";
import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";
import { alarmStateText, reasonText } from "../i18n/words.ts";
import { alarmOrder, isActive, isUnacknowledged } from "../state/alarm-order.ts";
import type { PlantState } from "../state/plant-state.ts";

/** An alarm as the list shows it. */
export interface AlarmRow {
  readonly id: string;
  readonly machine: string;
  readonly machineName: string;
  readonly severity: Severity;
  readonly severityText: string;
  readonly reason: string;
  readonly since: string;
  readonly state: AlarmState;
  readonly stateText: string;
  readonly active: boolean;
  readonly canAcknowledge: boolean;
  readonly selected: boolean;
  /** What was said of it at this screen. */
  readonly label: LabelVerdict | undefined;
}

/** A machine's name; its id where the plant does not know it (any more). */
const machineName = (plant: PlantState, id: string): string => plant.machines.get(id)?.name ?? id;

export function sinceText(alarm: AlarmDto, t: Translate, format: Format, nowMs: number): string {
  const raised = Date.parse(alarm.raisedTime);
  return t("alarms.since", { time: format.time(raised, nowMs), age: format.ago(nowMs - raised) });
}

export interface AlarmRowsDeps {
  readonly t: Translate;
  readonly format: Format;
  readonly nowMs: number;
  readonly labels: ReadonlyMap<string, LabelVerdict>;
}

export function alarmRows(
  plant: PlantState,
  selected: string | undefined,
  { t, format, nowMs, labels }: AlarmRowsDeps,
): readonly AlarmRow[] {
  return alarmOrder(plant.alarms.values()).map((alarm) => ({
    id: alarm.id,
    machine: alarm.machine,
    machineName: machineName(plant, alarm.machine),
    severity: alarm.severity,
    severityText: t(`severity.${alarm.severity}`),
    reason: reasonText(t, alarm.reason),
    since: sinceText(alarm, t, format, nowMs),
    state: alarm.state,
    stateText: alarmStateText(t, alarm),
    active: isActive(alarm),
    canAcknowledge: isUnacknowledged(alarm),
    selected: alarm.id === selected,
    label: labels.get(alarm.id),
  }));
}

/** What a screen reader says of a new alarm. */
export function freshText(plant: PlantState, alarm: AlarmDto, t: Translate): string {
  return t("alarms.fresh", {
    severity: t(`severity.${alarm.severity}`),
    machine: machineName(plant, alarm.machine),
    reason: reasonText(t, alarm.reason),
  });
}
