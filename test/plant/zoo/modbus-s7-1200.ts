import { startModbusPn } from "./modbuspn-simulator.ts";
import { deviceOf } from "./other-device.ts";
import { createReceived } from "./received.ts";
import { TRAITS_315 } from "./s7-300.ts";
import { type Cell, createMemory } from "./s7-memory.ts";
import { expectedOf, tagsOf } from "./s7-profile.ts";
import { s7Side } from "./s7-side.ts";
import type { S7Identity, S7Traits } from "./s7-traits.ts";
import type { ZooProfile, ZooTunnelArea } from "./zoo-profile.ts";

export const S7_1200_IDENTITY: S7Identity = {
  orderNumber: "6ES7 215-1AG40-0XB0",
  firmware: "V4.4.1",
  stationName: "S7-1200 station_1",
  moduleName: "PLC_1",
  moduleType: "CPU 1215C DC/DC/DC",
  serial: "S C-K4F318872019",
  rates: [0, 0, 100_000_000],
};

const PUT_GET_OFF = 0x8104;

/** Tells who it is, refuses every read. */
export const S7_1200_PUT_GET_OFF: S7Traits = {
  ...TRAITS_315,
  identity: S7_1200_IDENTITY,
  tsaps: [0, 1].map((low) => ({ types: ["pg", "op", "basic"], low })),
  amq: { calling: 3, called: 3 },
  connections: { total: 8, reserved: { pg: 1, op: 3 }, taken: {}, whenFull: "reset" },
  latencyMs: [1.5, 2.5, 5, 12],
  errorRosctr: 2,
  szl: [0x0011, 0x0111, 0x001c, 0x011c, 0x0424],
  reads: PUT_GET_OFF,
};

const CELLS: readonly Cell[] = [
  { name: "level", area: "dataBlock", db: 10, at: 0, type: "REAL", value: 42.5 },
  { name: "speed", area: "dataBlock", db: 10, at: 4, type: "INT", value: -1480 },
  { name: "running", area: "dataBlock", db: 10, at: 6, bit: 3, type: "BOOL", value: true },
  { name: "pieces", area: "dataBlock", db: 10, at: 8, type: "DINT", value: 123_456_789 },
  { name: "deviation", area: "dataBlock", db: 10, at: 13, type: "REAL", value: -0.15625 },
  { name: "status", area: "dataBlock", db: 10, at: 40, type: "WORD", value: 0xbeef },
];

const AREAS: readonly ZooTunnelArea[] = [
  { kind: "holding", db: 10, startRegister: 0, endRegister: 99, byteBase: 0 },
];

const memory = createMemory({ 10: 200 }, CELLS);

/** @param areas what MB_HOLD_REG points at; a block with optimised access is nothing that it can serve: STATUS 8383 and
 *  exception 02 on every address */
function startWith(areas: readonly ZooTunnelArea[]): ZooProfile["start"] {
  return async (options) => {
    const received = createReceived();
    const modbus = await startModbusPn(memory, areas, options, received);
    const s7 = await s7Side({ traits: S7_1200_PUT_GET_OFF, memory }, options, received);
    return deviceOf(received, { modbus, s7 });
  };
}

export const modbusS71200: readonly ZooProfile[] = [
  {
    id: "s7-1200-mb-server",
    title: "S7-1215C V4.4.1, PUT/GET not permitted, MB_SERVER on 502",
    traits: [
      "S7 connects, tells who it is and refuses every read with 8104",
      "502: one client, the next is refused; any unit",
      "unknown functions 01, addresses outside of the register block 02, wrong lengths 03",
    ],
    backing: "own simulator",
    expected: expectedOf("S7-1200", S7_1200_IDENTITY, "modbus-tunnel"),
    tags: tagsOf(CELLS),
    tunnelAreas: AREAS,
    start: startWith(AREAS),
  },
  {
    id: "s7-1200-mb-server-optimised",
    title: "The same, its register block with optimised access",
    traits: ["S7 as s7-1200-mb-server", "502: exception 02 on every address"],
    backing: "own simulator",
    expected: {
      ...expectedOf("S7-1200", S7_1200_IDENTITY, "modbus"),
      diagnosis: "MODBUS_ADDRESS_REFUSED",
    },
    tags: [
      { name: "level", address: "hr:0,FLOAT32", value: 42.5 },
      { name: "speed", address: "hr:2,INT16", value: -1480 },
      { name: "pieces", address: "hr:4,INT32", value: 123_456_789 },
      { name: "status", address: "hr:20", value: 0xbeef },
    ],
    start: startWith([]),
  },
];
