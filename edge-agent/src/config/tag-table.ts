import { CsvError, parse } from "csv-parse/sync";
import { limits as limitsSchema } from "./alarm-schema.ts";
import type { ConfigProblem } from "./problem.ts";
import { type TagFile, tag } from "./schema.ts";

/** Tags of a table, and the line of the file that each stands in. */
export interface TagTable {
  readonly tags: readonly TagFile[];
  readonly lines: Uint32Array;
}

const TEXTS = ["name", "asset", "address", "unit"] as const;
const NUMBERS = ["scale", "offset", "deadband"] as const;
/** For people: never read. */
const REMARKS: readonly string[] = ["comment", "description", "remark"];
const LIMIT_NAMES = Object.keys(limitsSchema.shape);
const KNOWN = new Map<string, string>(
  [...TEXTS, ...NUMBERS, ...LIMIT_NAMES].map((name) => [name.toLowerCase(), name]),
);
const NUMERIC = new Set<string>([...NUMBERS, ...LIMIT_NAMES]);
const LIMITS = new Set(LIMIT_NAMES);

/** A table of tags as spreadsheets write it: a line of column names, then a line a tag; comma, semicolon or tab between
 *  the cells. Where a semicolon is between them, a decimal comma is understood.
 *  @param report told of whatever is wrong, with its line */
export function parseTagTable(text: string, report: (problem: ConfigProblem) => void): TagTable {
  const delimiter = delimiterOf(text);
  const tags: TagFile[] = [];
  const lines: number[] = [];
  const intern = createIntern();
  let columns: Columns | undefined;
  let isHeader = true;

  function take(cells: readonly string[], line: number): void {
    if (isHeader) columns = columnsOf(cells, report);
    else if (columns !== undefined) takeTag(entryOf(cells, columns, delimiter === ";", intern), line);
    isHeader = false;
  }

  function takeTag(entry: Readonly<Record<string, unknown>>, line: number): void {
    const parsed = tag.safeParse(entry, { reportInput: true });
    if (parsed.success) {
      tags.push(parsed.data);
      lines.push(line);
      return;
    }
    for (const { path, message, input } of parsed.error.issues) {
      const column = String(path.at(-1) ?? "");
      report({ line, column: 1, path: column, message: input === undefined ? "is missing" : message });
    }
  }

  readRows(text, delimiter, take, report);
  if (isHeader && text.trim() === "")
    report({ line: 1, column: 1, path: "", message: "is empty; its first line names the columns" });
  return { tags, lines: Uint32Array.from(lines) };
}

type Columns = readonly (string | undefined)[];

/** One text for all that are equal: thousands of tags share an asset, a unit, a name. */
function createIntern(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const found = known.get(text);
    if (found === undefined) known.set(text, text);
    return found ?? text;
  };
}

function readRows(
  text: string,
  delimiter: string,
  take: (cells: readonly string[], line: number) => void,
  report: (problem: ConfigProblem) => void,
): void {
  try {
    parse(text, {
      bom: true,
      delimiter,
      trim: true,
      skip_empty_lines: true,
      on_record(cells: readonly string[], { lines }) {
        take(cells, lines);
        // Nothing is gathered: tables are long.
        return null;
      },
    });
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    const { lines, message } = thrown;
    const line = typeof lines === "number" ? lines : 1;
    report({ line, column: 1, path: "", message: `is no CSV table: ${message}` });
  }
}

/** The mark of the header line that stands there most often. */
function delimiterOf(text: string): string {
  const [header = ""] = text.split("\n", 1);
  const count = (mark: string) => header.split(mark).length;
  return [";", "\t"].reduce((best, mark) => (count(mark) > count(best) ? mark : best), ",");
}

/** Names of the columns; undefined where nothing is to be read. */
function columnsOf(header: readonly string[], report: (problem: ConfigProblem) => void): Columns | undefined {
  const columns = header.map((name) => KNOWN.get(name.toLowerCase()));
  const problems: string[] = [];
  for (const [c, name] of header.entries()) {
    const known = columns[c];
    if (known !== undefined && columns.indexOf(known) !== c)
      problems.push(`two columns are called "${name}"`);
    if (known === undefined && !REMARKS.includes(name.toLowerCase()))
      problems.push(
        `"${name}" is no column here; remove it, call it "comment", or take one of ${[...KNOWN.values()].join(", ")}`,
      );
  }
  for (const name of TEXTS)
    if (!columns.includes(name)) problems.push(`there is no column "${name}"; each tag needs one`);
  for (const message of problems) report({ line: 1, column: 1, path: "", message });
  return problems.length === 0 ? columns : undefined;
}

function entryOf(
  cells: readonly string[],
  columns: Columns,
  hasDecimalComma: boolean,
  intern: (text: string) => string,
): Record<string, unknown> {
  const entry: Record<string, unknown> = {};
  let limits: Record<string, unknown> | undefined;
  for (let c = 0; c < columns.length; c += 1) {
    const column = columns[c];
    const cell = cells[c];
    // An empty cell says nothing, as an absent name in YAML does.
    if (column === undefined || cell === undefined || cell === "") continue;
    const value = NUMERIC.has(column) ? numberIn(cell, hasDecimalComma) : intern(cell);
    if (LIMITS.has(column)) {
      limits ??= {};
      limits[column] = value;
    } else entry[column] = value;
  }
  if (limits !== undefined) entry["limits"] = limits;
  return entry;
}

/** The text as it is where it is no number: the schema says what is wrong with it. */
function numberIn(cell: string, hasDecimalComma: boolean): number | string {
  const value = Number(hasDecimalComma ? cell.replace(",", ".") : cell);
  return Number.isFinite(value) ? value : cell;
}
