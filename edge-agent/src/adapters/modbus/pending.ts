import type { Clock, Deadline } from "@stethos/protocol-finger/clock";
import type { Outcome } from "./line.ts";
import type { ReadRequest } from "./request.ts";

/** A question that waits for its answer. */
export interface Waiting {
  readonly id: number;
  readonly request: ReadRequest;
  readonly sentAtMs: number;
  resolve(outcome: Outcome): void;
  reject(reason: unknown): void;
}

/** The questions in flight, oldest first, with one timer for all of them: all wait equally long. */
export interface Pending {
  add(waiting: Waiting): void;
  /** Take the question with this id out. */
  take(id: number): Waiting | undefined;
  /** Take all out: nobody answers any more. Ends the timer. */
  drain(): Waiting[];
}

/** @param onExpired told of each question that waited `timeoutMs`; it is out already */
export function createPending(
  timeoutMs: number,
  clock: Clock,
  onExpired: (waiting: Waiting) => void,
): Pending {
  const byId = new Map<number, Waiting>();
  const ended = new AbortController();
  let timer: Deadline | undefined;

  // The timer is not moved when an answer comes: at its end it looks who is due and starts anew for the next.
  function arm(ms: number): void {
    const deadline = clock.deadline(ms, ended.signal);
    timer = deadline;
    deadline.signal.addEventListener(
      "abort",
      () => {
        deadline.dispose();
        timer = undefined;
        if (deadline.expired) sweep();
      },
      { once: true },
    );
  }

  function sweep(): void {
    const nowMs = clock.monotonicMs();
    for (const waiting of byId.values()) {
      const leftMs = waiting.sentAtMs + timeoutMs - nowMs;
      if (leftMs > 0) {
        arm(Math.ceil(leftMs));
        return;
      }
      byId.delete(waiting.id);
      onExpired(waiting);
    }
  }

  return {
    add(waiting) {
      byId.set(waiting.id, waiting);
      if (timer === undefined) arm(timeoutMs);
    },
    take(id) {
      const waiting = byId.get(id);
      byId.delete(id);
      return waiting;
    },
    drain() {
      const all = [...byId.values()];
      byId.clear();
      ended.abort();
      return all;
    },
  };
}
