import type { EdgeErrorCode } from "../../core/errors.ts";
import type { TimeUs } from "../../core/time.ts";
import type { Block } from "./block.ts";

/** One thing to be written. A block's buffer moves to the worker and comes back. */
export interface AnyItem {
  /** "tags": what a worker must know before anything else. */
  readonly kind: string;
  readonly block?: Block;
}

/** An item with its place in the order of all items of this run: one that comes twice is known again. */
export interface Numbered<I extends AnyItem> {
  readonly item: I;
  readonly number: number;
}

export interface Moment {
  readonly nowUs: TimeUs;
  readonly nowMs: number;
}

/** What a worker with a database file is asked, one thing at a time. */
export type WireRequest<I extends AnyItem, Q> =
  | ({ readonly kind: "open" } & Moment)
  /** Look for damage after an unclean stop. */
  | ({ readonly kind: "check" } & Moment)
  | ({ readonly kind: "commit"; readonly items: readonly Numbered<I>[] } & Moment)
  | ({ readonly kind: "query"; readonly query: Q } & Moment)
  /** One bounded piece of work behind the commits. */
  | ({ readonly kind: "step" } & Moment)
  | { readonly kind: "close" };

/** Something the log should say. */
export interface Note {
  readonly level: "error" | "info" | "warn";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Outcome {
  readonly notes: readonly Note[];
  /** There is a step to do. */
  readonly hasWork: boolean;
  /** The file should be looked through before it is used. */
  readonly needsCheck: boolean;
  /** Buffers that move with the reply: those of the blocks that a commit brought, to be used again; columns of an answer. */
  readonly buffers: readonly ArrayBuffer[];
}

export interface Success<A> {
  readonly ok: true;
  readonly answer?: A;
}

export interface Failure {
  readonly ok: false;
  readonly code: EdgeErrorCode;
  readonly message: string;
  /** No retry will help: an operator has to mend it. */
  readonly isFinal: boolean;
}

export type WireReply<A> = Outcome & (Failure | Success<A>);

/** How a store speaks of itself. */
export interface StoreWords {
  /** "history" */
  readonly name: string;
  readonly failed: EdgeErrorCode;
  readonly corrupt: EdgeErrorCode;
}

/** Buffers that move to the worker with a request. */
export const buffersIn = (items: readonly Numbered<AnyItem>[]): ArrayBuffer[] =>
  items.flatMap(({ item }) => (item.block === undefined ? [] : [item.block.buffer]));
