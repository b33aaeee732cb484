/** How much to ask for at once: learnt on the device. Begins low, doubles when a block came, halves when one was
 *  refused, and does not grow back beyond what was refused. */
export interface BlockLimit {
  /** Registers or bits of the next request, at most. */
  readonly now: number;
  /** What the device was found to give at most; undefined while it has refused nothing. */
  readonly learnt: number | undefined;
  succeeded(count: number): void;
  /** @param why quantity: the device said that it is too much; address: the halves came where the whole was refused as
   *  a wrong address; silence: no answer */
  refused(count: number, why: "address" | "quantity" | "silence"): void;
}

/** @param first what every device gives; @param most what may be asked for in the end */
export function createBlockLimit(first: number, most: number): BlockLimit {
  let now = Math.min(first, most);
  let ceiling = most;
  /** The largest block that ever came. */
  let proven = 0;
  return {
    get now() {
      return now;
    },
    get learnt() {
      return ceiling < most ? ceiling : undefined;
    },
    succeeded(count) {
      proven = Math.max(proven, count);
      // Values of several registers seldom fill a block to its last one.
      if (2 * count > now) now = Math.min(2 * now, ceiling);
    },
    refused(count, why) {
      // A size that worked before is not what is wrong now, unless the device says so. Any device gives the first
      // size: an address is refused for itself, or because the block reaches across the edge of an area.
      if (why !== "quantity" && count <= (why === "address" ? Math.max(first, proven) : proven)) return;
      const half = Math.max(1, count >> 1);
      now = Math.min(now, half);
      // Nothing came yet: it may be the wrong unit.
      if (why === "silence" && proven === 0) return;
      ceiling = Math.min(ceiling, half);
      proven = Math.min(proven, ceiling);
    },
  };
}
