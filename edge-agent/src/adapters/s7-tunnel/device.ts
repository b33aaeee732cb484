import { createBarriers, openModbus } from "@stethos/protocol-finger/tunnel";
import type { DriverDeps, PolledDevice, ScanPlan } from "../../ports/driver.ts";
import { mapDevice } from "./device-map.ts";
import { asEdgeError } from "./edge-error.ts";
import { createGroupReads } from "./group-reads.ts";
import type { S7TunnelOptions } from "./options.ts";
import { createSession } from "./session.ts";

/** A Siemens S7 controller whose data blocks are read through its Modbus server.
 *
 *  What the device teaches about its registers is kept over its sessions: make one device per connection.
 *  @throws EdgeError ADDRESS_INVALID naming the tag and why its address cannot travel */
export function createS7TunnelDevice(
  plan: ScanPlan,
  options: S7TunnelOptions,
  deps: DriverDeps,
): PolledDevice {
  const map = mapDevice(plan, options.areas);
  const barriers = createBarriers();
  const groups = map.groups.map((tags) =>
    createGroupReads(
      tags.flatMap((tag) => map.tags[tag] ?? []),
      Uint32Array.from(tags),
      options,
      barriers,
      () => deps.clock.monotonicMs(),
    ),
  );
  return {
    async connect(signal) {
      const client = await asEdgeError(openModbus(options, deps, signal));
      for (const group of groups) group.forget();
      deps.logger.debug({ device: plan.device }, "connected to the controller's Modbus server");
      return createSession(client, { map, groups, barriers }, options, deps);
    },
  };
}
