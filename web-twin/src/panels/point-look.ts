import { PointSeverity, PointState } from "@stethos/edge-agent/core";
import type { MessageKey } from "../i18n/en.ts";
import type { Translate } from "../i18n/translate.ts";
import type { IconName } from "../scene/look.ts";

/** How a point's state is shown: a shape and a colour, none of both where all is normal (ISA-101). */
export interface PointLook {
  readonly icon: IconName | undefined;
  /** A custom property of the palette. */
  readonly tone: string;
}

const isOn = (state: number, bit: number): boolean => (state & bit) !== 0;

const SEVERITIES = ["normal", "advisory", "warning", "alarm"] as const;
const severityOf = (state: number): (typeof SEVERITIES)[number] =>
  SEVERITIES[state & PointState.severity] ?? "normal";

const LOOKS: Readonly<Record<(typeof SEVERITIES)[number], PointLook>> = {
  normal: { icon: undefined, tone: "var(--text-weak)" },
  advisory: { icon: "hourglass", tone: "var(--advisory)" },
  warning: { icon: "triangle", tone: "var(--warning)" },
  alarm: { icon: "diamond", tone: "var(--alarm)" },
};

export function pointLook(state: number): PointLook {
  if (isOn(state, PointState.outOfService)) return { icon: "slash", tone: "var(--shelved)" };
  if (isOn(state, PointState.silenced)) return { icon: "slash", tone: "var(--shelved)" };
  if ((state & PointState.severity) >= PointSeverity.warning) return LOOKS[severityOf(state)];
  if (isOn(state, PointState.returned)) return { icon: "check", tone: "var(--warning)" };
  if ((state & PointState.severity) === PointSeverity.advisory) return LOOKS.advisory;
  return isOn(state, PointState.stale) ? { icon: "question", tone: "var(--stale)" } : LOOKS.normal;
}

export function pointStateText(state: number, t: Translate): string {
  if (isOn(state, PointState.outOfService)) return t("pointState.outOfService");
  if (isOn(state, PointState.silenced)) return t("pointState.silenced");
  const severity = severityOf(state);
  const word: MessageKey = `pointState.${severity}`;
  if (isOn(state, PointState.unacknowledged)) return t("pointState.unacknowledged", { state: t(word) });
  if (isOn(state, PointState.returned)) return t("pointState.returned");
  return severity === "normal" && isOn(state, PointState.stale) ? t("pointState.stale") : t(word);
}
