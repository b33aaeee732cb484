import type { LearntLimits } from "@stethos/protocol-finger";
import type { DriverDeps, PolledDevice, ScanPlan } from "../../ports/driver.ts";
import { openConnection } from "./connect.ts";
import { mapDevice } from "./device-map.ts";
import { createLimits } from "./limits.ts";
import type { S7Options } from "./options.ts";
import { createSession } from "./session.ts";

/** A Siemens S7 controller, read over ISO-on-TCP.
 *  @param known limits that earlier runs learnt on this device: `learnt` of its sessions
 *  @throws EdgeError ADDRESS_INVALID naming the tag and the character */
export function createS7Device(
  plan: ScanPlan,
  options: S7Options,
  deps: DriverDeps,
  known: LearntLimits = {},
): PolledDevice {
  const map = mapDevice(plan);
  const limits = createLimits(options, known, () => deps.clock.monotonicMs());
  let hasConnected = false;
  return {
    async connect(signal) {
      const connection = await openConnection({ ...options, hasConnected }, deps.clock, signal);
      hasConnected = true;
      const { pduSize, jobsInFlight } = connection;
      deps.logger.debug({ device: plan.device, pduSize, jobsInFlight }, "connected to the controller");
      return createSession(connection, map, options, limits, deps);
    },
  };
}
