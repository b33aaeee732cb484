/** Bytes that one value of each S7 data type takes; 0 where the address says how many
 *  (SIMATIC STEP 7 and WinCC Engineering, "Overview of the valid data types"). */
export const S7_TYPE_BYTES = {
  BOOL: 1,
  BYTE: 1,
  SINT: 1,
  USINT: 1,
  CHAR: 1,
  WCHAR: 2,
  WORD: 2,
  INT: 2,
  UINT: 2,
  BCD16: 2,
  S5TIME: 2,
  COUNTER: 2,
  DATE: 2,
  DWORD: 4,
  DINT: 4,
  UDINT: 4,
  REAL: 4,
  BCD32: 4,
  TIME: 4,
  TIME_OF_DAY: 4,
  LWORD: 8,
  LINT: 8,
  ULINT: 8,
  LREAL: 8,
  LTIME: 8,
  LTOD: 8,
  LDT: 8,
  DATE_AND_TIME: 8,
  DTZ: 8,
  DTL: 12,
  DTLZ: 12,
  STRING: 0,
  WSTRING: 0,
} as const;

export type S7Type = keyof typeof S7_TYPE_BYTES;

/** The short names that nodes7 and the manuals use beside the full ones. */
const SHORT_NAMES: Readonly<Record<string, S7Type>> = {
  X: "BOOL",
  B: "BYTE",
  C: "CHAR",
  W: "WORD",
  I: "INT",
  DW: "DWORD",
  DWT: "DWORD",
  DI: "DINT",
  R: "REAL",
  LR: "LREAL",
  LI: "LINT",
  S: "STRING",
  WS: "WSTRING",
  TOD: "TIME_OF_DAY",
  DT: "DATE_AND_TIME",
  WDT: "DATE_AND_TIME",
};

/** Every name of a type, longest first: a prefix must not hide the longer name (S and S5TIME). */
const NAMES: readonly (readonly [string, S7Type])[] = [
  ...(Object.keys(S7_TYPE_BYTES) as S7Type[]).map((type) => [type, type] as const),
  ...Object.entries(SHORT_NAMES),
].sort(([a], [b]) => b.length - a.length);

export interface NamedType {
  readonly type: S7Type;
  readonly nameLength: number;
}

/** The type whose name stands in `text` at `at` and ends before a digit (`isBare` false) or before anything that
 *  is no letter (`isBare` true). */
export function typeNameAt(text: string, at: number, isBare: boolean): NamedType | undefined {
  const ending = isBare ? /^[^A-Za-z0-9_]?$/ : /^\d$/;
  for (const [name, type] of NAMES) {
    const end = at + name.length;
    if (text.slice(at, end).toUpperCase() !== name) continue;
    if (ending.test(text.slice(end, end + 1))) return { type, nameLength: name.length };
  }
  return undefined;
}
