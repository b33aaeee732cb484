import type { ProtocolId } from "../fingerprint.ts";
import { adsProbe } from "./ads.ts";
import { bacnetProbe } from "./bacnet.ts";
import { codesysProbe } from "./codesys.ts";
import { dnp3Probe } from "./dnp3.ts";
import { enipProbe } from "./enip.ts";
import { finsProbe } from "./fins.ts";
import { foxProbe } from "./fox.ts";
import { hartIpProbe } from "./hart-ip.ts";
import { iec104Probe } from "./iec104.ts";
import { modbusProbe } from "./modbus.ts";
import { opcuaProbe } from "./opcua.ts";
import { pcworxProbe } from "./pcworx.ts";
import type { Probe } from "./probe.ts";
import { proconosProbe } from "./proconos.ts";
import { s7Probe } from "./s7.ts";

/** Every probe, by its protocol. */
export const PROBES = {
  s7: s7Probe,
  modbus: modbusProbe,
  opcua: opcuaProbe,
  enip: enipProbe,
  fins: finsProbe,
  bacnet: bacnetProbe,
  iec104: iec104Probe,
  fox: foxProbe,
  pcworx: pcworxProbe,
  ads: adsProbe,
  "hart-ip": hartIpProbe,
  dnp3: dnp3Probe,
  proconos: proconosProbe,
  codesys: codesysProbe,
} as const satisfies Readonly<Record<ProtocolId, Probe>>;
