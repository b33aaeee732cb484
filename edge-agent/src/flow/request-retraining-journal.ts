import type { TimeUs } from "../core/time.ts";

/** A way on which a request goes out. */
export type Way = "store" | "webhook";

/** A sealed request that is not everywhere yet. */
export interface PendingRequest {
  readonly id: string;
  readonly envelope: string;
  /** Ways still open. */
  readonly open: readonly Way[];
  readonly attempts: number;
}

export interface RetrainingJournal {
  /** The newest request that was made. */
  readonly last?: { readonly id: string; readonly timeUs: TimeUs };
  readonly pending?: PendingRequest;
}

export const retrainingText = (journal: RetrainingJournal): string =>
  JSON.stringify({ version: 1, ...journal });

/** Undefined where it is not one. */
export function parseRetraining(text: string): RetrainingJournal | undefined {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(root) || root["version"] !== 1) return undefined;
  const { last, pending } = root;
  if (last !== undefined && !isLast(last)) return undefined;
  if (pending !== undefined && !isPending(pending)) return undefined;
  return { ...(last !== undefined && { last }), ...(pending !== undefined && { pending }) };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isLast = (value: unknown): value is { readonly id: string; readonly timeUs: TimeUs } =>
  isRecord(value) && typeof value["id"] === "string" && typeof value["timeUs"] === "number";

const isPending = (value: unknown): value is PendingRequest =>
  isRecord(value) &&
  typeof value["id"] === "string" &&
  typeof value["envelope"] === "string" &&
  typeof value["attempts"] === "number" &&
  Array.isArray(value["open"]) &&
  value["open"].every((way) => way === "store" || way === "webhook");
