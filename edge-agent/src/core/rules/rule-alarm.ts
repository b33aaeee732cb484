import { acknowledged, cleared, isActive, raised } from "../alarm-life.ts";
import type { Alarm } from "../alarm-types.ts";
import type { TimeUs } from "../time.ts";
import { type MessageText, type Rule, ruleSource } from "./rule.ts";

/** What happens to the alarm of one rule on one machine. */
export type RuleEvent =
  /** The condition counts. @property alarmId should it raise an alarm */
  | {
      readonly kind: "on";
      readonly rule: Rule;
      readonly machine: string;
      /** Of the rule's inputs, in their order; undefined where there is none. */
      readonly values: readonly (boolean | number | string | undefined)[];
      readonly timeUs: TimeUs;
      readonly alarmId: string;
    }
  | { readonly kind: "off"; readonly timeUs: TimeUs }
  | { readonly kind: "acknowledge"; readonly timeUs: TimeUs; readonly by: string };

/** The alarm of a rule; its life cycle is that of alarm-life.ts.
 *  @param alarm the open occurrence
 *  @returns its new state, or undefined where nothing changes */
export function stepRuleAlarm(alarm: Alarm | undefined, event: RuleEvent): Alarm | undefined {
  switch (event.kind) {
    case "acknowledge":
      return acknowledged(alarm, event.timeUs, event.by);
    case "off":
      return cleared(alarm, event.timeUs);
    case "on": {
      const { rule, machine, timeUs, alarmId: id } = event;
      if (alarm !== undefined && isActive(alarm.state)) return undefined;
      return raised(alarm, {
        id,
        machine,
        sensor: ruleSource(rule.name, machine),
        severity: rule.severity,
        raisedUs: timeUs,
        peakAnomaly: 0,
        reason: "rule",
        evidence: evidenceOf(event),
      });
    }
  }
}

/** What the rule saw, under the names that stand in it, and its message in each language. */
function evidenceOf({ rule, machine, values }: Extract<RuleEvent, { kind: "on" }>): Alarm["evidence"] {
  const seen = rule.inputs.flatMap(({ text }, i): [string, number | string][] => {
    const value = values[i];
    if (value === undefined) return [];
    return [[text, typeof value === "boolean" ? String(value) : value]];
  });
  const messages = rule.messages.map((message): [string, string] => [
    `message.${message.language}`,
    messageOf(message, rule, machine, values),
  ]);
  return { rule: rule.name, version: rule.version, ...Object.fromEntries([...messages, ...seen]) };
}

/** A message with its placeholders filled in: "82.4 Cel"; "?" where there is no value. */
function messageOf(
  { parts }: MessageText,
  { inputs }: Rule,
  machine: string,
  values: readonly (boolean | number | string | undefined)[],
): string {
  return parts
    .map((part) => {
      if ("text" in part) return part.text;
      if ("machine" in part) return machine;
      const value = values[part.input];
      const unit = inputs[part.input]?.unit;
      const text = typeof value === "number" ? String(Number(value.toPrecision(5))) : String(value ?? "?");
      return unit === undefined || unit === "1" || value === undefined ? text : `${text} ${unit}`;
    })
    .join("");
}
