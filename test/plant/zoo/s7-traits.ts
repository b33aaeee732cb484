import type { S7Memory } from "./s7-memory.ts";

/** What a peer does to a connection that it does not want. */
export type Refusal = "fin" | "reset" | "disconnect-request" | "silence";

/** High byte of the TSAP that a client calls: 01 PG, 02 OP, 03 S7 basic. */
export type ConnectionType = "pg" | "op" | "basic";

/** A TSAP that is listened on: exactly this one, or one of these connection types on this low byte. */
export type ServedTsap =
  | { readonly exact: number }
  | { readonly types: readonly ConnectionType[]; readonly low: number };

/** Connections that the device has. Reserved ones serve their type only; what is left serves all types. */
export interface ConnectionTraits {
  readonly total: number;
  readonly reserved: Readonly<Partial<Record<ConnectionType, number>>>;
  /** In use by others since before we came. */
  readonly taken: Readonly<Partial<Record<ConnectionType, number>>>;
  readonly whenFull: Refusal;
}

/** How the connection confirm looks. Real CPUs put the TPDU size first and count their references up from a small
 *  number; snap7's server echoes the order of the request and says 0001; conpot omits the size. */
export interface ConfirmTraits {
  readonly order: "size-first" | "as-asked" | "no-size";
  readonly reference: "counting" | "fixed";
}

/** Error class and code of an S7 header, as one number: 0x8104. */
export type HeaderError = number;

/** Milliseconds from a job's arrival to its answer: least, median, 95th percentile, most. */
export type LatencyMs = readonly [number, number, number, number];

/** Who the device says it is, in its system status lists. */
export interface S7Identity {
  /** 20 characters at most. */
  readonly orderNumber: string;
  /** "V2.6.1". */
  readonly firmware: string;
  readonly stationName: string;
  readonly moduleName: string;
  /** "CPU 315-2 PN/DP". */
  readonly moduleType: string;
  readonly serial: string;
  /** Of the memory card, where it has one. */
  readonly card?: string;
  /** Bits per second of MPI, of the backplane bus and of the third interface, as SZL 0x0131 says them. */
  readonly rates: readonly [number, number, number];
}

/** An S7 device, by what it does on ISO-on-TCP. */
export interface S7Traits {
  readonly identity: S7Identity;
  readonly tsaps: readonly ServedTsap[];
  readonly otherTsaps: Refusal;
  readonly confirm: ConfirmTraits;
  readonly setup: "answers" | "silence";
  /** The largest PDU it grants. */
  readonly pduSize: number;
  /** Jobs in flight that it grants: those that the client may call, those that it calls itself. */
  readonly amq: { readonly calling: number; readonly called: number };
  readonly connections: ConnectionTraits;
  readonly latencyMs: LatencyMs;
  /** What comes of a job that arrives while as many as were granted are unanswered: it waits, it is answered with an
   *  error, or it is never answered. */
  readonly surplusJobs: "wait" | HeaderError | "silence";
  /** The most bytes of data in one job's answer, where less than the PDU allows. */
  readonly mostJobBytes?: number;
  /** Whether an item may span several variables (a drive's parameters may not be merged). */
  readonly reads: "any-range" | "whole-variables" | HeaderError;
  /** ROSCTR of an answer that is an error: 2 (acknowledge) or 3 (acknowledge with data). */
  readonly errorRosctr: 2 | 3;
  /** The system status lists it has; others are refused with D402. Some devices hang up when asked for any. */
  readonly szl: readonly number[] | "closes";
  readonly state: "run" | "stop";
  /** Level in SZL 0x0132 index 4: 1 nothing is protected, 2 writing, 3 reading as well. */
  readonly protection: 1 | 2 | 3;
}

/** A device: its manners and what is in its memory. */
export interface S7Device {
  readonly traits: S7Traits;
  readonly memory: S7Memory;
}
