import {
  BLOCK_CELLS,
  CONNECTIONS_315,
  IDENTITY_315_V26,
  memoryOf,
  OTHER_CELLS,
  TRAITS_315,
} from "./s7-300.ts";
import { expectedOf, ownS7Profile } from "./s7-profile.ts";
import type { S7Identity } from "./s7-traits.ts";
import type { ZooProfile } from "./zoo-profile.ts";

const memory = memoryOf([...BLOCK_CELLS, ...OTHER_CELLS]);

const cp343Lean: S7Identity = {
  ...IDENTITY_315_V26,
  orderNumber: "6ES7 315-2AG10-0AB0",
  firmware: "V2.6.9",
  moduleName: "CPU 315-2 DP",
  moduleType: "CPU 315-2 DP",
  serial: "S C-X4U421302009",
};

const im151: S7Identity = {
  ...IDENTITY_315_V26,
  orderNumber: "6ES7 151-8AB01-0AB0",
  firmware: "V3.2.6",
  stationName: "S7300/ET200M station_1",
  moduleType: "IM151-8 PN/DP CPU",
  serial: "S C-C2UR28922012",
  rates: [187_500, 0, 100_000_000],
};

/** S7-300s and their like on S7 alone. */
export const s7300Profiles: readonly ZooProfile[] = [
  ownS7Profile(
    {
      id: "s7-315-v26",
      title: "S7-315-2 PN/DP, 6ES7 315-2EH13-0AB0, V2.6.1, no Modbus",
      traits: [
        "slot 2 only, another slot is reset",
        "PDU 240, one job called back, two called",
        "SZL 0x001C in two parts",
        "16 connections, one reserved for a PG and one for an OP",
        "a job takes 3.9 ms",
        "502 is closed",
      ],
      expected: expectedOf("S7-300", IDENTITY_315_V26, "s7-compat"),
    },
    { traits: TRAITS_315, memory },
  ),
  ownS7Profile(
    {
      id: "s7-315-2dp-cp343-lean",
      title: "S7-315-2 DP, 6ES7 315-2AG10-0AB0, V2.6.9, through a CP 343-1 Lean",
      traits: [
        "four connections, one reserved for a PG",
        "30 to 90 ms a job",
        "160 bytes a job",
        "a second job in flight is cancelled",
        "another slot gets FIN",
      ],
      expected: expectedOf("S7-300", cp343Lean, "s7-compat"),
    },
    {
      traits: {
        ...TRAITS_315,
        identity: cp343Lean,
        otherTsaps: "fin",
        amq: { calling: 1, called: 1 },
        connections: { total: 4, reserved: { pg: 1 }, taken: {}, whenFull: "fin" },
        latencyMs: [30, 45, 75, 90],
        mostJobBytes: 160,
        // "Service cancelled prematurely" (Wireshark packet-s7comm.c, 0x8503).
        surplusJobs: 0x8503,
      },
      memory,
    },
  ),
  ownS7Profile(
    {
      id: "im151-8",
      title: "ET 200S IM151-8 PN/DP CPU, V3.2.6",
      traits: ["an S7-300 by another order number", "12 connections", "PDU 240"],
      expected: expectedOf("S7-300", im151, "s7-compat"),
    },
    {
      traits: { ...TRAITS_315, identity: im151, connections: { ...CONNECTIONS_315, total: 12 } },
      memory,
    },
  ),
  ownS7Profile(
    {
      id: "s7-300-protected",
      title: "S7-300 at protection level 3",
      traits: ["SZL 0x0132 index 4 says level 3", "reading needs a password: D241"],
      expected: { ...expectedOf("S7-300", IDENTITY_315_V26, "s7-compat"), diagnosis: "S7_PROTECTED" },
    },
    { traits: { ...TRAITS_315, protection: 3, errorRosctr: 2 }, memory },
  ),
  ownS7Profile(
    {
      id: "s7-300-pg-full",
      title: "S7-300 whose programmer's connections are all taken",
      traits: ["TSAP 0x01xx is reset", "OP and S7 basic connections are free"],
      expected: expectedOf("S7-300", IDENTITY_315_V26, "s7-compat"),
    },
    {
      traits: {
        ...TRAITS_315,
        connections: { total: 8, reserved: { pg: 1, op: 4, basic: 3 }, taken: { pg: 1 }, whenFull: "reset" },
      },
      memory,
    },
  ),
];
