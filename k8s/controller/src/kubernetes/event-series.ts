import type { ClusterEvent } from "../ports/cluster.ts";

/** What is known of an event that was told and may be told again. */
export interface Series {
  readonly event: ClusterEvent;
  /** Name of the Event object, once there is one. */
  name: string | undefined;
  /** How often it happened. */
  count: number;
  /** How often the server knows of. */
  written: number;
  lastUs: number;
  lastMs: number;
}

/** Events that happen again, in one series each: a rollout that flaps is one object with a count. */
export interface SeriesBook {
  /** The series of the event, counted once more; undefined where there is no room.
   *  @param about uid of the object that it is about */
  note(about: string, event: ClusterEvent, nowUs: number, nowMs: number): Series | undefined;
  /** Series whose count the server does not know. */
  unwritten(): readonly Series[];
  /** Those that did not happen for so long are over: the next time begins another one. */
  forget(nowMs: number): void;
}

export const SERIES_MS = 360_000;

/** @param most series at a time */
export function createSeriesBook(most: number): SeriesBook {
  const book = new Map<string, Series>();
  return {
    note(about, event, nowUs, nowMs) {
      const key = JSON.stringify([about, event.type, event.reason, event.message]);
      const found = book.get(key);
      if (found !== undefined) {
        found.count += 1;
        found.lastUs = nowUs;
        found.lastMs = nowMs;
        return found;
      }
      if (book.size >= most) return undefined;
      const begun = { event, name: undefined, count: 1, written: 0, lastUs: nowUs, lastMs: nowMs };
      book.set(key, begun);
      return begun;
    },
    unwritten: () =>
      [...book.values()].filter(({ name, count, written }) => name !== undefined && count > written),
    forget(nowMs) {
      for (const [key, { count, written, lastMs, name }] of book)
        if (nowMs - lastMs >= SERIES_MS && (count === written || name === undefined)) book.delete(key);
    },
  };
}
