import type { FeedMessage } from "@stethos/edge-agent/core";
import { decode } from "./decode.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { Timers } from "./timers.ts";

/** No message for this long and the screen no longer tells the truth. */
const STALE_AFTER_MS = 3_000;
/** A connection that says nothing for this long is taken for dead: half-open connections never report it. */
const DEAD_AFTER_MS = 10_000;

type FeedState = "connecting" | "live" | "stale";

export interface FeedStatus {
  readonly state: FeedState;
  /** When the last message came, in the timers' milliseconds. */
  readonly heardMs?: number;
}

export interface SocketHandlers {
  received(data: unknown): void;
  /** At most once, also where the connection never came about. */
  closed(): void;
}

export interface Socket {
  close(): void;
}

export interface FeedDeps {
  readonly connect: (handlers: SocketHandlers) => Socket;
  readonly timers: Timers;
  readonly random: () => number;
}

export interface FeedEvents {
  message(message: FeedMessage): void;
  status(status: FeedStatus): void;
  /** What of a message could not be used, and why. */
  notes(notes: readonly string[]): void;
  /** A connection ended before it said anything: perhaps the agent wants a token. */
  refused(): void;
}

export interface Feed {
  /** Connect at once instead of after the current wait. */
  reconnect(): void;
  close(): void;
}

/** Keeps one connection to the feed: reconnects, and says when what is on the screen has grown old. */
export function openFeed(deps: FeedDeps, events: FeedEvents): Feed {
  const { timers } = deps;
  let socket: Socket | undefined;
  // Counts connections: late events of one that was given up must not touch its successor.
  let generation = 0;
  let attempt = 0;
  let heardMs: number | undefined;
  let closed = false;
  const cancels = { retry: () => {}, stale: () => {}, dead: () => {} };

  const report = (state: FeedState): void =>
    events.status(heardMs === undefined ? { state } : { state, heardMs });

  const drop = (): void => {
    cancels.dead();
    generation += 1;
    socket?.close();
    socket = undefined;
  };

  const retryLater = (): void => {
    cancels.retry();
    cancels.retry = timers.after(retryDelayMs(attempt, deps.random), connect);
    attempt += 1;
  };

  const watch = (): void => {
    cancels.dead();
    cancels.dead = timers.after(DEAD_AFTER_MS, () => {
      drop();
      retryLater();
    });
  };

  const hear = (data: unknown): void => {
    const decoded = decode(data);
    if (decoded.notes.length > 0) events.notes(decoded.notes);
    // Only what was understood counts as news: garbage must not keep an old picture looking fresh.
    if (decoded.message === undefined) return;
    attempt = 0;
    heardMs = timers.now();
    watch();
    cancels.stale();
    cancels.stale = timers.after(STALE_AFTER_MS, () => report("stale"));
    events.message(decoded.message);
    report("live");
  };

  function connect(): void {
    cancels.retry();
    drop();
    const mine = generation;
    let spoke = false;
    socket = deps.connect({
      received(data) {
        if (mine !== generation) return;
        spoke = true;
        hear(data);
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

  report("connecting");
  connect();
  return {
    reconnect() {
      if (closed) return;
      attempt = 0;
      connect();
    },
    close() {
      closed = true;
      for (const cancel of Object.values(cancels)) cancel();
      drop();
    },
  };
}
