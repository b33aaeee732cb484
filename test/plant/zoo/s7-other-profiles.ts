import { createReceived } from "./received.ts";
import { withRefused } from "./refused-ports.ts";
import { BLOCK_CELLS, memoryOf, OTHER_CELLS, TRAITS_315 } from "./s7-300.ts";
import { expectedOf, ownS7Profile, tagsOf } from "./s7-profile.ts";
import { startS7Simulator } from "./s7-simulator.ts";
import type { S7Identity, S7Traits } from "./s7-traits.ts";
import type { ZooProfile } from "./zoo-profile.ts";

/** S7-400, S7-1200 and S7-1500 on S7. */

const memory = memoryOf([...BLOCK_CELLS, ...OTHER_CELLS]);

const identity416: S7Identity = {
  orderNumber: "6ES7 416-2XN05-0AB0",
  firmware: "V5.3.2",
  stationName: "SIMATIC 400(1)",
  moduleName: "CPU 416-2 DP",
  moduleType: "CPU 416-2 DP",
  serial: "SVPU2154871",
  rates: [12_000_000, 10_500_000, 0],
};

/** Through a CP 443-1 (ITI/ICS-Security-Tools, wincc_s400_production: asked for 2, 2 and 480 it grants them). */
const TRAITS_416: S7Traits = {
  ...TRAITS_315,
  identity: identity416,
  tsaps: [{ types: ["pg", "op", "basic"], low: 3 }],
  otherTsaps: "disconnect-request",
  pduSize: 480,
  amq: { calling: 2, called: 2 },
  connections: { total: 64, reserved: { pg: 1, op: 1 }, taken: {}, whenFull: "disconnect-request" },
  latencyMs: [3.2, 4.1, 5.4, 9],
};

const identity414h: S7Identity = {
  ...identity416,
  orderNumber: "6ES7 414-4HM14-0AB0",
  firmware: "V4.5.3",
  stationName: "SIMATIC H Station(1)",
  moduleName: "CPU 414-4 H",
  moduleType: "CPU 414-4 H",
  serial: "SVPW1022430",
};

const identity1214: S7Identity = {
  orderNumber: "6ES7 214-1AG40-0XB0",
  firmware: "V4.2.1",
  stationName: "S7-1200 station_1",
  moduleName: "PLC_1",
  moduleType: "CPU 1214C DC/DC/DC",
  serial: "S C-H5F318872016",
  rates: [0, 0, 100_000_000],
};

const LISTS_1200: readonly number[] = [0x0011, 0x0111, 0x001c, 0x011c, 0x0424];

/** Its AmQ is in no capture that we have read: three is a guess. */
const TRAITS_1200: S7Traits = {
  ...TRAITS_315,
  identity: identity1214,
  tsaps: [0, 1].map((low) => ({ types: ["pg", "op", "basic"], low })),
  amq: { calling: 3, called: 3 },
  connections: { total: 8, reserved: { pg: 1, op: 3 }, taken: {}, whenFull: "reset" },
  latencyMs: [1.5, 2.5, 5, 12],
  errorRosctr: 2,
  szl: LISTS_1200,
};

const identity1511: S7Identity = {
  ...identity1214,
  orderNumber: "6ES7 511-1AK00-0AB0",
  firmware: "V1.1.2",
  stationName: "S71500/ET200MP station_1",
  moduleType: "CPU 1511-1 PN",
  serial: "S C-DNA283462013",
};

const PUT_GET_OFF = 0x8104;

/** The CPU that is not in charge has its address too, and refuses. */
const hProfile: ZooProfile = {
  id: "s7-400h",
  title: "S7-400H: two addresses, one CPU in charge",
  traits: ["the second address refuses every connection request with DR", "slot 3, PDU 480"],
  expected: expectedOf("S7-400", identity414h, "s7-native"),
  backing: "own simulator",
  tags: tagsOf(memory.cells),
  async start(options) {
    const received = createReceived();
    const traits = { ...TRAITS_416, identity: identity414h };
    const master = await startS7Simulator({ traits, memory }, options, received);
    const reserve = await startS7Simulator({ traits: { ...traits, tsaps: [] }, memory }, options, received);
    return {
      endpoints: [withRefused({ s7: master.port }), withRefused({ s7: reserve.port })],
      received: received.frames,
      get connections() {
        return master.connections + reserve.connections;
      },
      setFirmware: (firmware) => master.setFirmware(firmware),
      occupy: async (connections) => master.occupy(connections),
      async close() {
        await Promise.all([master.close(), reserve.close()]);
      },
    };
  },
};

export const s7OtherProfiles: readonly ZooProfile[] = [
  ownS7Profile(
    {
      id: "s7-416-cp443",
      title: "S7-416-2 DP V5.3.2 through a CP 443-1",
      traits: ["slot 3 only, another slot gets DR", "PDU 480", "two jobs in flight"],
      expected: expectedOf("S7-400", identity416, "s7-native"),
    },
    { traits: TRAITS_416, memory },
  ),
  hProfile,
  ownS7Profile(
    {
      id: "s7-1200-putget-off",
      title: "S7-1214C V4.2.1, PUT/GET not permitted",
      traits: ["connects and tells who it is", "every read gives 8104"],
      expected: { ...expectedOf("S7-1200", identity1214, "s7-native"), diagnosis: "S7_PUT_GET_OFF" },
    },
    { traits: { ...TRAITS_1200, reads: PUT_GET_OFF }, memory },
  ),
  ownS7Profile(
    {
      id: "s7-1511-2013",
      title: "S7-1511-1 PN V1.1.2 of 2013",
      traits: ["its TCP is the S7-300's; the order number tells", "PDU 960", "slots 0 and 1"],
      expected: expectedOf("S7-1500", identity1511, "s7-native"),
    },
    {
      traits: {
        ...TRAITS_1200,
        identity: identity1511,
        pduSize: 960,
        amq: { calling: 8, called: 8 },
        connections: { total: 64, reserved: { pg: 4, op: 4 }, taken: {}, whenFull: "reset" },
        latencyMs: [0.9, 1.6, 3, 8],
      },
      memory,
    },
  ),
];
