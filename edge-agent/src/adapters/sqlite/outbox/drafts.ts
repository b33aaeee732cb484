import { encodeBatch, type ValueKind } from "../../../core/outbox/batch-codec.ts";
import type { Stream } from "../../../core/outbox/outbound.ts";
import type { TimeUs } from "../../../core/time.ts";
import { type Block, type BlockColumns, blockColumns } from "../block.ts";
import { Kind } from "../rows.ts";
import type { BatchDraft } from "./batch-table.ts";
import type { TagTable } from "./tag-table.ts";

/** Readings of a batch: what a sink may take at once, and what is lost with a damaged one. */
const MOST_READINGS = 5000;
const MOST_DOCUMENTS = 500;
const MOST_DOCUMENT_BYTES = 2 ** 20;

export interface Drafts {
  /** Within a transaction, as new tags get keys. @returns readings whose tag nobody registered: they are left out */
  addBlock(block: Block): number;
  addDocument(stream: Exclude<Stream, "readings">, atUs: TimeUs, json: string): void;
  /** All that was added, in its order within each stream. */
  take(): readonly BatchDraft[];
}

/** Makes batches of what one commit brings. */
export function createDrafts(tags: TagTable): Drafts {
  const space = createSpace();
  let drafts: BatchDraft[] = [];
  let documents = new Map<Exclude<Stream, "readings">, Gathered>();

  function close(stream: Exclude<Stream, "readings">): void {
    const gathered = documents.get(stream);
    if (gathered === undefined) return;
    documents.delete(stream);
    const { texts, fromUs, toUs } = gathered;
    const bytes = encodeBatch({ form: "documents", documents: texts });
    drafts.push({ stream, rows: texts.length, fromUs, toUs, bytes });
  }

  return {
    addBlock(block) {
      const columns = blockColumns(block.buffer, block.capacity);
      const texts = block.texts.map(({ json }) => Buffer.from(json));
      let leftOut = 0;
      let text = 0;
      for (let from = 0; from < block.rows; from += MOST_READINGS) {
        const to = Math.min(block.rows, from + MOST_READINGS);
        const rows = space.fill(block, columns, from, to, tags);
        const used = textsIn(columns, from, to);
        const draft = space.draft(rows, texts.slice(text, text + used));
        text += used;
        leftOut += to - from - rows;
        if (draft !== undefined) drafts.push(draft);
      }
      return leftOut;
    },
    addDocument(stream, atUs, json) {
      const text = Buffer.from(json);
      const { texts, bytes, fromUs, toUs } = documents.get(stream) ?? emptyAt(atUs);
      const next = {
        texts: [...texts, text],
        bytes: bytes + text.length,
        fromUs: Math.min(fromUs, atUs),
        toUs: Math.max(toUs, atUs),
      };
      documents.set(stream, next);
      if (next.texts.length >= MOST_DOCUMENTS || next.bytes >= MOST_DOCUMENT_BYTES) close(stream);
    },
    take() {
      for (const stream of [...documents.keys()]) close(stream);
      const taken = drafts;
      drafts = [];
      documents = new Map();
      return taken;
    },
  };
}

interface Gathered {
  readonly texts: readonly Uint8Array[];
  readonly bytes: number;
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
}

const emptyAt = (atUs: TimeUs): Gathered => ({ texts: [], bytes: 0, fromUs: atUs, toUs: atUs });

function textsIn(columns: BlockColumns, from: number, to: number): number {
  let texts = 0;
  for (let row = from; row < to; row += 1) if (columns.kind[row] === Kind.text) texts += 1;
  return texts;
}

/** The columns of one batch, kept from batch to batch. */
function createSpace() {
  const columns = {
    tag: new Uint32Array(MOST_READINGS),
    value: new Float64Array(MOST_READINGS),
    status: new Uint32Array(MOST_READINGS),
    sourceTimeUs: new Float64Array(MOST_READINGS),
    agentTimeUs: new Float64Array(MOST_READINGS),
    sequence: new Float64Array(MOST_READINGS),
    kind: new Uint8Array(MOST_READINGS),
  };
  const keys = new Uint32Array(MOST_READINGS);
  // Place of a key among those of this batch, where its stamp is the batch's.
  let place = new Uint32Array(1024);
  let stamp = new Uint32Array(1024);
  let batch = 0;
  let named = 0;
  let lostTexts = new Set<number>();

  function placeOf(key: number): number {
    if (key >= place.length) {
      place = grown(place, key);
      stamp = grown(stamp, key);
    }
    if (stamp[key] !== batch) {
      stamp[key] = batch;
      place[key] = named;
      keys[named] = key;
      named += 1;
    }
    return place[key] as number;
  }

  return {
    /** @returns rows that have a tag */
    fill(block: Block, source: BlockColumns, from: number, to: number, tags: TagTable): number {
      batch += 1;
      named = 0;
      lostTexts = new Set();
      let count = 0;
      let text = 0;
      let group = groupOf(source, block.batches, from);
      for (let row = from; row < to; row += 1) {
        while (row >= (source.batchEnd[group] as number)) group += 1;
        const isText = source.kind[row] === Kind.text;
        const key = tags.keyOf(source.tag[row] as number, source.protocol[group] as number);
        if (key === undefined) {
          if (isText) lostTexts.add(text++);
          continue;
        }
        if (isText) text += 1;
        columns.tag[count] = placeOf(key);
        columns.value[count] = source.value[row] as number;
        columns.status[count] = source.status[row] as number;
        columns.sourceTimeUs[count] = source.sourceTimeUs[row] as number;
        columns.agentTimeUs[count] = source.batchTimeUs[group] as number;
        columns.sequence[count] = source.sequence[row] as number;
        columns.kind[count] = source.kind[row] as number;
        count += 1;
      }
      return count;
    },
    draft(count: number, texts: readonly Uint8Array[]): BatchDraft | undefined {
      if (count === 0) return undefined;
      const kept = lostTexts.size === 0 ? texts : texts.filter((_, i) => !lostTexts.has(i));
      const bytes = encodeBatch({
        form: "columns",
        count,
        keys: keys.subarray(0, named),
        ...columns,
        texts: kept,
      });
      const times = columns.agentTimeUs.subarray(0, count);
      return { stream: "readings", rows: count, fromUs: lowest(times), toUs: highest(times), bytes };
    },
  };
}

// Both adapters of this folder number the kinds of values alike.
Kind satisfies { readonly [name in "boolean" | "number"]: (typeof ValueKind)[name] } & {
  readonly text: (typeof ValueKind)["json"];
};

function groupOf(source: BlockColumns, batches: number, row: number): number {
  let group = 0;
  while (group < batches && row >= (source.batchEnd[group] as number)) group += 1;
  return group;
}

function grown(column: Uint32Array, key: number): Uint32Array<ArrayBuffer> {
  const wide = new Uint32Array(Math.max(column.length * 2, key + 1));
  wide.set(column);
  return wide;
}

const lowest = (times: Float64Array): number => times.reduce((low, time) => Math.min(low, time));
const highest = (times: Float64Array): number => times.reduce((high, time) => Math.max(high, time));
