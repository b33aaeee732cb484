import { ownModbusDevice, pymodbusDevice } from "./modbus-device.ts";
import type { ModbusTraits, ModbusUnit } from "./modbus-traits.ts";
import { blank, float32, int16, int32, text } from "./modbus-words.ts";
import type { ZooProfile } from "./zoo-profile.ts";

/** %MW0 on, %M0 on, as a Modicon maps them. */
const MODICON_TABLES = {
  holding: [
    {
      from: 0,
      words: [
        4711,
        ...int16(-250),
        ...float32(21.5),
        ...int32(1_000_003),
        ...blank(4),
        ...text("LINE-7", 4),
        ...blank(110),
      ],
    },
  ],
  coil: [{ from: 0, words: [1, 0, 1, 1, 0, 0, 0, 1] }],
} as const;

const MODICON_TAGS = [
  { name: "counter", address: "40001", value: 4711 },
  { name: "temperature", address: "40002,INT16", value: -250 },
  { name: "level", address: "40003,FLOAT32", value: 21.5 },
  { name: "total", address: "40005,INT32", value: 1_000_003 },
  { name: "order", address: "40011,STRING(8)", value: "LINE-7" },
  { name: "running", address: "coil:0", value: true },
  { name: "fault", address: "coil:1", value: false },
] as const;

const M340_UNIT: ModbusUnit = {
  tables: MODICON_TABLES,
  identity: { vendor: "Schneider Electric", product: "BMX P34 2020", revision: "V2.70" },
};

const modiconM340: ZooProfile = {
  id: "modicon-m340",
  title: "Schneider Modicon M340",
  traits: [
    "units 255 and 0 are the controller, others exception 0B",
    "identifies itself (2B/0E)",
    "5 to 20 ms",
  ],
  backing: "pymodbus",
  expected: {
    vendor: "Schneider Electric",
    family: "Modicon M340",
    model: "BMX P34 2020",
    firmware: "V2.70",
    nature: "plc",
    mode: "modbus",
  },
  tags: MODICON_TAGS,
  start: (options) =>
    pymodbusDevice(
      {
        units: { 0: M340_UNIT, 255: M340_UNIT },
        otherUnits: { exception: 0x0b },
        latencyMs: [4, 6, 12, 20],
      },
      options,
    ),
};

/** After "5A 00": success, then what the tool of the time asks for first, with the name behind its length
 *  (ITI/ICS-Security-Tools, modicon_test.pcap, first reply). */
const QUANTUM_ID = Buffer.concat([
  Buffer.from("fe10ff5a01010000007002000027000900080000000000", "hex"),
  Buffer.from([14]),
  Buffer.from("140 CPU 311 10", "latin1"),
  Buffer.from("010101000000001100", "hex"),
]);

const QUANTUM_UNIT: ModbusUnit = {
  tables: MODICON_TABLES,
  identity: { vendor: "Schneider Electric", product: "140 CPU 311 10", revision: "V3.20" },
  umasId: QUANTUM_ID,
};

const QUANTUM: ModbusTraits = {
  units: { 0: QUANTUM_UNIT, 255: QUANTUM_UNIT },
  otherUnits: "silence",
  latencyMs: [5, 5.5, 8, 15],
  overlap: "queue",
};

const modiconQuantum: ZooProfile = {
  id: "modicon-quantum",
  title: "Schneider Modicon Quantum 140 CPU 311 10",
  traits: [
    "units 255 and 0 are the controller, others are silent",
    "identifies itself (2B/0E)",
    "answers Schneider's 5A 00 02 with the captured bytes",
  ],
  backing: "own simulator",
  expected: {
    vendor: "Schneider Electric",
    family: "Modicon Quantum",
    model: "140 CPU 311 10",
    firmware: "V3.20",
    nature: "plc",
    mode: "modbus",
  },
  tags: MODICON_TAGS,
  start: (options) => ownModbusDevice(QUANTUM, options),
};

