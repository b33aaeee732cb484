import type { FrameRule } from "./probe.ts";

/** Holding registers of a WAGO 750: series, item number, firmware (manual of the 750-841, "Firmware Information"). */
export const WAGO_PLATE = { address: 0x2011, count: 4 } as const;

/** Everything that the probe may send to port 502. Each frame: transaction, 0000, length, unit, function. */
export const MODBUS_FRAMES: readonly FrameRule[] = [
  {
    protocol: "modbus",
    name: "FC 43/14 basic identification",
    pattern: "????00000005??2b0e01??",
    source: "Modbus Application Protocol V1.1b3, 6.21; nmap modbus-discover.nse sends it",
  },
  {
    protocol: "modbus",
    name: "FC 43/14 regular identification",
    pattern: "????00000005??2b0e02??",
    source: "Modbus Application Protocol V1.1b3, 6.21; digitalbond/Redpoint modicon-info.nse sends it",
  },
  {
    protocol: "modbus",
    name: "FC 3, one register at 0",
    pattern: "????00000006??0300000001",
    source: "Modbus Application Protocol V1.1b3, 6.3; what every master polls with",
  },
  {
    protocol: "modbus",
    name: "FC 3, name plate of a WAGO 750",
    pattern: "????00000006??0320110004",
    source: "WAGO-I/O-SYSTEM 750 manual, registers 0x2011 to 0x2014 (read only)",
  },
  {
    protocol: "modbus",
    name: "FC 17 report server id",
    pattern: "????00000002??11",
    source: "Modbus Application Protocol V1.1b3, 6.13; nmap modbus-discover.nse sends it",
  },
  {
    protocol: "modbus",
    name: "FC 90 read id (Schneider)",
    pattern: "????00000004005a0002",
    source: "Unity Pro's first request, ITI/ICS-Security-Tools modicon_test.pcap",
  },
];
