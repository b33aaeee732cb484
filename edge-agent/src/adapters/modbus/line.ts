import type { EdgeError } from "../../core/errors.ts";
import type { ReadRequest, Reply } from "./request.ts";

export type Outcome = Reply | { readonly kind: "timeout"; readonly sentAtMs: number };

/** A connection that carries questions and answers. Once it has failed every exchange rejects with the same error. */
export interface Line {
  /** @throws EdgeError PLC_UNREACHABLE, PDU_MALFORMED: the connection is of no more use
   *  @throws the signal's reason when it aborts */
  exchange(request: ReadRequest, signal: AbortSignal): Promise<Outcome>;
  /** When an answer last came that nobody waited for any more, on the monotonic clock. */
  readonly lateAtMs: number | undefined;
  /** Give the connection up: whoever waits gets `error`. */
  fail(error: EdgeError): void;
  /** Politely, within a second. Never throws. */
  close(): Promise<void>;
}
