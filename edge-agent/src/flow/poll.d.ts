import type { Driver, DriverDeps, PolledDevice, ScanPlan } from "../ports/driver.ts";
export interface PollPolicy {
  /** First and longest wait between connection attempts. */
  readonly backoffFirstMs: number;
  readonly backoffMostMs: number;
}
export declare const defaultPollPolicy: PollPolicy;
/** A Driver from a device that answers questions: connects, reads every scan group on its grid of absolute deadlines,
 *  and comes back with jittered backoff when the device is lost. */
export declare function createPolledDriver(
  plan: ScanPlan,
  device: PolledDevice,
  deps: DriverDeps,
  policy?: PollPolicy,
): Driver;
