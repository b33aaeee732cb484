import type { OutboxBatch } from "@stethos/edge-agent/core";
import type { Sink } from "../../edge-agent/src/ports/sink.ts";

/** A real receiver that a test may treat badly, and a sink that delivers to it. It holds nothing yet. Its sinks give up a
 *  request within some seconds, that the outages of this suite do not take minutes. */
export interface SinkBench {
  /** Exactly once in effect, or at least once. */
  readonly promise: "at-least-once" | "exactly-once";
  /** A sink with its own connections; the same name each time. */
  create(): Sink;
  /** What the receiver holds of readings, as it was told: one entry a row, in the order it came, repeats included. */
  received(): Promise<readonly ReceivedRow[]>;
  /** The network between sink and receiver; "cut-after-request": what was sent arrives, its answer does not. */
  network(state: "up" | "cut" | "cut-after-request" | "slow"): Promise<void>;
  /** Stops and starts the receiver; undefined where there is none to stop (a folder). */
  readonly restart?: () => Promise<void>;
  /** The sink's credentials stop being good, and are good again; undefined where the receiver knows none. */
  readonly credentials?: (good: boolean) => Promise<void>;
  /** A batch with a row that this receiver can never take; undefined where it takes anything. */
  readonly poison?: (number: number) => OutboxBatch;
  close(): Promise<void>;
}

export interface ReceivedRow {
  readonly tag: string;
  readonly value: number | string | boolean | null;
  readonly sequence: number;
}
