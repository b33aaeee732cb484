import { once } from "node:events";
import { STREAMS } from "../../core/outbox/outbound.ts";
import { outboundLines } from "../../core/outbox/outbound-lines.ts";
import type { Destination } from "./import-files.ts";

const ROWS_AT_ONCE = 10_000;

/** Writes rows as NDJSON to a stream, no faster than it takes them. */
export function createPrinter(out: NodeJS.WritableStream): Destination {
  return {
    name: "standard output",
    streams: STREAMS,
    rowsAtOnce: ROWS_AT_ONCE,
    async deliver(batches, signal) {
      const all = batches.map((batch) => ({ batch, ...outboundLines(batch) }));
      const text = all.flatMap(({ lines }) => lines.map((line) => line.text)).join("");
      if (!out.write(text)) await once(out, "drain", { signal });
      return {
        refused: all.flatMap(({ batch, refused }) =>
          refused.map(({ row, reason }) => ({ batch, row, reason })),
        ),
      };
    },
  };
}
