import type { OutboxBatch, Stream } from "../../core/outbox/outbound.ts";
import { outboundLines } from "../../core/outbox/outbound-lines.ts";
import type { TimeUs } from "../../core/time.ts";
import type { Refusal } from "../../ports/sink.ts";
import { type Ledger, type OpenPart, takenKey } from "./ledger.ts";

/** What a delivery adds to one part, and the part as it is then. */
export interface Addition {
  readonly part: OpenPart;
  /** Where in the file it goes. */
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** What some batches become, before anything is written. */
export interface Intake {
  readonly additions: readonly Addition[];
  readonly taken: ReadonlyMap<string, number>;
  readonly refused: readonly Refusal[];
  /** Not looked at: they need a part of their own, which can begin once the one of their stream has ended. */
  readonly rest: readonly OutboxBatch[];
}

interface Filling {
  part: OpenPart;
  readonly position: number;
  readonly texts: string[];
}

/** Rows of batches that are new, by part. A batch that the ledger has is left out; so is, in `rest`, the first one of
 *  another node or epoch than its stream's part, or beyond a part's size, with all that follow. */
export function takeIn(
  batches: readonly OutboxBatch[],
  ledger: Ledger,
  maxFileBytes: number,
  nowUs: TimeUs,
): Intake {
  const taken = new Map(ledger.taken);
  const fillings = new Map<Stream, Filling>();
  const refused: Refusal[] = [];
  let at = 0;
  for (; at < batches.length; at += 1) {
    const batch = batches[at] as OutboxBatch;
    const { node, epoch, number, content } = batch;
    const { stream } = content;
    const last = taken.get(takenKey({ stream, epoch, node }));
    if (last !== undefined && number <= last) continue;
    const filling = fillings.get(stream) ?? beginFilling(batch, last, ledger, nowUs);
    const { part } = filling;
    if (part.isEnding || part.node !== node || part.epoch !== epoch || part.bytes >= maxFileBytes) break;
    const { lines, refused: nowhere } = outboundLines(batch);
    refused.push(...nowhere.map(({ row, reason }) => ({ batch, row, reason })));
    const text = lines.map((line) => line.text).join("");
    filling.texts.push(text);
    filling.part = {
      ...part,
      last: number,
      rows: part.rows + lines.length,
      bytes: part.bytes + Buffer.byteLength(text),
    };
    fillings.set(stream, filling);
    // The newest last: the ledger forgets from the front.
    taken.delete(takenKey(part));
    taken.set(takenKey(part), number);
  }
  const additions = [...fillings.values()].map(({ part, position, texts }) => {
    return { part, position, bytes: Buffer.from(texts.join(""), "utf8") };
  });
  return { additions, taken, refused, rest: batches.slice(at) };
}

function beginFilling(
  batch: OutboxBatch,
  last: number | undefined,
  { parts }: Ledger,
  openedUs: TimeUs,
): Filling {
  const { node, epoch, number, committedUs, content } = batch;
  const open = parts.find(({ stream }) => stream === content.stream);
  if (open !== undefined) return { part: open, position: open.bytes, texts: [] };
  const first = last === undefined ? number : last + 1;
  const empty = { last: first, rows: 0, bytes: 0, isEnding: false };
  return {
    part: { stream: content.stream, node, epoch, first, committedUs, openedUs, ...empty },
    position: 0,
    texts: [],
  };
}
