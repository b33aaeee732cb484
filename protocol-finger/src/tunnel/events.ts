import type { FingerError } from "../finger-error.ts";

/** What happens to a tunnel, for a log. Guests are the clients it serves. */
export type TunnelEvent =
  | { readonly kind: "guest-came"; readonly guest: number; readonly from: string }
  | { readonly kind: "guest-left"; readonly guest: number; readonly from: string; readonly reason: string }
  /** The tunnel has as many as it takes. */
  | { readonly kind: "guest-refused"; readonly from: string }
  | { readonly kind: "accept-failed"; readonly reason: string }
  | { readonly kind: "plc-up" }
  | { readonly kind: "plc-down"; readonly error: FingerError; readonly retryMs: number }
  | { readonly kind: "written"; readonly guest: number; readonly what: string }
  | { readonly kind: "write-failed"; readonly guest: number; readonly what: string }
  /** A write that nobody allowed: the PLC has not seen it. */
  | { readonly kind: "write-refused"; readonly guest: number; readonly what: string };

/** Counts since the start. */
export interface TunnelStats {
  /** Connected now. */
  readonly guests: number;
  readonly guestsServed: number;
  readonly guestsRefused: number;
  /** Guests that were sent away because what they sent was none of their protocol. */
  readonly malformed: number;
  readonly requests: number;
  /** Requests that were answered with "busy", because too many waited. */
  readonly busy: number;
  readonly writes: number;
  readonly writesRefused: number;
  /** Reads that took the PLC more than one request, and so may mix moments. */
  readonly torn: number;
  readonly plcUp: boolean;
  readonly plcConnections: number;
  /** Times that the PLC was asked; once for the requests of several guests that came together. */
  readonly plcRounds: number;
}
