/** Gives out 16-bit transaction ids (Messaging on TCP/IP V1.0b, 3.1.3). An id whose answer never came stays out of
 *  use for as long as that answer may still come, so that it cannot answer another question. */
export interface TransactionIds {
  /** @returns undefined when no id is free */
  take(nowMs: number): number | undefined;
  /** The answer came: the id is free again.
   *  @returns true when nobody waited for it any more */
  release(id: number): boolean;
  /** Nobody waits for the answer any more, but it may come. */
  abandon(id: number, nowMs: number): void;
}

const IDS = 65_536;
/** TCP gives up a silent peer after minutes; a gateway's queue empties in seconds. */
const MAY_STILL_COME_MS = 300_000;

export function createTransactionIds(): TransactionIds {
  /** Ids in use, and until when: infinity while somebody waits. */
  const taken = new Map<number, number>();
  let next = 1;

  return {
    take(nowMs) {
      for (let tries = 0; tries < IDS; tries += 1) {
        const id = next;
        next = (next + 1) % IDS;
        if ((taken.get(id) ?? 0) > nowMs) continue;
        taken.set(id, Number.POSITIVE_INFINITY);
        return id;
      }
      return undefined;
    },
    release(id) {
      const until = taken.get(id);
      taken.delete(id);
      return until !== undefined && Number.isFinite(until);
    },
    abandon(id, nowMs) {
      taken.set(id, nowMs + MAY_STILL_COME_MS);
    },
  };
}
