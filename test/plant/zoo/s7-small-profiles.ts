import { startModbusPn } from "./modbuspn-simulator.ts";
import { createReceived } from "./received.ts";
import { withRefused } from "./refused-ports.ts";
import { IDENTITY_315_V26, TRAITS_315 } from "./s7-300.ts";
import { type Cell, createMemory } from "./s7-memory.ts";
import { ownS7Profile, tagsOf } from "./s7-profile.ts";
import { startS7Simulator } from "./s7-simulator.ts";
import type { S7Traits } from "./s7-traits.ts";
import type { ZooProfile, ZooTunnelArea } from "./zoo-profile.ts";

/** What speaks S7 and is no SIMATIC S7-300 to 1500: none of them says who it is. */

/** Variable memory of a LOGO! and of an S7-200 is data block 1. */
const SMALL_CELLS: readonly Cell[] = [
  { name: "level", area: "dataBlock", db: 1, at: 100, type: "REAL", value: 7.25 },
  { name: "counter", area: "dataBlock", db: 1, at: 10, type: "INT", value: 4711 },
  { name: "total", area: "dataBlock", db: 1, at: 4, type: "DINT", value: -70_000 },
  { name: "switch", area: "dataBlock", db: 1, at: 0, bit: 1, type: "BOOL", value: true },
];
const smallMemory = createMemory({ 1: 850 }, SMALL_CELLS);

const UNNAMED: S7Traits = {
  ...TRAITS_315,
  identity: { ...IDENTITY_315_V26, orderNumber: "", moduleType: "", stationName: "", serial: "" },
  szl: [],
  amq: { calling: 1, called: 1 },
};

const TRAITS_LOGO: S7Traits = {
  ...UNNAMED,
  // python-snap7's Logo client calls 20.00; st-one-io/node-red-contrib-s7 issue 11 has LOGO! 8 served as an S7 is.
  tsaps: [{ exact: 0x2000 }, ...[0, 1, 2].map((low) => ({ types: ["pg", "op", "basic"] as const, low }))],
  otherTsaps: "fin",
  // apache/plc4x issue 640.
  szl: "closes",
  connections: { total: 8, reserved: {}, taken: {}, whenFull: "fin" },
  latencyMs: [5, 9, 18, 40],
};

const LOGO_REGISTERS: readonly ZooTunnelArea[] = [
  { kind: "holding", db: 1, startRegister: 0, endRegister: 424, byteBase: 0 },
];

const logo: ZooProfile = {
  id: "logo-8",
  title: "LOGO! 8",
  traits: [
    "hangs up when asked for a system status list",
    "TSAP 20.00 and slots 0 to 2 are served, others get FIN",
    "502: the same memory in registers",
  ],
  expected: { vendor: "Siemens", family: "LOGO!", mode: "s7-compat" },
  backing: "own simulator",
  tags: tagsOf(SMALL_CELLS),
  tunnelAreas: LOGO_REGISTERS,
  async start(options) {
    const received = createReceived();
    const device = { traits: TRAITS_LOGO, memory: smallMemory };
    const s7 = await startS7Simulator(device, options, received);
    const registers = await startModbusPn(smallMemory, LOGO_REGISTERS, options, received);
    return {
      endpoints: [withRefused({ s7: s7.port, modbus: registers.port })],
      received: received.frames,
      get connections() {
        return s7.connections + registers.accepted;
      },
      occupy: async (connections) => s7.occupy(connections),
      async close() {
        await Promise.all([s7.close(), registers.close()]);
      },
    };
  },
};

/** Parameters r0002, r0021, r0027, r0052 and r0722 of a drive: data block and number of the parameter, at its index. */
const DRIVE_CELLS: readonly Cell[] = [
  { name: "display", area: "dataBlock", db: 2, at: 0, type: "INT", value: 31 },
  { name: "speed", area: "dataBlock", db: 21, at: 0, type: "REAL", value: 1487.5 },
  { name: "current", area: "dataBlock", db: 27, at: 0, type: "REAL", value: 12.75 },
  { name: "status", area: "dataBlock", db: 52, at: 0, type: "WORD", value: 0xeb37 },
  { name: "inputs", area: "dataBlock", db: 722, at: 0, type: "DWORD", value: 0x0001_0005 },
];
const driveMemory = createMemory({ 2: 2, 21: 4, 27: 4, 52: 2, 722: 4 }, DRIVE_CELLS);

export const s7SmallProfiles: readonly ZooProfile[] = [
  logo,
  ownS7Profile(
    {
      id: "s7-200-smart",
      title: "S7-200 SMART",
      traits: [
        "slots 0 to 2",
        "one PG and one OP connection, others must be S7 basic",
        "no system status lists: D402",
        "variable memory is DB1",
      ],
      expected: { mode: "s7-compat" },
    },
    {
      traits: {
        ...UNNAMED,
        tsaps: [0, 1, 2].map((low) => ({ types: ["pg", "op", "basic"], low })),
        // python-snap7 issue 550: a second client of the same type is refused, S7 basic is not.
        connections: { total: 8, reserved: { pg: 1, op: 1, basic: 6 }, taken: {}, whenFull: "reset" },
        latencyMs: [2, 4, 9, 20],
      },
      memory: smallMemory,
    },
  ),
  ownS7Profile(
    {
      id: "sinamics-g120",
      title: "SINAMICS G120 drive",
      traits: [
        "slot 0 only",
        "parameter n is data block n",
        "a read must be one parameter exactly: no merging, no bytes of it",
        "no system status lists: D402",
      ],
      expected: { mode: "s7-compat" },
    },
    {
      traits: {
        ...UNNAMED,
        tsaps: [{ types: ["pg", "op", "basic"], low: 0 }],
        reads: "whole-variables",
        latencyMs: [4, 8, 16, 30],
      },
      memory: driveMemory,
    },
  ),
];
