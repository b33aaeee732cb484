import type { OutboxBatch } from "./outbound.ts";
import { outboundJson } from "./outbound-json.ts";

/** A batch as NDJSON, line by line, and the rows that have no JSON form. */
export interface OutboundLines {
  /** Each ends in "\n". */
  readonly lines: readonly { readonly row: number; readonly text: string }[];
  readonly refused: readonly { readonly row: number; readonly reason: string }[];
}

export function outboundLines(batch: OutboxBatch): OutboundLines {
  const lines: { row: number; text: string }[] = [];
  const refused: { row: number; reason: string }[] = [];
  for (let row = 0; row < batch.content.count; row += 1) {
    try {
      lines.push({ row, text: `${JSON.stringify(outboundJson(batch, row))}\n` });
    } catch (thrown) {
      // A time that is none, a tag that is missing: no retry mends it.
      if (!(thrown instanceof RangeError)) throw thrown;
      refused.push({ row, reason: thrown.message });
    }
  }
  return { lines, refused };
}
