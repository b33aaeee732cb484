import type { AlarmDto, MachineDto } from "@stethos/edge-agent/core";
import type { MessageKey } from "../i18n/en.ts";
import type { Translate } from "../i18n/translate.ts";
import { reasonText } from "../i18n/words.ts";

/** What a technician should do, and why. */
export interface Advice {
  readonly why: string;
  /** One after the other. */
  readonly steps: readonly string[];
}

/** Limits further out ask for the same as those further in. */
const SAME: Readonly<Record<string, string>> = {
  "limit-high-high": "limit-high",
  "limit-low-low": "limit-low",
};

/** The steps for a reason; those of a reason that this page does not know are to go and look. */
export function stepsOf(reason: string, t: Translate): readonly string[] {
  const key = SAME[reason] ?? reason;
  const steps: string[] = [];
  for (let n = 1; ; n += 1) {
    const known: MessageKey | undefined = t.known(`action.${key}.${n}`);
    if (known === undefined) break;
    steps.push(t(known));
  }
  return steps.length > 0 ? steps : [t("action.other.1")];
}

/** The alarm's reason goes first, then a sensor that cannot be believed, then a machine that nobody hears. */
export function adviceFor(
  machine: MachineDto | undefined,
  alarm: AlarmDto | undefined,
  t: Translate,
): Advice | undefined {
  if (alarm !== undefined && alarm.state !== "normal" && alarm.state !== "suppressed") {
    return { why: reasonText(t, alarm), steps: stepsOf(alarm.reason, t) };
  }
  if (machine === undefined) return undefined;
  const { state } = machine.health;
  if (state === "offline") return { why: t("health.offline"), steps: stepsOf("offline", t) };
  const faulty = machine.scores.find(({ sensorState }) => sensorState !== "valid");
  if (faulty !== undefined) {
    return { why: t(`sensorState.${faulty.sensorState}`), steps: stepsOf(faulty.sensorState, t) };
  }
  if (state === "learning") return { why: t("health.learning"), steps: stepsOf("learning", t) };
  return undefined;
}
