import { type PymodbusTraits, startPymodbus } from "./modbus-pymodbus.ts";
import { startModbusSimulator } from "./modbus-simulator.ts";
import type { ModbusTraits } from "./modbus-traits.ts";
import { deviceOf } from "./other-device.ts";
import { createReceived } from "./received.ts";
import type { ZooDevice, ZooStart } from "./zoo-profile.ts";

/** Devices that have nothing but Modbus/TCP: of our own simulator, and of pymodbus. */

export async function ownModbusDevice(traits: ModbusTraits, options: ZooStart): Promise<ZooDevice> {
  const received = createReceived();
  return deviceOf(received, { modbus: await startModbusSimulator(traits, options, received) });
}

export async function pymodbusDevice(traits: PymodbusTraits, options: ZooStart): Promise<ZooDevice> {
  const received = createReceived();
  return deviceOf(received, { modbus: await startPymodbus(traits, options, received) });
}
