import type { DriverDeps, PolledDevice, ScanPlan } from "../../ports/driver.ts";
import { openConnection } from "./connect.ts";
import { mapDevice } from "./device-map.ts";
import type { S7Options } from "./options.ts";
import { createSession } from "./session.ts";

/** A Siemens S7 controller, read over ISO-on-TCP.
 *  @throws EdgeError ADDRESS_INVALID naming the tag and the character */
export function createS7Device(plan: ScanPlan, options: S7Options, deps: DriverDeps): PolledDevice {
  const map = mapDevice(plan);
  return {
    async connect(signal) {
      const connection = await openConnection(options, deps.clock, signal);
      const { pduSize, jobsInFlight } = connection;
      deps.logger.debug({ device: plan.device, pduSize, jobsInFlight }, "connected to the controller");
      return createSession(connection, map, options, deps);
    },
  };
}
