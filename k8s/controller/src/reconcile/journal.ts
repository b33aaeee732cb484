import type { SignedReport } from "../ports/fleet.ts";
import type { DeviceStep, EdgeDevice, EdgeDeviceStatus, ModelRollout } from "../ports/resources.ts";
import { statusFromReport } from "./mirror.ts";
import { isoOf } from "./observed.ts";

/** A device that a rollout has written something about. */
export interface Member {
  readonly device: EdgeDevice;
  readonly signed: SignedReport | undefined;
  readonly step: DeviceStep;
}

/** The journal goes up these steps, never down. A device that promoted a version may yet fall back from it: "Failed" comes
 *  after "Updated". */
const RANKS: Readonly<Record<DeviceStep["step"], number>> = {
  Offering: 0,
  Offered: 1,
  Updated: 2,
  Failed: 3,
  Recalling: 4,
  Recalled: 5,
  RolledBack: 6,
};

export const rankOf = (step: DeviceStep["step"]): number => RANKS[step];

/** The device would not try the version: it had rejected it before. Nothing was offered, nothing is to be called back. */
export const REJECTED_BEFORE = "rejected-before";

/** The step of this rollout; a rollout of the same name that was deleted is another. */
export function stepOf({ status }: EdgeDevice, { metadata }: ModelRollout): DeviceStep | undefined {
  return status?.rollout?.uid === metadata.uid ? status.rollout : undefined;
}

/** Pointers of it were moved, or may have been. */
export const isTouched = ({ previous, reason }: DeviceStep, wanted: string): boolean =>
  previous.digest !== wanted && reason !== REJECTED_BEFORE;

/** What has begun and is not decided. */
export const isPending = ({ step }: DeviceStep): boolean => step === "Offering" || step === "Offered";

/** The device's status with the next step of the journal. */
export function statusWithStep(
  { device, signed }: Pick<Member, "device" | "signed">,
  step: Omit<DeviceStep, "reportSequence" | "sinceTime">,
  nowMs: number,
): EdgeDeviceStatus {
  const status = statusFromReport(device, signed, nowMs);
  const rollout: DeviceStep = {
    ...step,
    sinceTime: isoOf(nowMs),
    reportSequence: signed?.report.sequence ?? status.reportSequence ?? 0,
  };
  return { ...status, rollout };
}

/** @param reason kept where there is no new one: why a device failed is still asked when it is back */
export const nextStatus = (
  member: Member,
  step: DeviceStep["step"],
  nowMs: number,
  reason: string | undefined = member.step.reason,
): EdgeDeviceStatus => {
  const { name, uid, wave, previous } = member.step;
  return statusWithStep(
    member,
    { name, uid, wave, step, previous, ...(reason !== undefined && reason !== "" && { reason }) },
    nowMs,
  );
};
