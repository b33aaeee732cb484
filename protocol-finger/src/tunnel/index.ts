// What a driver needs to read S7 addresses through Modbus registers; the services stand in the package's main door.
export { type ModbusClient, type ModbusOptions, openModbus } from "../clients/modbus-client.ts";
export { EXCEPTION, ModbusException } from "../clients/modbus-exception.ts";
export { type Barriers, createBarriers } from "./barriers.ts";
export type { TunnelRow } from "./read-plan.ts";
export { createTunnelReads, type TunnelReads } from "./reads.ts";
