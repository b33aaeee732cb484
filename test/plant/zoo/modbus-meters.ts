import { ownModbusDevice, pymodbusDevice } from "./modbus-device.ts";
import type { ModbusArea, ModbusTraits, ModbusUnit } from "./modbus-traits.ts";
import { blank, float32, float64, int32, swapped } from "./modbus-words.ts";
import type { ZooProfile, ZooTag } from "./zoo-profile.ts";

/** Measured values of a SENTRON PAC, from offset 1, two registers each; a request that begins or ends inside one is an
 *  error (SENTRON PAC4200 system manual A5E02316180B-02, A.3.1; PAC3200 has the same offsets). */
const PAC_MEASURED: ModbusArea = {
  from: 1,
  grain: 2,
  words: [
    ...[230.5, 229.75, 231.25].flatMap(float32),
    ...[398.5, 399.25, 398].flatMap(float32),
    ...[12.5, 11.75, 13.25].flatMap(float32),
    ...blank(36),
    ...float32(49.875),
    ...blank(8),
    ...float32(8437.5),
    ...blank(4),
  ],
};

const PAC3200_UNIT: ModbusUnit = {
  tables: {
    holding: [PAC_MEASURED, { from: 801, grain: 4, words: float64(1_234_567.5) }],
    input: [PAC_MEASURED, { from: 801, grain: 4, words: float64(1_234_567.5) }],
  },
  identity: { vendor: "Siemens AG", product: "SENTRON PAC3200", revision: "V2.2.3" },
  refusesWrites: 0xf0,
};

/** Silent on unit 255: libmodbus #121. An exception while it is asked twice: Cloud-Automation/node-modbus #82. */
const PAC3200: ModbusTraits = {
  units: { 0: "silence", 1: PAC3200_UNIT, 255: "silence" },
  otherUnits: { unit: 1 },
  latencyMs: [8, 20, 45, 60],
  overlap: { exception: 0x0b },
};

const sentronPac3200: ZooProfile = {
  id: "sentron-pac3200",
  title: "Siemens SENTRON PAC3200 power meter",
  traits: [
    "never answers units 255 and 0",
    "exception 0B to a request while another is worked on",
    "exception 02 to a request that cuts a value in two",
    "exception F0 to writes",
  ],
  backing: "own simulator",
  expected: {
    vendor: "Siemens",
    family: "SENTRON PAC",
    model: "SENTRON PAC3200",
    firmware: "V2.2.3",
    nature: "meter",
    mode: "modbus",
  },
  tags: [
    { name: "voltage-a", address: "hr:1,FLOAT32", value: 230.5 },
    { name: "voltage-c", address: "hr:5,FLOAT32", value: 231.25 },
    { name: "voltage-ab", address: "hr:7,FLOAT32", value: 398.5 },
    { name: "current-a", address: "hr:13,FLOAT32", value: 12.5 },
    { name: "frequency", address: "hr:55,FLOAT32", value: 49.875 },
    { name: "active-power", address: "hr:65,FLOAT32", value: 8437.5 },
    { name: "active-energy", address: "hr:801,FLOAT64", value: 1_234_567.5 },
  ],
  start: (options) => ownModbusDevice(PAC3200, options),
};

/** An inverter's logger: one client, unit 0 (yaacov/node-red-contrib-modbus #188: Huawei SUN2000). */
const SINGLE_SOCKET: ModbusTraits = {
  door: { limit: 1, whenFull: "refuse", idleMs: 60_000 },
  units: {
    0: {
      tables: {
        holding: [
          { from: 32_064, words: int32(48_250) },
          { from: 32_080, words: [...int32(-1500), 0, 0, 0, 5001, 9875, 412] },
          { from: 37_113, words: int32(2750) },
        ],
      },
      maxRegisters: 100,
    },
  },
  otherUnits: "silence",
  latencyMs: [60, 120, 250, 400],
  overlap: "queue",
};

const singleSocketMeter: ZooProfile = {
  id: "single-socket-meter",
  title: "Meter with one socket",
  traits: [
    "unit 0 alone answers, all others are silent",
    "a second TCP connection is refused while one is open",
    "closes a connection that is idle for 60 s",
    "tells nothing of itself",
  ],
  backing: "own simulator",
  expected: { mode: "modbus" },
  tags: [
    { name: "input-power", address: "hr:32064,INT32", value: 48_250 },
    { name: "active-power", address: "hr:32080,INT32", value: -1500 },
    { name: "frequency", address: "hr:32085", value: 5001 },
    { name: "efficiency", address: "hr:32086", value: 9875 },
    { name: "temperature", address: "hr:32087,INT16", value: 412 },
    { name: "grid-power", address: "hr:37113,INT32", value: 2750 },
  ],
  start: (options) => ownModbusDevice(SINGLE_SOCKET, options),
};

const SWAPPED_FLOATS: readonly number[] = Array.from({ length: 24 }, (_, i) => 20.5 + i * 1.25);

const SWAPPED_UNIT: ModbusUnit = {
  tables: { holding: [{ from: 1, words: SWAPPED_FLOATS.flatMap((value) => swapped(float32(value))) }] },
  maxRegisters: 32,
};

const SWAPPED = {
  units: { 1: SWAPPED_UNIT },
  otherUnits: { unit: 1 },
  latencyMs: [5, 15, 30, 40],
} as const;

/** Tags over the whole table, so that a client which merges asks for more than the box gives at once. */
function swappedTags(order: "" | "@CDAB"): ZooTag[] {
  return [0, 1, 2, 5, 9, 14, 19, 23].map((i) => ({
    name: `analog-${i + 1}`,
    address: `hr:${1 + i * 2},FLOAT32${order}`,
    value: SWAPPED_FLOATS[i] ?? 0,
  }));
}

const wordSwappedBox: ZooProfile = {
  id: "word-swapped-box",
  title: "Vendor box with swapped words",
  traits: [
    "floats with the low word first (CDAB)",
    "the first register is address 1; address 0 is exception 02",
    "more than 32 registers in one request are exception 03",
    "answers as any unit, tells nothing of itself",
  ],
  backing: "pymodbus",
  expected: { mode: "modbus" },
  tags: swappedTags("@CDAB"),
  start: (options) => pymodbusDevice(SWAPPED, options),
};

const wordSwappedMisread: ZooProfile = {
  ...wordSwappedBox,
  id: "word-swapped-misread",
  title: "The same box, configured without its word order",
  traits: [...wordSwappedBox.traits, "its tags are configured as if the high word came first"],
  expected: { mode: "modbus", diagnosis: "MODBUS_WORD_ORDER" },
  tags: swappedTags(""),
};

export const modbusMeters: readonly ZooProfile[] = [
  sentronPac3200,
  singleSocketMeter,
  wordSwappedBox,
  wordSwappedMisread,
];
