import type { Fingerprint } from "@stethos/protocol-finger";
import { NEW_FIRMWARE } from "../../plant/zoo/faults.ts";
import type { ZooProfile } from "../../plant/zoo/zoo-profile.ts";

/** Confidence from which a label is a claim. */
const CLAIMED = 0.9;

/** What a fingerprint claims of a device and is not so: its family or its firmware. */
export function falseLabels(
  { expected }: ZooProfile,
  fingerprint: Fingerprint,
  hasNewFirmware: boolean,
): readonly string[] {
  const { confidence, family, firmware } = fingerprint;
  if (confidence < CLAIMED) return [];
  const wrong: string[] = [];
  if (family !== undefined && family !== expected.family) {
    wrong.push(`family ${family} where it is ${expected.family ?? "none"}`);
  }
  const real = hasNewFirmware ? [expected.firmware, NEW_FIRMWARE] : [expected.firmware];
  if (firmware !== undefined && !real.includes(firmware)) {
    wrong.push(`firmware ${firmware} where it is ${expected.firmware ?? "unknown"}`);
  }
  return wrong;
}
