import type { AlarmDto } from "@stethos/edge-agent/core";
import { reasonText } from "../i18n/words.ts";
import type { PanelDeps } from "./panel.ts";

/** What a screen reader says of a new alarm. */
export function freshText(alarm: AlarmDto, { t, nameOf }: Pick<PanelDeps, "nameOf" | "t">): string {
  return t("alarms.fresh", {
    severity: t(`severity.${alarm.severity}`),
    machine: nameOf(alarm.machine),
    reason: reasonText(t, alarm),
  });
}
