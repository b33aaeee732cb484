import type { Ear } from "./ear.ts";
import { modbusEar } from "./modbus-ear.ts";
import { opcuaEar } from "./opcua-ear.ts";
import { OTHER_EARS } from "./other-ears.ts";
import { s7Ear } from "./s7-ear.ts";

/** Every protocol that is understood when others speak it. */
export const EARS: readonly Ear[] = [s7Ear, modbusEar, opcuaEar, ...OTHER_EARS];