/** Four server sockets, the oldest is closed for a fifth client: Modicon M218 programming guide, Modbus TCP server. */
const M218: ModbusTraits = {
  door: { limit: 4, whenFull: "evict-oldest" },
  units: {
    1: {
      tables: MODICON_TABLES,
      identity: { vendor: "Schneider Electric", product: "TM218LDAE24DRHN", revision: "V2.0.31" },
    },
  },
  otherUnits: { unit: 1 },
  latencyMs: [4, 10, 20, 30],
  overlap: "queue",
};

const modiconM218: ZooProfile = {
  id: "modicon-m218",
  title: "Schneider Modicon M218",
  traits: ["4 sockets: a fifth client closes the oldest", "answers as any unit", "identifies itself (2B/0E)"],
  backing: "own simulator",
  expected: {
    vendor: "Schneider Electric",
    family: "Modicon M218",
    model: "TM218LDAE24DRHN",
    firmware: "V2.0.31",
    nature: "plc",
    mode: "modbus",
  },
  tags: MODICON_TAGS,
  start: (options) => ownModbusDevice(M218, options),
};

/** Registers of the coupler itself (WAGO 750-830 and 750-881 manuals, "Internal variables"). Some are blocks that begin at
 *  neighbouring addresses: the more particular one stands first. */
const WAGO_UNIT: ModbusUnit = {
  tables: {
    holding: [
      { from: 0x0000, words: [16_384, 8192, ...int16(-1024), 27_648] },
      { from: 0x0200, words: [100, 200] },
      { from: 0x102a, words: [1] },
      { from: 0x1029, words: blank(9) },
      { from: 0x1030, words: [0] },
      { from: 0x1031, words: [0x0030, 0xde0a, 0x0b0c] },
      { from: 0x2000, words: [0x0000, 0xffff, 0x1234, 0xaaaa, 0x5555, 0x7fff, 0x8000, 0x3fff, 0x4000] },
      { from: 0x2010, words: [12, 750, 881, 1, 7] },
      { from: 0x2020, words: text("WAGO 750-881", 16) },
      { from: 0x2031, words: blank(64) },
      { from: 0x2030, words: [881, 455, 0x8401, 0x8202, ...blank(61)] },
    ],
    input: [{ from: 0x0000, words: [16_384, 8192, ...int16(-1024), 27_648] }],
    coil: [{ from: 0x0000, words: [1, 0, 0, 1] }],
    discrete: [{ from: 0x0000, words: [1, 0, 0, 1] }],
  },
  maxBits: 2000,
};

const wago750: ZooProfile = {
  id: "wago-750-881",
  title: "WAGO 750-881 fieldbus controller",
  traits: [
    "its item number stands in registers 2011 and 2012 (hex), its modules from 2030",
    "125 registers in one request, 2000 coils",
    "no 2B/0E, no report server id",
    "resets a connection that is silent for 10 s (Modbus watchdog)",
  ],
  backing: "pymodbus",
  expected: {
    vendor: "WAGO",
    family: "750",
    model: "750-881",
    orderNumber: "750-881",
    firmware: "V1.7",
    nature: "plc",
    mode: "modbus",
  },
  tags: [
    { name: "analog-1", address: "ir:0", value: 16_384 },
    { name: "analog-3", address: "ir:2,INT16", value: -1024 },
    { name: "analog-4", address: "hr:3", value: 27_648 },
    { name: "output-2", address: "hr:513", value: 200 },
    { name: "series", address: "hr:8209", value: 750 },
    { name: "item", address: "hr:8210", value: 881 },
    { name: "input-1", address: "di:0", value: true },
    { name: "input-2", address: "di:1", value: false },
  ],
  start: (options) =>
    pymodbusDevice(
      {
        door: { limit: 15, idleMs: 10_000, idleEnd: "reset" },
        units: { 1: WAGO_UNIT },
        otherUnits: { unit: 1 },
        latencyMs: [2, 4, 8, 12],
      },
      options,
    ),
};

export const modbusPlcs: readonly ZooProfile[] = [modiconM340, modiconQuantum, modiconM218, wago750];
