import type { Fingerprint } from "./fingerprint.ts";
import type { DeviceProfile } from "./profile-types.ts";
import type { Target } from "./target.ts";

/** Limits that a driver has learnt on the device, by their name: "maxReadBytes", "maxRegisters" ... */
export type LearntLimits = Readonly<Record<string, number>>;

/** What is known of a device from earlier runs. */
export interface Remembered {
  readonly fingerprint: Fingerprint;
  /** The profile that read a tag; absent until one did. */
  readonly worked?: DeviceProfile;
  readonly limits: LearntLimits;
}

/** Verdicts that outlive the process: a device that is known is not probed again. A device is its host and ports; when
 *  another MAC, order number, serial number or firmware answers there, what was learnt of the earlier one is dropped. */
export interface VerdictMemory {
  recall(target: Target): Remembered | undefined;
  remember(target: Target, fingerprint: Fingerprint): Promise<void>;
  /** Keeps the profile with which a tag could be read, and the limits found while reading, of a device that is
   *  remembered. */
  keep(target: Target, worked: DeviceProfile, limits?: LearntLimits): Promise<void>;
  forget(target: Target): Promise<void>;
}
