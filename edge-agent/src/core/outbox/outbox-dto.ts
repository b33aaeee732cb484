import type { Stream } from "./outbound.ts";

/** How far one sink is behind, and how it does. */
export interface SinkDto {
  readonly sink: string;
  readonly kind: string;
  readonly state: "idle" | "delivering" | "trouble";
  readonly fault?: string | undefined;
  readonly message?: string | undefined;
  /** When the trouble began. */
  readonly sinceTime?: string | undefined;
  readonly lastDeliveredTime?: string | undefined;
  readonly attempts: number;
  /** Since the agent started. */
  readonly rows: number;
  readonly refused: number;
  readonly waitingBatches: number;
  readonly waitingRows: number;
  readonly oldestTime?: string | undefined;
}

/** What waits on the disk for the sinks. */
export interface OutboxDto {
  /** False where the configuration names no sink: the rest is empty then. */
  readonly isConfigured: boolean;
  readonly bytes: number;
  readonly epoch: string;
  readonly batches: number;
  readonly rows: number;
  readonly oldestTime?: string | undefined;
  /** What a power cut now would lose. */
  readonly uncommitted: number;
  readonly dropped: readonly {
    readonly stream: Stream;
    readonly cause: string;
    readonly rows: number;
  }[];
  readonly trouble?: string | undefined;
  readonly sinks: readonly SinkDto[];
}
