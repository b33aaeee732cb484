/** The six machines of the simulated plant and what happens to them. */
export interface PlantMachine {
  readonly asset: string;
  readonly name: string;
  readonly shaftHz: number;
  readonly plc: "s7" | "modbus" | "opcua";
  /** Two machines degrade: which race, and after how many blocks it begins. */
  readonly fault?: { readonly race: "inner" | "outer"; readonly fromBlock: number };
  /** Real recordings that can stand in for the generator. */
  readonly recordings: {
    readonly healthy: readonly string[];
    readonly damaged?: string;
    readonly rpm: number;
  };
}

export const bearing = { name: "6205", rollers: 9, diameterRatio: 0.2043, contactAngleDeg: 0 } as const;

/** Roller passages a revolution over the outer and the inner race. */
export const BPFO_ORDER = (bearing.rollers / 2) * (1 - bearing.diameterRatio);
export const BPFI_ORDER = (bearing.rollers / 2) * (1 + bearing.diameterRatio);

/** Blocks in which a damage grows from nothing to its full size. */
export const BLOCKS_TO_FAILURE = 25;

export const machines: readonly PlantMachine[] = [
  {
    asset: "utilities/cooling/cell-1/pump-1",
    name: "Cooling pump 1",
    shaftHz: 24.7,
    plc: "s7",
    recordings: { healthy: ["N_800_1", "N_800_3"], rpm: 800 },
  },
  {
    asset: "utilities/cooling/cell-1/pump-2",
    name: "Cooling pump 2",
    shaftHz: 24.9,
    plc: "s7",
    fault: { race: "outer", fromBlock: 34 },
    recordings: { healthy: ["N_800_1", "N_800_3"], damaged: "O_800_1", rpm: 800 },
  },
  {
    asset: "utilities/air/cell-2/fan-1",
    name: "Exhaust fan 1",
    shaftHz: 16.4,
    plc: "modbus",
    recordings: { healthy: ["N_1000_1", "N_1000_3"], rpm: 1000 },
  },
  {
    asset: "utilities/air/cell-2/compressor-1",
    name: "Compressor 1",
    shaftHz: 29.3,
    plc: "modbus",
    recordings: { healthy: ["N_1000_1", "N_1000_3"], rpm: 1000 },
  },
  {
    asset: "press-shop/line-1/cell-3/motor-1",
    name: "Press motor 1",
    shaftHz: 12.5,
    plc: "opcua",
    recordings: { healthy: ["N_1200_1", "N_1200_3"], rpm: 1200 },
  },
  {
    asset: "press-shop/line-1/cell-3/motor-2",
    name: "Press motor 2",
    shaftHz: 33.1,
    plc: "opcua",
    fault: { race: "inner", fromBlock: 44 },
    recordings: { healthy: ["N_1200_1", "N_1200_3"], damaged: "I_1200_1", rpm: 1200 },
  },
];

/** What happens in the plant. "bearings": two bearings fail. "load": two healthy machines go from part to full load, as
 *  they never did while their baselines were learnt. */
export type Story = "bearings" | "load";

const FULL_LOAD: readonly string[] = ["utilities/air/cell-2/fan-1", "utilities/air/cell-2/compressor-1"];
/** Of the story "load", where nobody says when. */
export const LOAD_FROM_BLOCK = 75;
const BLOCKS_TO_FULL_LOAD = 5;

/** The load of a machine at a block: 0 as commissioned .. 1 full. */
export function loadAt(machine: PlantMachine, fromBlock: number, block: number): number {
  if (!FULL_LOAD.includes(machine.asset)) return 0;
  return Math.min(1, Math.max(0, (block - fromBlock) / BLOCKS_TO_FULL_LOAD));
}

/** How damaged a machine is at a block: 0 until its story begins, then slowly, then fast, at last 1. */
export function severityAt(machine: PlantMachine, story: Story, block: number): number {
  if (story !== "bearings" || machine.fault === undefined) return 0;
  const progress = Math.min(1, Math.max(0, (block - machine.fault.fromBlock) / BLOCKS_TO_FAILURE));
  return progress ** 1.5;
}
