import type { FleetReport } from "@stethos/edge-agent/core";
import type { DeviceStep, ModelRolloutSpec } from "../ports/resources.ts";
import type { Member } from "./journal.ts";
import { heardMs } from "./mirror.ts";

/** What a device's own report makes of the step it is at: the next step, or the same with another reason. */
export interface Verdict {
  readonly step: DeviceStep["step"];
  /** "" takes a reason away. */
  readonly reason?: string;
}

export interface Times {
  readonly readableSinceMs: number;
  readonly nowMs: number;
}

type Rules = Pick<ModelRolloutSpec, "deviceTimeoutMinutes" | "manifestSha256">;

/** Begins the reason of a device that waits for a person. */
const INCONCLUSIVE = "inconclusive";

export const isInconclusive = ({ step, reason }: DeviceStep): boolean =>
  step === "Offered" && (reason ?? "").startsWith(INCONCLUSIVE);

/** The gate on the device decides; the controller only listens, and counts the minutes of those who say nothing.
 *  Undefined: nothing new. */
export function verdictOf(member: Member, rules: Rules, times: Times): Verdict | undefined {
  switch (member.step.step) {
    case "Offered":
      return ofOffered(member, rules, times);
    case "Updated":
      return ofUpdated(member, rules);
    default:
      return undefined;
  }
}

function ofOffered(member: Member, rules: Rules, times: Times): Verdict | undefined {
  const { signed, step } = member;
  const wanted = rules.manifestSha256;
  const timeoutMs = rules.deviceTimeoutMinutes * 60_000;
  const report = signed?.report;
  if (report?.champion.digest === wanted) return { step: "Updated", reason: "" };
  if (report?.rejected.includes(wanted)) return { step: "Failed", reason: outcomeOf(report, wanted) };
  const waitedMs = waited(member, times);
  const silentMs =
    times.nowMs -
    Math.max(Date.parse(step.sinceTime), heardMs(member.device, signed, times.readableSinceMs, times.nowMs));
  if (report === undefined || silentMs > timeoutMs) {
    return silentMs > timeoutMs ? { step: "Failed", reason: "silent" } : undefined;
  }
  const waits = waitsForPerson(report, wanted);
  if (waits !== undefined) {
    if (step.reason !== waits) return { step: "Offered", reason: waits };
    return waitedMs > timeoutMs ? { step: "Failed", reason: waits } : undefined;
  }
  // Somebody let it go on.
  if (isInconclusive(step)) return { step: "Offered", reason: "" };
  const isTrying = report.trial?.digest === wanted;
  return !isTrying && waitedMs > timeoutMs ? { step: "Failed", reason: "not-begun" } : undefined;
}

/** It promoted the version, and may have returned from it since. */
function ofUpdated({ signed, step }: Member, { manifestSha256 }: Rules): Verdict | undefined {
  const report = signed?.report;
  if (report === undefined || report.sequence <= step.reportSequence) return undefined;
  if (report.champion.digest === manifestSha256) return undefined;
  return { step: "Failed", reason: `fell-back: ${outcomeOf(report, manifestSha256)}` };
}

/** The pointers are back, and the device says that it followed: the version before serves, the other is not tried.
 *  A report from before the recall proves nothing, unless the device will not try it anyway. */
export function isBack({ signed, step }: Member, wanted: string): boolean {
  const report = signed?.report;
  if (report === undefined || report.champion.digest !== step.previous.digest) return false;
  if (report.trial?.digest === wanted) return false;
  return report.sequence > step.reportSequence || report.rejected.includes(wanted);
}

/** Longer than anybody waits for a device. */
export const isOverdue = (member: Member, { deviceTimeoutMinutes }: Rules, times: Times): boolean =>
  waited(member, times) > deviceTimeoutMinutes * 60_000;

const waited = ({ step }: Member, { nowMs, readableSinceMs }: Times): number =>
  nowMs - Math.max(Date.parse(step.sinceTime), readableSinceMs);

function waitsForPerson({ trial, outcomes }: FleetReport, wanted: string): string | undefined {
  const newest = outcomes.find(({ digest }) => digest === wanted);
  const because = newest?.kind === "inconclusive" ? `: ${newest.reason}` : "";
  if (trial?.digest === wanted) {
    if (trial.isHeld) return `${INCONCLUSIVE}${because}`;
    return trial.isPaused ? `${INCONCLUSIVE}: paused by a person` : undefined;
  }
  return newest?.kind === "inconclusive" ? `${INCONCLUSIVE}${because}` : undefined;
}

function outcomeOf({ outcomes }: FleetReport, wanted: string): string {
  const newest = outcomes.find(({ digest }) => digest === wanted);
  return newest?.kind === "rolled-back" ? newest.reason : "rejected";
}
