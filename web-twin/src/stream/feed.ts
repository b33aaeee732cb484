import type { FeedMessage } from "@stethos/edge-agent/core";
import { decode } from "./decode.ts";
import { type ConnectionHandlers, keepConnected } from "./kept-connection.ts";
import type { Timers } from "./timers.ts";

/** No message for this long and the screen no longer tells the truth. */
const STALE_AFTER_MS = 3_000;

type FeedState = "connecting" | "live" | "stale";

export interface FeedStatus {
  readonly state: FeedState;
  /** When the last message came, in the timers' milliseconds. */
  readonly heardMs?: number;
}

export type SocketHandlers = Omit<ConnectionHandlers, "opened">;

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
  let heardMs: number | undefined;
  let cancelStale = (): void => {};

  const report = (state: FeedState): void =>
    events.status(heardMs === undefined ? { state } : { state, heardMs });

  const hear = (data: unknown): void => {
    const decoded = decode(data);
    if (decoded.notes.length > 0) events.notes(decoded.notes);
    // Only what was understood counts as news: garbage must not keep an old picture looking fresh.
    if (decoded.message === undefined) return;
    connection.lives();
    connection.serves();
    heardMs = timers.now();
    cancelStale();
    cancelStale = timers.after(STALE_AFTER_MS, () => report("stale"));
    events.message(decoded.message);
    report("live");
  };

  report("connecting");
  const connection = keepConnected(deps, {
    opened() {},
    received: hear,
    dropped() {},
    refused: events.refused,
  });
  return {
    reconnect: connection.reconnect,
    close() {
      cancelStale();
      connection.close();
    },
  };
}
