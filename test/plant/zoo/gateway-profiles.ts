import { ownModbusDevice } from "./modbus-device.ts";
import type { ModbusTraits, ModbusUnit } from "./modbus-traits.ts";
import { float32, int16 } from "./modbus-words.ts";
import type { ZooProfile } from "./zoo-profile.ts";

/** A slave on the serial line: its number is in its values. */
function slave(unit: number, lateChance: number): ModbusUnit {
  return {
    tables: {
      holding: [{ from: 0, words: [1000 + unit, ...int16(-unit), ...float32(unit + 0.5)] }],
      input: [{ from: 100, words: [2000 + unit] }],
    },
    lateChance,
  };
}

/** Round trips measured at a gateway with units 1, 2, 3 and 7: median 89 ms, 95th percentile 509 ms
 *  (ITI/ICS-Security-Tools, modbus_test_data_part1.pcap). */
const SERIAL_GATEWAY: ModbusTraits = {
  units: { 0: "silence", 1: slave(1, 0), 2: slave(2, 0), 3: slave(3, 0), 7: slave(7, 0.1) },
  otherUnits: { exception: 0x0b },
  deadUnitMs: 1000,
  latencyMs: [40, 89, 480, 500],
  overlap: "queue",
};

const serialGateway: ZooProfile = {
  id: "serial-gateway",
  title: "Modbus TCP to RTU gateway with four slaves",
  traits: [
    "units 1, 2, 3 and 7 behind one serial line: one request at a time, 40 to 500 ms each",
    "other units: exception 0B after a second",
    "unit 7 is late one time in ten: 0B first, then its answer under the old transaction id",
  ],
  backing: "own simulator",
  expected: { mode: "modbus" },
  tags: [1, 2, 3, 7].flatMap((unit) => [
    { name: `unit-${unit}-number`, address: `hr:0#unit=${unit}`, value: 1000 + unit },
    { name: `unit-${unit}-level`, address: `hr:2,FLOAT32#unit=${unit}`, value: unit + 0.5 },
  ]),
  start: (options) => ownModbusDevice(SERIAL_GATEWAY, options),
};

const deadSlave: ZooProfile = {
  ...serialGateway,
  id: "serial-gateway-dead-slave",
  title: "The same gateway, asked for a slave that is not there",
  traits: [...serialGateway.traits, "its tags are those of unit 9, which is switched off"],
  expected: { mode: "modbus", diagnosis: "MODBUS_GATEWAY_TARGET" },
  tags: [
    { name: "unit-9-number", address: "hr:0#unit=9", value: 1009 },
    { name: "unit-9-sign", address: "hr:1,INT16#unit=9", value: -9 },
    { name: "unit-9-level", address: "hr:2,FLOAT32#unit=9", value: 9.5 },
    { name: "unit-9-input", address: "ir:100#unit=9", value: 2009 },
  ],
};

export const gatewayProfiles: readonly ZooProfile[] = [serialGateway, deadSlave];
