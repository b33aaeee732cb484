import { gatewayProfiles } from "./gateway-profiles.ts";
import { modbusMeters } from "./modbus-meters.ts";
import { modbusPlcs } from "./modbus-plcs.ts";
import { modbusS71200 } from "./modbus-s7-1200.ts";
import { opcuaBoughtIn } from "./opcua-bought-in.ts";
import { opcuaCodesys } from "./opcua-codesys.ts";
import { opcuaS7 } from "./opcua-s7.ts";
import { driverlessProfiles } from "./other-driverless.ts";
import type { ZooProfile } from "./zoo-profile.ts";

/** Every device of the zoo that is read, or only recognised, by another protocol than S7. */
export const otherProfiles: readonly ZooProfile[] = [
  ...modbusS71200,
  ...modbusMeters,
  ...modbusPlcs,
  ...gatewayProfiles,
  ...opcuaS7,
  ...opcuaBoughtIn,
  ...opcuaCodesys,
  ...driverlessProfiles,
];
