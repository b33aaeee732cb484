import type { Alarm } from "../../../core/alarm-types.ts";
import type { Health } from "../../../core/health.ts";
import { type BatchColumns, ValueKind } from "../../../core/outbox/batch-codec.ts";
import type { Gap, OutboundRows, OutboundTag, ReadingRows } from "../../../core/outbox/outbound.ts";
import type { Value } from "../../../core/reading.ts";
import type { Score } from "../../../core/score.ts";
import type { FoundBatch } from "./messages.ts";

/** What a sink is given of a batch. @param tagOf a tag by its key */
export function rowsOf(
  content: FoundBatch["content"],
  tagOf: (key: number) => OutboundTag | undefined,
): OutboundRows {
  if (content.stream === "readings") return readingRows(content.columns, tagOf);
  const { stream, json } = content;
  const count = json.length;
  const parsed = json.map((text): unknown => JSON.parse(text));
  // What this program wrote, as its checksum says.
  switch (stream) {
    case "scores":
      return { stream, count, rows: parsed as Score[] };
    case "health":
      return { stream, count, rows: parsed as Health[] };
    case "alarms":
      return { stream, count, rows: parsed as Alarm[] };
    case "gaps":
      return { stream, count, rows: parsed as Gap[] };
  }
}

function readingRows(columns: BatchColumns, tagOf: (key: number) => OutboundTag | undefined): ReadingRows {
  const { count, keys, tag, value, status, sourceTimeUs, agentTimeUs, sequence, kind } = columns;
  const other = new Map<number, Value>();
  let text = 0;
  for (let row = 0; row < count; row += 1) {
    const of = kind[row];
    if (of === ValueKind.number) continue;
    other.set(row, of === ValueKind.boolean ? value[row] === 1 : jsonOf(columns.texts[text++]));
    value[row] = Number.NaN;
  }
  const tags = Array.from(keys, (key) => {
    const found = tagOf(key);
    if (found === undefined) throw new RangeError(`the outbox named tag ${key} and never said what it is`);
    return found;
  });
  return { stream: "readings", count, tags, tag, value, status, sourceTimeUs, agentTimeUs, sequence, other };
}

const jsonOf = (text: Uint8Array | undefined): Value =>
  text === undefined ? null : (JSON.parse(Buffer.from(text).toString()) as Value);
