import { join } from "node:path";
import type { DeviceConfig } from "../config/build-plant.ts";
import { createPolledDriver } from "../flow/poll.ts";
import type { Driver, DriverDeps } from "../ports/driver.ts";

/** The driver of a device. Its library is loaded when the first device needs it: a plant without OPC UA does not pay
 *  for node-opcua.
 *  @param dataFolder where a driver may keep what it needs, such as certificates */
export async function createDriver(
  config: DeviceConfig,
  deps: DriverDeps,
  dataFolder: string,
): Promise<Driver> {
  const { plan, device } = config;
  switch (device.protocol) {
    case "s7": {
      const { createS7Device } = await import("../adapters/s7/device.ts");
      return createPolledDriver(plan, createS7Device(plan, device.connection, deps), deps);
    }
    case "modbus-tcp":
    case "modbus-rtu": {
      const { createModbusDevice } = await import("../adapters/modbus/device.ts");
      return createPolledDriver(plan, createModbusDevice(plan, device.connection, deps), deps);
    }
    case "opcua": {
      const { createOpcuaDriver } = await import("../adapters/opcua-client/driver.ts");
      const certificateFolder = device.connection.certificateFolder ?? join(dataFolder, "opcua-pki");
      return createOpcuaDriver(plan, { ...device.connection, certificateFolder }, deps);
    }
    default:
      return device satisfies never;
  }
}
