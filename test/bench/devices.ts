import { modbusTcpOptions } from "../../edge-agent/src/adapters/modbus/options.ts";
import { opcuaOptions } from "../../edge-agent/src/adapters/opcua-client/options.ts";
import { s7OptionsSchema } from "../../edge-agent/src/adapters/s7/options.ts";
import type { DeviceFile } from "../../edge-agent/src/config/schema.ts";

export const s7Device = (port: number): DeviceFile => ({
  name: "s7",
  groups: [],
  protocol: "s7",
  connection: s7OptionsSchema.parse({ host: "127.0.0.1", port }),
});

export const modbusDevice = (port: number): DeviceFile => ({
  name: "modbus",
  groups: [],
  protocol: "modbus-tcp",
  connection: modbusTcpOptions.parse({ host: "127.0.0.1", port, jobsInFlight: 8 }),
});

export const opcuaDevice = (endpoint: string): DeviceFile => ({
  name: "opcua",
  groups: [],
  protocol: "opcua",
  connection: opcuaOptions.parse({ endpoint, securityMode: "None" }),
});
