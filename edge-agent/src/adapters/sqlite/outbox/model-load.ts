// What is done to the outbox and its model. For model.test.ts.
import type { Stream } from "../../../core/outbox/outbound.ts";
import type { ReadingBatch } from "../../../core/reading.ts";
import type { ReaderOptions } from "../../../ports/outbox.ts";
import type { Coming } from "./model.ts";

const ALL: readonly Stream[] = ["readings", "alarms", "gaps"];

export const SINKS: Readonly<Record<string, ReaderOptions>> = {
  archive: { streams: ALL, lane: "in-order" },
  broker: { streams: ["readings", "gaps"], lane: "live-first" },
  pager: { streams: ["alarms"], lane: "in-order" },
  twin: { streams: ALL, lane: "live-first" },
};

export type Command =
  | { readonly kind: "append"; readonly rows: number }
  | { readonly kind: "alarm" }
  | { readonly kind: "commit"; readonly fault: "late" | "none" | "refused" }
  | { readonly kind: "sink"; readonly sink: string }
  | { readonly kind: "read"; readonly sink: string; readonly rows: number }
  | { readonly kind: "ahead"; readonly sink: string; readonly rows: number }
  | { readonly kind: "confirm"; readonly sink: string; readonly most: number }
  | { readonly kind: "crash" }
  | { readonly kind: "reopen"; readonly damage: number | undefined }
  | { readonly kind: "disk"; readonly isLow: boolean }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "jump"; readonly us: number };

/** Readings of a batch. */
const MOST_READINGS = 5000;

/** Readings whose sequence numbers go on from `first`. */
export const readingsOf = (first: number, rows: number, nowUs: number): ReadingBatch => ({
  count: rows,
  tag: Uint32Array.from({ length: rows }, (_, i) => i % 3),
  value: Float64Array.from({ length: rows }, (_, i) => Math.sin(first + i)),
  status: new Uint32Array(rows),
  sourceTimeUs: new Float64Array(rows).fill(nowUs),
  agentTimeUs: nowUs,
  sequence: Float64Array.from({ length: rows }, (_, i) => first + i),
  other: new Map(),
});

/** A large batch is cut into several. */
export const partsOf = (first: number, rows: number): Coming[] =>
  Array.from({ length: Math.ceil(rows / MOST_READINGS) }, (_, i) => {
    const count = Math.min(MOST_READINGS, rows - i * MOST_READINGS);
    return { stream: "readings", rows: count, content: `${count} from ${first + i * MOST_READINGS}` };
  });

export const tagOf = (tag: number) =>
  ({ id: `t${tag}`, unit: "Cel", device: "plc", protocol: "s7", address: `DB1,REAL${tag * 4}` }) as const;
