/** Area codes of the S7-Any pointer (Wireshark packet-s7comm.c, "item_areanames"). */
export const AREAS = {
  inputs: 0x81,
  outputs: 0x82,
  memory: 0x83,
  dataBlock: 0x84,
  counters: 0x1c,
  timers: 0x1d,
} as const;

/** How a value lies in the memory of a controller: high byte first. */
export type CellType =
  | "BOOL"
  | "BYTE"
  | "INT"
  | "WORD"
  | "UINT"
  | "DINT"
  | "DWORD"
  | "UDINT"
  | "REAL"
  | "LREAL"
  | "STRING";

/** One variable with the value it holds. */
export interface Cell {
  readonly name: string;
  readonly area: "inputs" | "outputs" | "memory" | "dataBlock";
  /** Of the data block; 0 elsewhere. */
  readonly db: number;
  readonly at: number;
  readonly type: CellType;
  /** BOOL only. */
  readonly bit?: number;
  /** STRING only: the most characters. */
  readonly most?: number;
  readonly value: number | boolean | string;
}

/** What a controller holds. Bytes of an area that no cell names count up, so that a read of the wrong place shows. */
export interface S7Memory {
  /** Undefined where there is no such area or data block. */
  area(code: number, db: number): Buffer | undefined;
  readonly cells: readonly Cell[];
}

/** @param sizes bytes of each data block, by number; other areas have 256 bytes each */
export function createMemory(sizes: Readonly<Record<number, number>>, cells: readonly Cell[]): S7Memory {
  const blocks = new Map<number, Buffer>();
  for (const [db, bytes] of Object.entries(sizes)) blocks.set(Number(db), counting(bytes));
  const others = new Map<number, Buffer>();
  for (const [name, code] of Object.entries(AREAS)) {
    if (name !== "dataBlock") others.set(code, Buffer.alloc(256));
  }
  const memory: S7Memory = {
    area: (code, db) => (code === AREAS.dataBlock ? blocks.get(db) : others.get(code)),
    cells,
  };
  for (const cell of cells) put(memory, cell);
  return memory;
}

/** Bytes that a cell takes. */
export function cellBytes(cell: Cell): number {
  return cell.type === "STRING" ? (cell.most ?? 254) + 2 : WIDTHS[cell.type];
}

/** The cell's address as nodes7 writes it: "DB1,REAL0", "DB1,X6.3", "MI10". */
export function cellAddress({ area, db, at, type, bit = 0, most = 254 }: Cell): string {
  const place = type === "BOOL" ? `${at}.${bit}` : type === "STRING" ? `${at}.${most}` : `${at}`;
  if (area === "dataBlock") return `DB${db},${type === "BOOL" ? "X" : type}${place}`;
  return `${LETTERS[area]}${SHORT_NAMES[type] ?? type}${place}`;
}

const LETTERS = { inputs: "I", outputs: "Q", memory: "M" } as const;

/** Outside of data blocks nodes7 knows short names only. */
const SHORT_NAMES: Readonly<Partial<Record<CellType, string>>> = { BOOL: "", BYTE: "B", INT: "I", WORD: "W" };

const WIDTHS = {
  BOOL: 1,
  BYTE: 1,
  INT: 2,
  WORD: 2,
  UINT: 2,
  DINT: 4,
  DWORD: 4,
  UDINT: 4,
  REAL: 4,
  LREAL: 8,
} as const;

function counting(bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, i) => i & 0xff));
}

function put(memory: S7Memory, cell: Cell): void {
  const area = memory.area(AREAS[cell.area], cell.db);
  if (area === undefined) throw new TypeError(`${cell.name}: there is no data block ${cell.db}`);
  const { at, value } = cell;
  if (typeof value === "boolean") {
    const mask = 1 << (cell.bit ?? 0);
    const byte = area.readUInt8(at);
    area.writeUInt8(value ? byte | mask : byte & ~mask, at);
  } else if (typeof value === "string") {
    area.fill(0, at, at + cellBytes(cell));
    area.writeUInt8(cell.most ?? 254, at);
    area.writeUInt8(value.length, at + 1);
    area.write(value, at + 2, "latin1");
  } else {
    putNumber(area, cell.type, at, value);
  }
}

function putNumber(area: Buffer, type: CellType, at: number, value: number): void {
  switch (type) {
    case "BYTE":
      area.writeUInt8(value, at);
      return;
    case "INT":
      area.writeInt16BE(value, at);
      return;
    case "WORD":
    case "UINT":
      area.writeUInt16BE(value, at);
      return;
    case "DINT":
      area.writeInt32BE(value, at);
      return;
    case "DWORD":
    case "UDINT":
      area.writeUInt32BE(value, at);
      return;
    case "REAL":
      area.writeFloatBE(value, at);
      return;
    case "LREAL":
      area.writeDoubleBE(value, at);
      return;
    case "BOOL":
    case "STRING":
      throw new TypeError(`a ${type} is no number`);
  }
}
