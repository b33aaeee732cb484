import { createHash } from "node:crypto";
import { z } from "zod";
import type { AuditEntry } from "../../core/rollout/rollout-report.ts";
import { canonicalJson } from "./canonical-json.ts";

/** A line of the log: an entry, the hash of the line before, and its own over all of that. */
export interface ChainedEntry extends AuditEntry {
  readonly prev: string;
  readonly hash: string;
}

/** What the first line follows. */
export const GENESIS = "0".repeat(64);

const hex = z.string().regex(/^[0-9a-f]{64}$/);

const shape = z.strictObject({
  sequence: z.int().positive(),
  timeUs: z.number(),
  by: z.string(),
  what: z.string(),
  detail: z.record(z.string(), z.unknown()),
  prev: hex,
  hash: hex,
});

export function chain(entry: AuditEntry, prev: string): ChainedEntry {
  const body = { ...entry, prev };
  return { ...body, hash: hashOf(body) };
}

export const hashOf = (body: Omit<ChainedEntry, "hash">): string =>
  createHash("sha256").update(canonicalJson(body)).digest("hex");

export const lineOf = (entry: ChainedEntry): string => `${canonicalJson(entry)}\n`;

/** Undefined where the line is no entry. */
export function readLine(line: string): ChainedEntry | undefined {
  try {
    const { success, data } = shape.safeParse(JSON.parse(line));
    return success ? data : undefined;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

/** The entry without its links. */
export const entryOf = ({ prev: _, hash: __, ...entry }: ChainedEntry): AuditEntry => entry;
