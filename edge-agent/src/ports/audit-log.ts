import type { AuditEntry } from "../core/rollout/rollout-report.ts";

/** Append-only, each entry chained to the one before by its hash. */
export interface AuditLog {
  /** On disk when it resolves. */
  append(entry: Omit<AuditEntry, "sequence">): Promise<AuditEntry>;
  /** Newest first. */
  newest(most: number, signal: AbortSignal): Promise<readonly AuditEntry[]>;
}
