import { retryDelayMs } from "./retry-delay.ts";
import type { Timers } from "./timers.ts";

/** A connection that says nothing for this long is taken for dead: half-open connections never report it. */
const DEAD_AFTER_MS = 10_000;

export interface ConnectionHandlers {
  opened(): void;
  received(data: unknown): void;
  /** At most once, also where the connection never came about. */
  closed(): void;
}

export interface ConnectionDeps<S extends { close(): void }> {
  readonly connect: (handlers: ConnectionHandlers) => S;
  readonly timers: Timers;
  readonly random: () => number;
}

export interface ConnectionEvents {
  opened(): void;
  received(data: unknown): void;
  /** There is no connection from here on; before the first one as well. */
  dropped(): void;
  /** A connection ended before it said anything: perhaps the agent wants a token. */
  refused(): void;
}

/** One connection at a time, made anew whenever it ends or falls silent. */
export interface KeptConnection<S> {
  /** Undefined while there is none. */
  socket(): S | undefined;
  /** What came counts as a sign of life. */
  lives(): void;
  /** What came was of use: the next waits begin short again. */
  serves(): void;
  /** At once instead of after the current wait. */
  reconnect(): void;
  close(): void;
}

/** Connects, and again with growing waits for as long as it is not closed. */
export function keepConnected<S extends { close(): void }>(
  { connect, timers, random }: ConnectionDeps<S>,
  events: ConnectionEvents,
): KeptConnection<S> {
  const cancels = { retry: () => {}, dead: () => {} };
  let socket: S | undefined;
  // Counts connections: late events of one that was given up must not touch its successor.
  let generation = 0;
  let attempt = 0;
  let isClosed = false;

  const drop = (): void => {
    cancels.dead();
    generation += 1;
    socket?.close();
    socket = undefined;
    events.dropped();
  };
  const retryLater = (): void => {
    cancels.retry();
    cancels.retry = timers.after(retryDelayMs(attempt, random), begin);
    attempt += 1;
  };
  const watch = (): void => {
    cancels.dead();
    cancels.dead = timers.after(DEAD_AFTER_MS, () => {
      drop();
      retryLater();
    });
  };

  function begin(): void {
    cancels.retry();
    drop();
    const mine = generation;
    let spoke = false;
    socket = connect({
      opened() {
        if (mine === generation) events.opened();
      },
      received(data) {
        if (mine !== generation) return;
        spoke = true;
        events.received(data);
      },
      closed() {
        if (mine !== generation) return;
        drop();
        if (!spoke) events.refused();
        retryLater();
      },
    });
    watch();
  }

  begin();
  return {
    socket: () => socket,
    lives: watch,
    serves() {
      attempt = 0;
    },
    reconnect() {
      if (isClosed) return;
      attempt = 0;
      begin();
    },
    close() {
      isClosed = true;
      cancels.retry();
      drop();
    },
  };
}
