import { BLOCK_CELLS, memoryOf, OTHER_CELLS } from "./s7-300.ts";
import { SNAP7_IDENTITY, snap7Profile } from "./snap7-device.ts";
import type { ZooProfile } from "./zoo-profile.ts";

const memory = memoryOf([...BLOCK_CELLS, ...OTHER_CELLS]);

/** Servers that we did not write. They say that they are a CPU 315-2 PN/DP; how they confirm connections and how many
 *  of them they claim to have (1024, PDU 2048) says that they are snap7's. */
export const snap7Profiles: readonly ZooProfile[] = [
  snap7Profile(
    {
      id: "s7-315-v32",
      title: "S7-315-2 PN/DP, 6ES7 315-2EH14-0AB0, V3.2.6",
      traits: ["PDU 240", "any slot", "the connection confirm echoes the order of the request"],
      expected: { ...SNAP7_IDENTITY, mode: "s7-compat" },
    },
    { pduSize: 240, memory },
  ),
  snap7Profile(
    {
      id: "s7-300-stop",
      title: "S7-300 in STOP",
      traits: ["SZL 0x0424 says STOP", "reads are answered"],
      expected: { ...SNAP7_IDENTITY, mode: "s7-compat" },
    },
    { pduSize: 240, isStopped: true, memory },
  ),
  snap7Profile(
    {
      id: "snap7-pdu-480",
      title: "snap7's server with the PDU of an S7-400",
      traits: ["PDU 480", "as many jobs in flight as are asked for"],
      expected: { ...SNAP7_IDENTITY, mode: "s7-native" },
    },
    { pduSize: 480, memory },
  ),
  snap7Profile(
    {
      id: "snap7-pdu-960",
      title: "snap7's server with the PDU of an S7-1500",
      traits: ["PDU 960", "as many jobs in flight as are asked for"],
      expected: { ...SNAP7_IDENTITY, mode: "s7-native" },
    },
    { pduSize: 960, memory },
  ),
  snap7Profile(
    {
      id: "snap7-default",
      title: "snap7's server as it comes",
      traits: ["any slot, any PDU"],
      expected: { ...SNAP7_IDENTITY, mode: "s7-native" },
    },
    { pduSize: 0, memory },
  ),
];
