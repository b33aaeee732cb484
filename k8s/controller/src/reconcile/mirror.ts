import type { SignedReport } from "../ports/fleet.ts";
import type { EdgeDevice, EdgeDeviceStatus } from "../ports/resources.ts";
import { isoOf } from "./observed.ts";

/** A report that says nothing new is told again after so long: `reportedTime` is no older than this while a device speaks. */
const TELL_AGAIN_MS = 300_000;

/** The name that a device reports by. */
export const nodeOf = ({ metadata, spec }: EdgeDevice): string => spec.node ?? metadata.name;

/** What the newest report tells, for people and for whoever leads next. `reportedTime` is when it was first seen, by the
 *  controller's clock: a device's own clock is nothing to measure silence with. */
export function statusFromReport(
  { status = {} }: EdgeDevice,
  signed: SignedReport | undefined,
  nowMs: number,
): EdgeDeviceStatus {
  if (signed === undefined) return status;
  const { report, keyId } = signed;
  const isNew = report.sequence > (status.reportSequence ?? 0);
  const { version, digest } = report.champion;
  const { stage: _, ...rest } = status;
  return {
    ...rest,
    version,
    digest,
    ...(report.trial && { stage: report.trial.stage }),
    site: report.site,
    agentVersion: report.agentVersion,
    keyId: status.keyId ?? keyId,
    reportSequence: Math.max(report.sequence, status.reportSequence ?? 0),
    reportedTime: isNew ? isoOf(nowMs) : (status.reportedTime ?? isoOf(nowMs)),
  };
}

/** The status to write where the report tells something that it does not; undefined where it is good enough. */
export function mirrored(
  device: EdgeDevice,
  signed: SignedReport | undefined,
  nowMs: number,
): EdgeDeviceStatus | undefined {
  const before = device.status ?? {};
  const after = statusFromReport(device, signed, nowMs);
  const isSame = TOLD.every((key) => before[key] === after[key]);
  if (isSame && before.reportSequence === after.reportSequence) return undefined;
  const toldMs = Date.parse(before.reportedTime ?? "");
  return isSame && nowMs - toldMs < TELL_AGAIN_MS ? undefined : after;
}

const TOLD = ["version", "digest", "stage", "site", "agentVersion", "keyId"] as const;

/** When the device was last heard of. A report that the status does not know yet is news.
 *  @param readableSinceMs nobody could be heard before */
export function heardMs(
  { status }: EdgeDevice,
  signed: SignedReport | undefined,
  readableSinceMs: number,
  nowMs: number,
): number {
  if (signed !== undefined && signed.report.sequence > (status?.reportSequence ?? 0)) return nowMs;
  const told = Date.parse(status?.reportedTime ?? "");
  return Math.max(Number.isNaN(told) ? 0 : told, readableSinceMs);
}
