import type { DeviceFile } from "../../edge-agent/src/config/schema.ts";
export declare const s7Device: (port: number) => DeviceFile;
export declare const modbusDevice: (port: number) => DeviceFile;
export declare const opcuaDevice: (endpoint: string) => DeviceFile;
