import type { SchemaElement } from "hyparquet";
import type { Stream } from "../../core/outbox/outbound.ts";
import { parseRfc3339, rfc3339 } from "../../core/time.ts";

/** A row of NDJSON as an object. */
export type JsonRow = Readonly<Record<string, unknown>>;

/** One column of a Parquet file, and its way from and to the row's field. */
export interface Column {
  readonly element: SchemaElement;
  readonly field: string;
  to(row: JsonRow): unknown;
  from(cell: unknown): unknown;
}

const required = { repetition_type: "REQUIRED" } as const;
const same = (value: unknown): unknown => value;

/** Neighbours share much: what was asked last is answered without work. */
function remembered<B>(of: (value: unknown) => B): (value: unknown) => B {
  let last: { readonly value: unknown; readonly answer: B } | undefined;
  return (value) => {
    if (last === undefined || last.value !== value) last = { value, answer: of(value) };
    return last.answer;
  };
}

function text(name: string, field = name): Column {
  return {
    element: { name, type: "BYTE_ARRAY", converted_type: "UTF8", ...required },
    field,
    to: (row) => row[field],
    from: same,
  };
}

function integer(name: string, field = name): Column {
  const big = remembered((value) => BigInt(Number(value)));
  return {
    element: { name, type: "INT64", ...required },
    field,
    to: (row) => big(row[field]),
    from: Number,
  };
}

function time(name: string, field: string): Column {
  const logical_type = { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } as const;
  const micros = remembered((value) => BigInt(Number(parseRfc3339(String(value)))));
  return {
    element: { name, type: "INT64", logical_type, ...required },
    field,
    to: (row) => micros(row[field]),
    from: remembered((cell) => rfc3339(Number(cell))),
  };
}

const names = (): readonly Column[] => [text("node"), text("epoch"), integer("number"), integer("row")];

/** Numbers, and 0 or 1 for booleans: what charts and sums work on. */
const number: Column = {
  element: { name: "value", type: "DOUBLE", repetition_type: "OPTIONAL" },
  field: "value",
  to({ value }) {
    if (typeof value === "boolean") return value ? 1 : 0;
    return typeof value === "number" ? value : null;
  },
  from: same,
};

/** What is no number, as JSON: texts, booleans, arrays. */
const other: Column = {
  element: { name: "value_json", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
  field: "value_json",
  to: ({ value }) => (typeof value === "number" || value === null ? null : JSON.stringify(value)),
  from: same,
};

const readingColumns = (): readonly Column[] => [
  ...names(),
  time("source_time", "sourceTime"),
  time("agent_time", "agentTime"),
  text("tag"),
  number,
  other,
  text("unit"),
  text("quality"),
  integer("status_code", "statusCode"),
  text("status"),
  integer("sequence"),
  text("device"),
  text("protocol"),
  text("address"),
];

/** Scores, health, alarms and gaps: their names as columns, all of it as JSON. */
const otherColumns = (): readonly Column[] => [
  ...names(),
  {
    element: { name: "json", type: "BYTE_ARRAY", converted_type: "UTF8", ...required },
    field: "json",
    to: (row) => JSON.stringify(row),
    from: same,
  },
];

/** For one file: its columns remember the row before. */
export const columnsOf = (stream: Stream): readonly Column[] =>
  stream === "readings" ? readingColumns() : otherColumns();

/** Gives the row that the cells of a file stand for, as NDJSON would have it. */
export function rowReader(stream: Stream): (cells: JsonRow) => JsonRow {
  if (stream !== "readings") return (cells) => JSON.parse(String(cells["json"])) as JsonRow;
  const columns = readingColumns();
  return (cells) => {
    const pairs = columns.map(({ element, field, from }) => [field, from(cells[element.name])] as const);
    const { value_json: json, ...row } = Object.fromEntries(pairs);
    return { stream, ...row, ...(typeof json === "string" && { value: JSON.parse(json) as unknown }) };
  };
}
