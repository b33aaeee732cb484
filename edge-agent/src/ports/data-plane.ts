import type { TimeUs } from "../core/time.ts";
import type { OutboxStatistics } from "./outbox.ts";
import type { Sink, SinkFault } from "./sink.ts";

/** How a sink does. */
export interface SinkState {
  readonly sink: string;
  readonly kind: Sink["kind"];
  /** "trouble": the last delivery failed and is made again. */
  readonly state: "idle" | "delivering" | "trouble";
  readonly fault?: SinkFault;
  readonly message?: string;
  /** When the trouble began. */
  readonly sinceUs?: TimeUs;
  readonly attempts: number;
  readonly rows: number;
  readonly refused: number;
  readonly lastDeliveredUs?: TimeUs;
}

/** What can be asked of the way out. */
export interface DataPlane {
  sinks(): readonly SinkState[];
  statistics(signal: AbortSignal): Promise<OutboxStatistics>;
}
