import { startModbusPn } from "./modbuspn-simulator.ts";
import { createReceived } from "./received.ts";
import { withRefused } from "./refused-ports.ts";
import { BLOCK_CELLS, IDENTITY_315_V26, memoryOf, TRAITS_315 } from "./s7-300.ts";
import type { Cell } from "./s7-memory.ts";
import { expectedOf, type ProfileWords, tagsOf } from "./s7-profile.ts";
import { startS7Simulator } from "./s7-simulator.ts";
import type { S7Device, S7Identity, S7Traits } from "./s7-traits.ts";
import type { ZooDevice, ZooProfile, ZooStart, ZooTunnelArea } from "./zoo-profile.ts";

/** S7-300s whose program serves registers as well. */

const COIL_CELL: Cell = {
  name: "valve",
  area: "dataBlock",
  db: 11,
  at: 1,
  bit: 2,
  type: "BOOL",
  value: true,
};

const AREAS: readonly ZooTunnelArea[] = [
  { kind: "holding", db: 1, startRegister: 0, endRegister: 127, byteBase: 0 },
  { kind: "holding", db: 10, startRegister: 2000, endRegister: 2119, byteBase: 0 },
  { kind: "coil", db: 11, startRegister: 0, endRegister: 63, byteBase: 0 },
];

interface Sides {
  readonly words: ProfileWords;
  readonly cells: readonly Cell[];
  /** Addresses at which S7 answers; registers answer at the first. */
  readonly addresses: readonly [S7Traits, ...S7Traits[]];
}

function registerProfile({ words, cells, addresses }: Sides): ZooProfile {
  const memory = memoryOf(cells);
  const devices = addresses.map((traits): S7Device => ({ traits, memory }));
  return {
    ...words,
    backing: "own simulator",
    tags: tagsOf(cells),
    tunnelAreas: AREAS,
    start: (options) => start(devices, options),
  };
}

async function start(devices: readonly S7Device[], options: ZooStart): Promise<ZooDevice> {
  const received = createReceived();
  const simulators = await Promise.all(devices.map((device) => startS7Simulator(device, options, received)));
  const memory = devices[0]?.memory;
  if (memory === undefined) throw new TypeError("a device has an address");
  const registers = await startModbusPn(memory, AREAS, options, received);
  const [first, ...others] = simulators.map(({ port }) => port);
  return {
    endpoints: [
      withRefused({ s7: first ?? 0, modbus: registers.port }),
      ...others.map((port) => withRefused({ s7: port })),
    ],
    received: received.frames,
    get connections() {
      return simulators.reduce((sum, { connections }) => sum + connections, registers.accepted);
    },
    setFirmware(firmware) {
      for (const simulator of simulators) simulator.setFirmware(firmware);
    },
    async occupy(connections) {
      for (const simulator of simulators) simulator.occupy(connections);
    },
    async close() {
      await Promise.all([...simulators, registers].map((side) => side.close()));
    },
  };
}

const identity317: S7Identity = {
  ...IDENTITY_315_V26,
  orderNumber: "6ES7 317-2EK13-0AB0",
  firmware: "V2.6.7",
  moduleType: "CPU 317-2 PN/DP",
  serial: "S C-W9BR11552008",
};

const traits317: S7Traits = { ...TRAITS_315, identity: identity317 };

/** A CP passes jobs on to the CPU: the slot is the CPU's, and less fits into one. */
const throughCp: S7Traits = {
  ...traits317,
  otherTsaps: "fin",
  amq: { calling: 1, called: 1 },
  latencyMs: [18, 25, 40, 60],
  mostJobBytes: 160,
  surplusJobs: 0x8503,
};

/** Program blocks for Modbus do not tell who runs them: with S7 refused, nothing does. */
const UNNAMED: ProfileWords["expected"] = { mode: "modbus-tunnel" };

export const s7ModbusProfiles: readonly ZooProfile[] = [
  registerProfile({
    words: {
      id: "s7-315-v26-modbuspn",
      title: "S7-315-2 PN/DP V2.6.1 whose program runs MODBUSPN",
      traits: [
        "S7 as s7-315-v26",
        "502: one client, any unit, function 43 gives 01, outside of the areas 02",
        "10 to 50 ms a request",
      ],
      expected: expectedOf("S7-300", IDENTITY_315_V26, "s7-compat"),
    },
    cells: [...BLOCK_CELLS, COIL_CELL],
    addresses: [TRAITS_315],
  }),
  registerProfile({
    words: {
      id: "s7-315-v26-tunnel-only",
      title: "S7-315-2 PN/DP V2.6.1 that refuses S7 and runs MODBUSPN",
      traits: ["102 opens and resets every connection request", "502 as s7-315-v26-modbuspn"],
      expected: UNNAMED,
    },
    cells: [...BLOCK_CELLS, COIL_CELL],
    addresses: [{ ...TRAITS_315, tsaps: [] }],
  }),
  registerProfile({
    words: {
      id: "s7-317-cp343-modbuscp",
      title: "S7-317-2 PN/DP V2.6.7 with a CP 343-1 that runs MODBUSCP",
      traits: [
        "two addresses of one CPU: the CP's, with registers, and the CPU's own",
        "slot 2 through the CP too",
        "160 bytes a job and 18 to 60 ms through the CP",
      ],
      expected: expectedOf("S7-300", identity317, "s7-compat"),
    },
    cells: [...BLOCK_CELLS, COIL_CELL],
    addresses: [throughCp, traits317],
  }),
];
