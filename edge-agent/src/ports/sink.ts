import type { OutboxBatch, Stream } from "../core/outbox/outbound.ts";

/** Where the outbox drains to. One caller at a time, batches in the order of their lane. */
export interface Sink {
  /** As configured; also the name of its cursor. */
  readonly name: string;
  readonly kind: "postgres" | "mqtt" | "sparkplug" | "nifi" | "file";
  readonly streams: readonly Stream[];
  /** "live-first" only where the receiver can tell history from news. */
  readonly lane: "in-order" | "live-first";
  /** How many rows one delivery should hold. */
  readonly rowsAtOnce: number;
  /** The receiver has all of it for good when this resolves; a batch that it has already is no error and changes nothing.
   *  Batches arrive with rows of any size: the sink splits them as its receiver needs.
   *  @throws SinkError; the signal's reason */
  deliver(batches: readonly OutboxBatch[], signal: AbortSignal): Promise<Delivery>;
  /** Lets go of the receiver; never throws. */
  close(): Promise<void>;
}

export interface Delivery {
  /** Rows that the receiver will never take, with why; everything else is there. */
  readonly refused: readonly Refusal[];
}

export interface Refusal {
  readonly batch: OutboxBatch;
  readonly row: number;
  readonly reason: string;
}

/** "unreachable", "busy" and "failed" pass by themselves: the same batches are tried again, later and later. "denied" and
 *  "misfit" need an operator (credentials, a schema that is not ours): tried again slowly, with an alarm. */
export type SinkFault = "unreachable" | "busy" | "failed" | "denied" | "misfit";

export class SinkError extends Error {
  override readonly name = "SinkError";
  readonly fault: SinkFault;
  /** What the receiver asked for ("Retry-After"). */
  readonly retryAfterMs: number | undefined;

  constructor(fault: SinkFault, message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause });
    this.fault = fault;
    this.retryAfterMs = options.retryAfterMs;
  }
}
