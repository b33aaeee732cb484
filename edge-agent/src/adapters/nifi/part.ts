import { createHash } from "node:crypto";
import type { OutboxBatch } from "../../core/outbox/outbound.ts";
import type { OutboundLines } from "../../core/outbox/outbound-lines.ts";

/** Lines of one batch that travel together. */
export interface Part {
  readonly batch: OutboxBatch;
  readonly lines: OutboundLines["lines"];
}

/** The batch in parts of at most `mostBytes`; a line that is longer goes alone. */
export function* partsOf({ batch, lines }: Part, mostBytes: number): Generator<Part> {
  let first = 0;
  let bytes = 0;
  for (const [i, { text }] of lines.entries()) {
    const more = Buffer.byteLength(text);
    if (i > first && bytes + more > mostBytes) {
      yield { batch, lines: lines.slice(first, i) };
      first = i;
      bytes = 0;
    }
    bytes += more;
  }
  if (first < lines.length) yield { batch, lines: lines.slice(first) };
}

/** The same cut each time: what arrived of the first attempt is known again by its name. */
export function halvesOf({ batch, lines }: Part): readonly [Part, Part] {
  const middle = Math.ceil(lines.length / 2);
  return [
    { batch, lines: lines.slice(0, middle) },
    { batch, lines: lines.slice(middle) },
  ];
}

export const bodyOf = ({ lines }: Part): Buffer =>
  Buffer.from(lines.map(({ text }) => text).join(""), "utf8");

/** What becomes the FlowFile's attributes. (node, epoch, number, first-row) is the part's name: the same name, the same
 *  content. */
export function headersOf({ batch, lines }: Part, body: Uint8Array): Record<string, string> {
  return {
    "stethos-node": headerText(batch.node),
    "stethos-epoch": batch.epoch,
    "stethos-number": String(batch.number),
    "stethos-first-row": String(lines[0]?.row ?? 0),
    "stethos-rows": String(lines.length),
    "stethos-stream": batch.content.stream,
    "stethos-backlog": String(batch.isBacklog),
    "stethos-sha256": createHash("sha256").update(body).digest("hex"),
  };
}

/** RFC 9110, 5.5: what is not printable ASCII goes in percent form. */
const headerText = (text: string): string => (/^[!-~]+$/.test(text) ? text : encodeURIComponent(text));
