import type { AlarmDto, Reading } from "@stethos/edge-agent/core";
import { ApiError } from "../stream/api-error.ts";
import type { Format } from "./format.ts";
import type { Translate } from "./translate.ts";

/** An alarm's reason in plain words; a key that this page does not know yet still makes a sentence. */
export function reasonText(
  t: Translate,
  { reason, evidence }: Pick<AlarmDto, "evidence" | "reason">,
): string {
  if (reason === "rule") {
    // Whoever wrote the rule wrote its words, in one language at least.
    const words = evidence[t("rule.message")] ?? evidence["message.en"] ?? evidence["message.zh"];
    return String(words ?? t("reason.rule", { rule: evidence["rule"] ?? "" }));
  }
  const key = t.known(`reason.${reason}`);
  return key === undefined || reason === "other" ? t("reason.other", { key: reason }) : t(key, evidence);
}

/** An alarm's state, with who acknowledged it or why it is suppressed. */
export function alarmStateText(t: Translate, alarm: AlarmDto): string {
  const state = t(`alarmState.${alarm.state}`);
  if (alarm.state === "suppressed" && alarm.suppressedReason !== undefined) {
    return `${state}, ${t("alarmState.because", {
      why: wordOr(t, `sensorState.${alarm.suppressedReason}`, alarm.suppressedReason),
    })}`;
  }
  const isSeen = alarm.state === "acknowledged-active" || alarm.state === "normal";
  return isSeen && alarm.acknowledgedBy !== undefined
    ? `${state} ${t("alarmState.by", { by: alarm.acknowledgedBy })}`
    : state;
}

/** The words of a rule are its reason already. */
const IN_REASON = /^message\./;

/** Evidence as label and value; values that the page has no label for keep the agent's name. */
export function evidenceRows(
  t: Translate,
  format: Format,
  evidence: AlarmDto["evidence"],
): readonly { readonly label: string; readonly value: string }[] {
  const shown = Object.entries(evidence).filter(([key]) => !IN_REASON.test(key));
  return shown.map(([key, value]) => {
    return {
      label: wordOr(t, `evidence.${key}`, key),
      value: typeof value === "number" ? evidenceNumber(format, key, value) : evidenceWord(t, key, value),
    };
  });
}

function evidenceNumber(format: Format, key: string, value: number): string {
  if (key.endsWith("Hz")) return format.quantity(value, "Hz");
  if (key.endsWith("Db")) return format.quantity(value, "dB");
  if (key.endsWith("Ratio")) return format.percent(value);
  if (key === "velocityRms") return format.quantity(value, "mm/s");
  return format.number(value);
}

/** What the agent says in words of its own: the bearing line, the checks that voted, the network's guess. */
function evidenceWord(t: Translate, key: string, value: string): string {
  if (key === "votes")
    return value
      .split("+")
      .map((vote) => wordOr(t, `why.${vote}`, vote))
      .join(", ");
  if (key === "judgedBy") return wordOr(t, `why.${value}`, value);
  if (key === "hint") return wordOr(t, `fault.${value}`, value);
  return key === "line" ? `${wordOr(t, `why.${value}`, value)} (${value})` : value;
}

function wordOr(t: Translate, key: string, fallback: string): string {
  const known = t.known(key);
  return known === undefined ? fallback : t(known);
}

/** A reading's value with its unit, as the operator reads it. */
export function valueText(t: Translate, format: Format, reading: Pick<Reading, "value" | "unit">): string {
  const { value, unit } = reading;
  if (value === null) return t("readings.noValue");
  if (typeof value === "number") return format.quantity(value, unit);
  if (typeof value === "boolean") return t(value ? "readings.yes" : "readings.no");
  if (typeof value === "string") return value;
  return value.map((item) => valueText(t, format, { value: item, unit: "1" })).join(", ");
}

/** What went wrong, for the end of a sentence. */
export function errorText(t: Translate, error: unknown): string {
  if (error instanceof ApiError) return t(`error.${error.kind}`, { detail: error.message });
  return t("error.unexpected", { detail: error instanceof Error ? error.message : String(error) });
}
