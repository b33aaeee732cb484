import type { Scanner } from "./scanner.ts";
import { isBitTable, type ModbusAddress, TABLES, type Table } from "./types.ts";

export type Place = Pick<ModbusAddress, "bit" | "start" | "table">;

/** The leading digit of a classic reference (Modicon Modbus Protocol Reference Guide PI-MBUS-300, chapter 1). */
const CLASSIC: Readonly<Record<string, Table>> = { "0": "coil", "1": "di", "3": "ir", "4": "hr" };

const HINTS: Readonly<Record<string, Table>> = {
  holding: "hr",
  input: "ir",
  coils: "coil",
  discrete: "di",
};

const NAMES = [...TABLES, ...Object.keys(HINTS)].join("|");
const BEGINNING = new RegExp(`^(?:[0-9]|(?:${NAMES}):)`, "i");

/** Whether it is meant for a Modbus address, be it right or wrong: addresses of other protocols begin differently. */
export const looksLikeModbus = (text: string): boolean => BEGINNING.test(text);

const MOST_BIT = 15;
const LAST_ADDRESS = 65_535;

/** `hr:100`, `hr:100.3`, `40101`, `400101.3`. A failed scanner gets a place all the same. */
export function scanPlace(scanner: Scanner, base: 0 | 1): Place {
  const classic = scanner.take(/[0-9]+/y);
  const place = classic === undefined ? namedPlace(scanner, base) : classicPlace(scanner, classic);
  if (scanner.take(/\./y) === undefined) return { ...place, bit: undefined };
  if (isBitTable(place.table))
    scanner.fail(`a ${place.table} is one bit and has none inside`, scanner.at - 1);
  return { ...place, bit: scanner.number(`a bit of 0 (lowest) to ${MOST_BIT}`, 0, MOST_BIT) };
}

function namedPlace(scanner: Scanner, base: 0 | 1): Omit<Place, "bit"> {
  const name = scanner.take(/[A-Za-z]+/y) ?? "";
  const table = TABLES.find((known) => known === name.toLowerCase());
  if (table === undefined) scanner.fail(unknownTable(name), 0);
  scanner.expect(/:/y, `: between ${table ?? "table"} and number`);
  const start = scanner.number(
    `a number of ${base} to ${LAST_ADDRESS + base} (the first is ${base}: option addressBase)`,
    base,
    LAST_ADDRESS + base,
  );
  return { table: table ?? "hr", start: (start ?? base) - base };
}

function unknownTable(name: string): string {
  const hint = HINTS[name.toLowerCase()];
  if (hint !== undefined) return `unknown table ${name}; write ${hint}:`;
  return "expected hr: ir: di: coil: or a reference such as 40001";
}

/** Five digits reach reference 9999, six digits 65536; the first of a table is 1 whatever the option says. */
function classicPlace(scanner: Scanner, digits: string): Omit<Place, "bit"> {
  const table = CLASSIC[digits.charAt(0)];
  const reference = Number(digits.slice(1));
  if (table === undefined) scanner.fail("a reference begins with 0 (coil), 1 (di), 3 (ir) or 4 (hr)", 0);
  if (digits.length !== 5 && digits.length !== 6) {
    scanner.fail("a reference has 5 or 6 digits, as 40001 or 400001; a protocol address is written hr:0", 0);
  }
  if (reference < 1 || reference > LAST_ADDRESS + 1) {
    scanner.fail(`references count from 1 to ${LAST_ADDRESS + 1}`, 1);
  }
  return { table: table ?? "hr", start: reference - 1 };
}
