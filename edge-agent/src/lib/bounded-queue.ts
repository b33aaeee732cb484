/** A queue with a bound, read as an async iterable by one consumer. When it is full the oldest item goes and is counted. */
export interface BoundedQueue<T> extends AsyncIterable<T> {
  /** False when an older item had to make room, or when the queue is closed. */
  push(item: T): boolean;
  /** Items that wait, without waiting for more: at most `most`, oldest first. */
  take(most: number): T[];
  /** No more items; the consumer gets what is there and then ends. */
  close(): void;
  readonly size: number;
  /** Items that had to make room since the start. */
  readonly dropped: number;
}

/** @param onDrop told of each item that had to make room */
export function createBoundedQueue<T>(bound: number, onDrop?: (item: T) => void): BoundedQueue<T> {
  // A ring: shift() of a long array would copy it.
  const ring = new Array<T | undefined>(bound);
  let head = 0;
  let size = 0;
  let dropped = 0;
  let closed = false;
  let wake: (() => void) | undefined;

  function pull(): T {
    const item = ring[head] as T;
    ring[head] = undefined;
    head = (head + 1) % bound;
    size -= 1;
    return item;
  }

  function notify(): void {
    wake?.();
    wake = undefined;
  }

  return {
    push(item) {
      if (closed) return false;
      const isFull = size === bound;
      if (isFull) {
        dropped += 1;
        const oldest = pull();
        onDrop?.(oldest);
      }
      ring[(head + size) % bound] = item;
      size += 1;
      notify();
      return !isFull;
    },
    take(most) {
      const items: T[] = [];
      while (size > 0 && items.length < most) items.push(pull());
      return items;
    },
    close() {
      closed = true;
      notify();
    },
    get size() {
      return size;
    },
    get dropped() {
      return dropped;
    },
    async *[Symbol.asyncIterator]() {
      while (true) {
        while (size > 0) yield pull();
        if (closed) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
