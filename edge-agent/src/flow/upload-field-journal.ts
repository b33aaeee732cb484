import { rfc3339, type TimeUs } from "../core/time.ts";

/** A frame that was sent, with the label that went along. */
export interface Sent {
  /** Where its samples lie. */
  readonly key: string;
  /** 0 where it was sent without a label. */
  readonly labelUs: TimeUs;
}

/** What must be remembered so that nothing is sent twice or forgotten. */
export interface UploadJournal {
  /** UTC day and what it cost so far. */
  readonly day: string;
  readonly dayBytes: number;
  /** By frame; only of frames that are still in the store. */
  readonly sent: Readonly<Record<string, Sent>>;
  /** A batch that was begun: its name, its frames, what it costs in all. */
  readonly batch?: PlannedBatch;
}

export interface PlannedBatch {
  readonly name: string;
  readonly frames: readonly string[];
}

export const dayOf = (timeUs: TimeUs): string => rfc3339(timeUs).slice(0, 10);

export const emptyJournal = (day: string): UploadJournal => ({ day, dayBytes: 0, sent: {} });

/** Another day has its own allowance. */
export const onDay = (journal: UploadJournal, day: string): UploadJournal =>
  journal.day === day ? journal : { ...journal, day, dayBytes: 0 };

export const journalText = (journal: UploadJournal): string => JSON.stringify({ version: 1, ...journal });

/** Undefined where it is not one: sending again is harmless, names are the same. */
export function parseJournal(text: string): UploadJournal | undefined {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(root) || root["version"] !== 1) return undefined;
  const { day, dayBytes, sent, batch } = root;
  if (typeof day !== "string" || typeof dayBytes !== "number" || !isRecord(sent)) return undefined;
  if (!Object.values(sent).every(isSent)) return undefined;
  if (batch !== undefined && !isBatch(batch)) return undefined;
  return {
    day,
    dayBytes,
    sent: sent as Readonly<Record<string, Sent>>,
    ...(batch !== undefined && { batch }),
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSent = (value: unknown): value is Sent =>
  isRecord(value) && typeof value["key"] === "string" && typeof value["labelUs"] === "number";

const isBatch = (value: unknown): value is PlannedBatch =>
  isRecord(value) &&
  typeof value["name"] === "string" &&
  Array.isArray(value["frames"]) &&
  value["frames"].every((id) => typeof id === "string");
