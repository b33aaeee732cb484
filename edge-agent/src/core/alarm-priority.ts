import type { Priority, Severity } from "./alarm-types.ts";

/** What follows where a machine fails. */
export const CRITICALITIES = ["high", "normal", "low"] as const;
export type Criticality = (typeof CRITICALITIES)[number];

/** ISA-18.2 and EEMUA 191 take the priority from how bad the consequence is and how little time is left: the machine's
 *  criticality stands for the first, the severity for the second. EEMUA 191 asks for some 5 % of the configured alarms
 *  at the top, 15 % in the middle and 80 % at the bottom, ISA-18.2 for under 1 % beyond: "critical" is therefore left
 *  to an alarm of a machine that the operator called critical. */
const PRIORITY = {
  high: { alarm: "critical", warning: "high" },
  normal: { alarm: "high", warning: "medium" },
  low: { alarm: "medium", warning: "low" },
} as const satisfies Record<Criticality, Record<Severity, Priority>>;

export const priorityOf = (criticality: Criticality, severity: Severity): Priority =>
  PRIORITY[criticality][severity];
