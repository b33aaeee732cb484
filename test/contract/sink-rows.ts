import type { OutboxBatch } from "@stethos/edge-agent/core";
import { expect } from "vitest";
import type { Refusal } from "../../edge-agent/src/ports/sink.ts";
import { rowsOf } from "./sink-batches.ts";
import type { ReceivedRow, SinkBench } from "./sink-bench.ts";

/** Rows of `batch` that were not refused. */
export function without(batch: OutboxBatch, refused: readonly Refusal[]): ReceivedRow[] {
  const gone = new Set(refused.map(({ row }) => row));
  return rowsOf([batch]).filter((_, i) => !gone.has(i));
}

/** Order is promised of one tag, not across tags. */
function byTag(rows: readonly ReceivedRow[]): Map<string, ReceivedRow[]> {
  const tags = new Map<string, ReceivedRow[]>();
  for (const row of rows) {
    const list = tags.get(row.tag) ?? [];
    list.push(row);
    tags.set(row.tag, list);
  }
  return tags;
}

export function expectRows(
  promise: SinkBench["promise"],
  received: readonly ReceivedRow[],
  expected: readonly ReceivedRow[],
): void {
  const got = byTag(promise === "exactly-once" ? received : withoutRepeats(received));
  const wanted = byTag(expected);
  expect([...got.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const [tag, rows] of wanted) expect(got.get(tag)).toEqual(rows);
}

/** Only the first of each (tag, sequence): what a receiver of an at-least-once sink is told to do. */
function withoutRepeats(rows: readonly ReceivedRow[]): ReceivedRow[] {
  const seen = new Set<string>();
  return rows.filter(({ tag, sequence }) => {
    const key = `${sequence} ${tag}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
