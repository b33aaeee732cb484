import { type Cell, createMemory, type S7Memory } from "./s7-memory.ts";
import type { ConnectionTraits, S7Identity, S7Traits } from "./s7-traits.ts";

/** What the S7-300s of the zoo have in common, and their memory. */

export const IDENTITY_315_V26: S7Identity = {
  orderNumber: "6ES7 315-2EH13-0AB0",
  firmware: "V2.6.1",
  stationName: "SIMATIC 300(1)",
  moduleName: "PLC_1",
  moduleType: "CPU 315-2 PN/DP",
  serial: "S C-V1R583122007",
  card: "MMC 4A1AC019",
  // 12 Mbit/s MPI and DP, 187.5 kbit/s, 100 Mbit/s: as a CPU 315-2EH14 says them.
  rates: [12_000_000, 187_500, 100_000_000],
};

/** CPU 31x manual (A5E00105475): one connection reserved for a PG and one for an OP unless the project says otherwise. */
export const CONNECTIONS_315: ConnectionTraits = {
  total: 16,
  reserved: { pg: 1, op: 1 },
  taken: {},
  whenFull: "reset",
};

export const LISTS_300: readonly number[] = [0x0011, 0x0111, 0x001c, 0x011c, 0x0131, 0x0132, 0x0232, 0x0424];

/** A CPU 315-2 PN/DP on its own port. */
export const TRAITS_315: S7Traits = {
  identity: IDENTITY_315_V26,
  tsaps: [{ types: ["pg", "op", "basic"], low: 2 }],
  otherTsaps: "reset",
  confirm: { order: "size-first", reference: "counting" },
  setup: "answers",
  pduSize: 240,
  // Asked for 1 and 3 a CPU 315 grants 1 and 2 (ITI/ICS-Security-Tools, wincc_s300_setup-alarm-read.pcapng).
  amq: { calling: 1, called: 2 },
  connections: CONNECTIONS_315,
  // An IM151-8 PN/DP CPU, 3000 reads (ITI/ICS-Security-Tools, s7comm_varservice_libnodavedemo_bench.pcap).
  latencyMs: [3.1, 3.9, 4.9, 6.9],
  surplusJobs: "wait",
  reads: "any-range",
  errorRosctr: 3,
  szl: LISTS_300,
  state: "run",
  protection: 1,
};

/** Cells in two data blocks: several types, and odd offsets as programs of that time have them. */
export const BLOCK_CELLS: readonly Cell[] = [
  { name: "level", area: "dataBlock", db: 1, at: 0, type: "REAL", value: 42.5 },
  { name: "speed", area: "dataBlock", db: 1, at: 4, type: "INT", value: -1480 },
  { name: "running", area: "dataBlock", db: 1, at: 6, bit: 3, type: "BOOL", value: true },
  { name: "pieces", area: "dataBlock", db: 1, at: 8, type: "DINT", value: 123_456_789 },
  { name: "pump", area: "dataBlock", db: 1, at: 20, type: "STRING", most: 10, value: "Pump 7" },
  { name: "deviation", area: "dataBlock", db: 10, at: 13, type: "REAL", value: -0.15625 },
  { name: "status", area: "dataBlock", db: 10, at: 17, type: "WORD", value: 0xbeef },
  { name: "flow", area: "dataBlock", db: 10, at: 200, type: "REAL", value: 325_000 },
];

/** What only S7 can reach. */
export const OTHER_CELLS: readonly Cell[] = [
  { name: "step", area: "memory", db: 0, at: 10, type: "INT", value: 777 },
  { name: "door", area: "inputs", db: 0, at: 0, bit: 3, type: "BOOL", value: true },
];

/** Bytes of the data blocks. */
const BLOCKS = { 1: 256, 10: 240, 11: 8 };

export function memoryOf(cells: readonly Cell[]): S7Memory {
  return createMemory(BLOCKS, cells);
}
