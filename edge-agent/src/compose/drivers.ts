import { join } from "node:path";
import type { DeviceConfig } from "../config/build-plant.ts";
import { createPolledDriver } from "../flow/poll.ts";
import type { Driver, DriverDeps } from "../ports/driver.ts";
import type { Finger } from "./finger.ts";

/** The driver of a device. Its library is loaded when the first device needs it: a plant without OPC UA does not pay
 *  for node-opcua.
 *  @param dataFolder where a driver may keep what it needs, such as certificates */
export async function createDriver(
  config: DeviceConfig,
  deps: DriverDeps,
  finger: Finger,
  dataFolder: string,
): Promise<Driver> {
  const { plan, device } = config;
  const pkiFolder = join(dataFolder, "opcua-pki");
  switch (device.protocol) {
    case "s7": {
      const { createS7Device } = await import("../adapters/s7/device.ts");
      return createPolledDriver(plan, createS7Device(plan, device.connection, deps), deps);
    }
    case "s7-tunnel": {
      const { createS7TunnelDevice } = await import("../adapters/s7-tunnel/device.ts");
      return createPolledDriver(plan, createS7TunnelDevice(plan, device.connection, deps), deps);
    }
    case "modbus-tcp":
    case "modbus-rtu": {
      const { createModbusDevice } = await import("../adapters/modbus/device.ts");
      return createPolledDriver(plan, createModbusDevice(plan, device.connection, deps), deps);
    }
    case "opcua": {
      const { createOpcuaDriver } = await import("../adapters/opcua-client/driver.ts");
      const certificateFolder = device.connection.certificateFolder ?? pkiFolder;
      return createOpcuaDriver(plan, { ...device.connection, certificateFolder }, deps);
    }
    case "auto": {
      const { createAuto } = await import("./auto.ts");
      return createAuto({ plan, options: device.connection, deps, certificateFolder: pkiFolder }, finger);
    }
    default:
      return device satisfies never;
  }
}
