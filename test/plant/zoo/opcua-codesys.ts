import { ownModbusDevice } from "./modbus-device.ts";
import { startModbusSimulator } from "./modbus-simulator.ts";
import type { ModbusTraits } from "./modbus-traits.ts";
import { float32, int16, int32 } from "./modbus-words.ts";
import { BOUGHT_IN } from "./opcua-bought-in.ts";
import { lineTags, lineVariables } from "./opcua-line.ts";
import { startOpcuaSimulator } from "./opcua-simulator.ts";
import type { OpcuaTraits } from "./opcua-traits.ts";
import { deviceOf } from "./other-device.ts";
import { createReceived } from "./received.ts";
import type { ZooProfile } from "./zoo-profile.ts";

/** The server of a CODESYS runtime: variables by their path in the device. */
const SERVER: OpcuaTraits = {
  ...BOUGHT_IN,
  applicationUri: "urn:softplc:CODESYS:OPCUAServer",
  applicationName: "OPCUAServer@softplc",
  productUri: "urn:CODESYS:OPCUAServer",
  build: { manufacturer: "CODESYS", product: "CODESYS Control for Linux SL", software: "V3.5.19.20" },
  namespaces: [
    "http://opcfoundation.org/UA/DI/",
    "http://PLCopen.org/OpcUa/IEC61131-3/",
    "urn:softplc:CODESYS",
  ],
  variables: lineVariables((name) => `|var|CODESYS Control for Linux SL.Application.GVL.${name}`),
};

/** Modbus server of the same runtime: 16 clients, unit 255, no identification (CODESYS help, "ModbusTCP Server Device"). */
const REGISTERS: ModbusTraits = {
  door: { limit: 16 },
  units: {
    255: {
      tables: {
        holding: [{ from: 0, words: [...float32(71.5), ...int16(-1480), ...int32(1_204_117), 17] }],
        input: [{ from: 0, words: [...float32(2.25), 99] }],
      },
    },
  },
  otherUnits: "silence",
  latencyMs: [1, 4, 10, 20],
  overlap: "queue",
};

export const opcuaCodesys: readonly ZooProfile[] = [
  {
    id: "codesys-soft-plc",
    title: "CODESYS soft PLC with OPC UA and Modbus",
    traits: ["OPC UA, variables by their path", "Modbus answers unit 255 alone"],
    backing: "node-opcua, Modbus: own simulator",
    expected: {
      vendor: "CODESYS",
      family: "CODESYS",
      model: "CODESYS Control for Linux SL",
      firmware: "V3.5.19.20",
      nature: "soft-plc",
      mode: "opcua",
    },
    tags: lineTags(SERVER),
    async start(options) {
      const received = createReceived();
      const opcua = await startOpcuaSimulator(SERVER, received);
      return deviceOf(received, {
        opcua,
        modbus: await startModbusSimulator(REGISTERS, options, received),
      });
    },
  },
  {
    id: "codesys-modbus",
    title: "CODESYS soft PLC with Modbus alone",
    traits: ["answers unit 255 alone", "tells nothing of itself", "16 clients"],
    backing: "own simulator",
    expected: { mode: "modbus" },
    tags: [
      { name: "temperature", address: "hr:0,FLOAT32", value: 71.5 },
      { name: "speed", address: "hr:2,INT16", value: -1480 },
      { name: "pieces", address: "hr:3,INT32", value: 1_204_117 },
      { name: "step", address: "hr:5", value: 17 },
      { name: "pressure", address: "ir:0,FLOAT32", value: 2.25 },
    ],
    start: (options) => ownModbusDevice(REGISTERS, options),
  },
];
