import { z } from "zod";
import type { Alarm } from "../../core/alarm-types.ts";
import { unreachable } from "../../core/errors.ts";
import type { Health } from "../../core/health.ts";
import {
  DROP_CAUSES,
  type Gap,
  type OutboundRows,
  type OutboundTag,
  type OutboxBatch,
  type ReadingRows,
  STREAMS,
  type Stream,
} from "../../core/outbox/outbound.ts";
import type { Scalar, Value } from "../../core/reading.ts";
import type { Score } from "../../core/score.ts";
import { PROTOCOLS } from "../../core/tag.ts";
import { parseRfc3339, type TimeUs } from "../../core/time.ts";
import type { JsonRow } from "./parquet-columns.ts";

const count = z.int().min(0);
const name = { stream: z.enum(STREAMS), node: z.string(), epoch: z.string(), number: count, row: count };
const rowName = z.looseObject(name);

const scalar = z.union([z.number(), z.boolean(), z.string()]);
const timeUs = z.string().transform((text, context): TimeUs => {
  const us = parseRfc3339(text);
  if (us !== undefined) return us;
  context.addIssue({ code: "custom", message: "is no RFC 3339 time" });
  return z.NEVER;
});

const readingRow = z.looseObject({
  tag: z.string(),
  value: z.union([scalar, z.array(scalar), z.null()]),
  unit: z.string(),
  statusCode: z.int().min(0).max(0xffffffff),
  sourceTime: timeUs,
  agentTime: timeUs,
  sequence: count,
  device: z.string(),
  protocol: z.enum(PROTOCOLS),
  address: z.string(),
});
type ReadingRow = z.infer<typeof readingRow>;

// Of the others what every receiver needs; the rest passes as it is.
const scoreRow = z.looseObject({
  machine: z.string(),
  sensor: z.string(),
  timeUs: z.number(),
  model: z.string(),
});
const healthRow = z.looseObject({ machine: z.string(), timeUs: z.number(), state: z.string() });
const alarmRow = z.looseObject({
  id: z.string(),
  machine: z.string(),
  state: z.string(),
  raisedUs: z.number(),
});
const gapRow = z.looseObject({
  of: z.enum(STREAMS),
  cause: z.enum(DROP_CAUSES),
  rows: z.number(),
  fromUs: z.number(),
  toUs: z.number(),
});

/** Rows of one file as the batches that they were. What the rows do not tell is taken from the file's name.
 *  @throws ZodError for a row that is none */
export async function* readBatches(
  rows: AsyncIterable<JsonRow>,
  committedUs: TimeUs,
): AsyncGenerator<OutboxBatch> {
  let pending: JsonRow[] = [];
  let current: z.infer<typeof rowName> | undefined;
  const whole = (): OutboxBatch[] => {
    if (current === undefined) return [];
    const { node, epoch, number, stream } = current;
    const content = contentOf(stream, pending);
    return [{ node, epoch, number, committedUs, isBacklog: true, content }];
  };
  for await (const row of rows) {
    const next = rowName.parse(row);
    const isSame =
      current?.node === next.node && current.epoch === next.epoch && current.number === next.number;
    if (!isSame) {
      yield* whole();
      pending = [];
      current = next;
    }
    pending.push(row);
  }
  yield* whole();
}

function contentOf(stream: Stream, rows: readonly JsonRow[]): OutboundRows {
  const { length } = rows;
  switch (stream) {
    case "readings":
      return readingsOf(rows.map((row) => readingRow.parse(row)));
    case "scores":
      return { stream, count: length, rows: rows.map((row) => own<Score>(scoreRow.parse(row))) };
    case "health":
      return { stream, count: length, rows: rows.map((row) => own<Health>(healthRow.parse(row))) };
    case "alarms":
      return { stream, count: length, rows: rows.map((row) => own<Alarm>(alarmRow.parse(row))) };
    case "gaps":
      return { stream, count: length, rows: rows.map(gapOf) };
    default:
      return unreachable(stream);
  }
}

/** The row without its name. */
function own<T>(row: JsonRow): T {
  const { stream: _, node: __, epoch: ___, number: ____, row: _____, ...rest } = row;
  return rest as T;
}

function gapOf(row: JsonRow): Gap {
  const { of, ...rest } = gapRow.parse(row);
  return { ...own<Omit<Gap, "stream">>(rest), stream: of };
}

function readingsOf(rows: readonly ReadingRow[]): ReadingRows {
  const tags = new Map<string, { readonly index: number; readonly tag: OutboundTag }>();
  const tag = Uint32Array.from(rows, ({ tag: id, unit, device, protocol, address }) => {
    const key = JSON.stringify([id, unit, device, protocol, address]);
    const known = tags.get(key) ?? { index: tags.size, tag: { id, unit, device, protocol, address } };
    tags.set(key, known);
    return known.index;
  });
  const others = rows.flatMap(({ value }, i): [number, Value][] =>
    typeof value === "number" || value === null ? [] : [[i, value as Scalar | readonly Scalar[]]],
  );
  return {
    stream: "readings",
    count: rows.length,
    tags: [...tags.values()].map((known) => known.tag),
    tag,
    value: Float64Array.from(rows, ({ value }) => numberOf(value)),
    status: Uint32Array.from(rows, ({ statusCode }) => statusCode),
    sourceTimeUs: Float64Array.from(rows, ({ sourceTime }) => sourceTime),
    agentTimeUs: Float64Array.from(rows, ({ agentTime }) => agentTime),
    sequence: Float64Array.from(rows, ({ sequence }) => sequence),
    other: new Map(others),
  };
}

function numberOf(value: ReadingRow["value"]): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" ? value : Number.NaN;
}
