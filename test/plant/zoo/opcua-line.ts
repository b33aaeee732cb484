import { startOpcuaSimulator } from "./opcua-simulator.ts";
import type { OpcuaTraits, OpcuaVariable } from "./opcua-traits.ts";
import { deviceOf } from "./other-device.ts";
import { createReceived } from "./received.ts";
import type { ZooProfile, ZooTag } from "./zoo-profile.ts";

/** What every OPC UA server of the zoo has to tell: the state of a line. */

const LINE = [
  { name: "Temperature", type: "Float", value: 71.5 },
  { name: "Pressure", type: "Float", value: 2.25 },
  { name: "Speed", type: "Int16", value: -1480 },
  { name: "Pieces", type: "UInt32", value: 1_204_117 },
  { name: "Running", type: "Boolean", value: true },
  { name: "Order", type: "String", value: "A-4711" },
] as const;

/** @param identifier as the vendor forms it from a name */
export function lineVariables(identifier: (name: string) => string): OpcuaVariable[] {
  return LINE.map(({ name, type, value }) => ({ identifier: identifier(name), type, value }));
}

export function lineTags({ namespaces, variables }: OpcuaTraits): ZooTag[] {
  return variables.map(({ identifier, value }, i) => ({
    name: LINE[i]?.name.toLowerCase() ?? identifier,
    address: `ns=${namespaces.length + 1};s=${identifier}`,
    value,
  }));
}

/** A device that has nothing but OPC UA. */
export function startOpcuaAlone(traits: OpcuaTraits): ZooProfile["start"] {
  return async () => {
    const received = createReceived();
    return deviceOf(received, { opcua: await startOpcuaSimulator(traits, received) });
  };
}
