/** One direction of a TCP connection put back in order. */
export interface Stream {
  /** @param payload copied where it must wait */
  push(sequence: number, payload: Buffer, isSyn: boolean): void;
  /** The other side has acknowledged everything before this: what is missing of it was never captured. */
  acknowledged(sequence: number): void;
  /** Bytes that can be missed no more: hand on what waits behind a hole. */
  end(): void;
}

export interface StreamCounts {
  /** Holes in the stream: segments that the capture lacks. */
  gaps: number;
  /** Bytes that came again. */
  repeatedBytes: number;
}

export interface StreamLimits {
  /** Segments, and their bytes, that may wait for a missing one. */
  readonly mostWaiting: number;
  readonly mostWaitingBytes: number;
}

interface Waiting {
  readonly sequence: number;
  readonly payload: Buffer;
}

/** No sender goes back farther than its window, which no controller has larger than this. */
const FARTHEST_REPEAT = 1 << 24;

/** @param onBytes gets the bytes in order; `isAfterGap` where some are missing before them */
export function createStream(
  limits: StreamLimits,
  counts: StreamCounts,
  onBytes: (bytes: Buffer, isAfterGap: boolean) => void,
): Stream {
  /** Sequence number that comes next; undefined until the first segment. */
  let next: number | undefined;
  let waiting: Waiting[] = [];
  let waitingBytes = 0;

  function deliver(sequence: number, payload: Buffer, isAfterGap: boolean): void {
    const known = distance(sequence, next ?? sequence);
    if (known > FARTHEST_REPEAT) {
      // A new connection whose beginning was not captured.
      next = sequence;
      counts.gaps += 1;
      deliver(sequence, payload, true);
      return;
    }
    if (known > 0) counts.repeatedBytes += Math.min(known, payload.length);
    if (known >= payload.length) return;
    next = (sequence + payload.length) >>> 0;
    onBytes(payload.subarray(Math.max(0, known)), isAfterGap);
  }

  /** Hands on what is no longer waiting for anything. */
  function drain(): void {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      if (distance(next ?? 0, first.sequence) > 0) return;
      waiting.shift();
      waitingBytes -= first.payload.length;
      deliver(first.sequence, first.payload, false);
    }
  }

  function leap(): void {
    const first = waiting.shift();
    if (first === undefined) return;
    counts.gaps += 1;
    waitingBytes -= first.payload.length;
    next = first.sequence;
    deliver(first.sequence, first.payload, true);
    drain();
  }

  function hold(sequence: number, payload: Buffer): void {
    const at = waiting.findIndex((other) => distance(sequence, other.sequence) > 0);
    const held = { sequence, payload: Buffer.from(payload) };
    waiting.splice(at < 0 ? waiting.length : at, 0, held);
    waitingBytes += payload.length;
    while (waiting.length > limits.mostWaiting || waitingBytes > limits.mostWaitingBytes) leap();
  }

  return {
    push(sequence, payload, isSyn) {
      if (isSyn) {
        next = (sequence + 1) >>> 0;
        waiting = [];
        waitingBytes = 0;
      }
      const start = isSyn ? (sequence + 1) >>> 0 : sequence;
      if (payload.length === 0) return;
      if (next !== undefined && distance(next, start) > 0) {
        hold(start, payload);
        return;
      }
      deliver(start, payload, false);
      drain();
    },
    acknowledged(sequence) {
      while (waiting.length > 0 && distance(next ?? sequence, sequence) > 0) leap();
    },
    end() {
      while (waiting.length > 0) leap();
    },
  };
}

/** How far `to` lies after `from` in a 32-bit ring; negative where it lies before (RFC 9293, section 3.4). */
function distance(from: number, to: number): number {
  return (to - from) | 0;
}
