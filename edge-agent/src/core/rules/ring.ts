import type { TimeUs } from "../time.ts";

/** Samples in the order of their times, addressed by an index that never comes again: [first, next). */
export interface Ring {
  readonly first: number;
  readonly next: number;
  readonly size: number;
  /** The next one pushes the oldest out. */
  readonly isFull: boolean;
  time(index: number): TimeUs;
  value(index: number): number;
  /** Value x seconds from the oldest sample that was ever kept up to this one, each value standing until the next. */
  area(index: number): number;
  /** After all others. */
  push(timeUs: TimeUs, value: number): void;
  /** Among the others, after those of the same time. @returns its index; later ones moved up by one */
  insert(timeUs: TimeUs, value: number): number;
  /** Forgets what is older than `index`. */
  dropBefore(index: number): void;
}

const LEAST = 16;

/** Grows as it must.
 *  @param most samples, a power of two
 *  @param hasAreas false where nobody asks for them */
export function createRing(most: number, hasAreas: boolean): Ring {
  let times = new Float64Array(LEAST);
  let values = new Float64Array(LEAST);
  let areas = new Float64Array(hasAreas ? LEAST : 0);
  let mask = LEAST - 1;
  let first = 0;
  let next = 0;

  function grow(): void {
    const wider = (old: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const wide = new Float64Array(old.length * 2);
      for (let i = first; i < next; i += 1) wide[i & (wide.length - 1)] = old[i & mask] as number;
      return wide;
    };
    [times, values] = [wider(times), wider(values)];
    if (hasAreas) areas = wider(areas);
    mask = times.length - 1;
  }

  function makeRoom(): void {
    if (next - first <= mask) return;
    if (times.length < most) grow();
    else first += 1;
  }

  function put(index: number, timeUs: TimeUs, value: number): void {
    const place = index & mask;
    const before = (index - 1) & mask;
    times[place] = timeUs;
    values[place] = value;
    if (!hasAreas) return;
    areas[place] =
      index === first
        ? 0
        : (areas[before] as number) +
          ((values[before] as number) * (timeUs - (times[before] as number))) / 1e6;
  }

  return {
    get first() {
      return first;
    },
    get next() {
      return next;
    },
    get size() {
      return next - first;
    },
    get isFull() {
      return next - first === most;
    },
    time: (index) => times[index & mask] as number,
    value: (index) => values[index & mask] as number,
    area: (index) => areas[index & mask] as number,
    push(timeUs, value) {
      makeRoom();
      put(next, timeUs, value);
      next += 1;
    },
    insert(timeUs, value) {
      makeRoom();
      let place = next;
      while (place > first && (times[(place - 1) & mask] as number) > timeUs) place -= 1;
      next += 1;
      for (let i = next - 1; i > place; i -= 1) {
        times[i & mask] = times[(i - 1) & mask] as number;
        values[i & mask] = values[(i - 1) & mask] as number;
      }
      put(place, timeUs, value);
      for (let i = place + 1; i < next; i += 1) put(i, times[i & mask] as number, values[i & mask] as number);
      return place;
    },
    dropBefore(index) {
      first = Math.min(next, Math.max(first, index));
    },
  };
}
