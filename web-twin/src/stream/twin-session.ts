import {
  decodeTwin,
  placeOfTwin,
  type TwinMessage,
  type TwinRequest,
  type TwinSnapshot,
  type TwinWatched,
} from "@stethos/edge-agent/core";
import { type ConnectionDeps, type ConnectionHandlers, keepConnected } from "./kept-connection.ts";
import type { TwinFigures } from "./twin-news.ts";
import type { TwinPlanes } from "./twin-planes.ts";

/** Nothing that counts for this long, and what stands on the screen is old. */
const STALE_AFTER_MS = 3_000;
/** A snapshot that does not come is asked for again, each time after twice the wait. */
const FIRST_ANSWER_MS = 2_000;
const MOST_DOUBLINGS = 3;

export type TwinSocketHandlers = ConnectionHandlers;

export interface TwinSocket {
  send(text: string): void;
  close(): void;
}

export type TwinSessionDeps = ConnectionDeps<TwinSocket>;

export interface TwinSessionEvents {
  /** The planes or their time are newer. */
  changed(timeMs: number): void;
  watched(message: TwinWatched): void;
  freshness(isStale: boolean): void;
  layoutWanted(hash: number): void;
  refused(): void;
  note(text: string): void;
}

export interface TwinSession {
  /** Begins anew with another plant. */
  setLayout(hash: number, planes: TwinPlanes): void;
  setRate(mostHz: number): void;
  watch(points: readonly number[]): void;
  resync(why: string): void;
  reconnect(): void;
  figures(): TwinFigures;
  close(): void;
}

interface Known {
  readonly epoch: number;
  readonly turn: number;
}

/** Keeps one connection to the twin feed and the planes equal to the agent's: what was missed, or differs by its hash, is
 *  fetched again as a whole. */
export function createTwinSession(deps: TwinSessionDeps, events: TwinSessionEvents): TwinSession {
  const { timers } = deps;
  const cancels = { stale: () => {}, answer: () => {} };
  const figures = { applied: 0, lost: 0, resyncs: 0 };
  let isOpen = false;
  let isStale = false;
  let mostHz = 20;
  let watchList: readonly number[] = [];
  let layout: { readonly hash: number; readonly planes: TwinPlanes } | undefined;
  let wantedHash: number | undefined;
  // Undefined: a snapshot is awaited, and all else is of no use.
  let known: Known | undefined;
  let unanswered = 0;

  const send = (request: TwinRequest): void => {
    if (isOpen) connection.socket()?.send(JSON.stringify(request));
  };

  const setStale = (next: boolean): void => {
    if (next === isStale) return;
    isStale = next;
    events.freshness(next);
  };
  const watchStale = (): void => {
    cancels.stale();
    cancels.stale = timers.after(STALE_AFTER_MS, () => setStale(true));
  };

  const awaitSnapshot = (): void => {
    known = undefined;
    cancels.answer();
    const wait = FIRST_ANSWER_MS * 2 ** Math.min(unanswered, MOST_DOUBLINGS);
    cancels.answer = timers.after(wait, () => {
      unanswered += 1;
      send({ kind: "resync", why: "no answer" });
      awaitSnapshot();
    });
  };

  const greet = (): void => {
    if (!isOpen || layout === undefined) return;
    send({ kind: "hello", layoutHash: layout.hash, mostHz });
    if (watchList.length > 0) send({ kind: "watch", points: watchList });
    awaitSnapshot();
  };

  const resync = (why: string): void => {
    if (known === undefined) return;
    figures.resyncs += 1;
    send({ kind: "resync", why });
    awaitSnapshot();
  };
  const missed = (why: string): void => {
    figures.lost += 1;
    resync(why);
  };

  const takeSnapshot = (message: TwinSnapshot, planes: TwinPlanes): boolean => {
    const isOlder = known?.epoch === message.epoch && message.turn < known.turn;
    if (isOlder) return false;
    if (message.state.length !== planes.pointCount) {
      missed(`${message.state.length} points instead of ${planes.pointCount}`);
      return false;
    }
    planes.apply(message);
    known = { epoch: message.epoch, turn: message.turn };
    cancels.answer();
    unanswered = 0;
    return true;
  };

  /** @returns whether the planes are now what the message says */
  const follow = (message: Exclude<TwinMessage, TwinSnapshot>, planes: TwinPlanes): boolean => {
    if (known === undefined) return false;
    if (message.epoch !== known.epoch) {
      missed("another epoch");
      return false;
    }
    const place = placeOfTwin(message, known.turn);
    if (place === "missed") missed(`a gap after turn ${known.turn}`);
    if (place !== "take") return false;
    if (message.kind === "delta") {
      planes.apply(message);
      known = { epoch: known.epoch, turn: message.turn };
    } else if (message.kind === "watched") events.watched(message);
    else if (message.planeHash !== planes.hash()) {
      missed("another hash");
      return false;
    }
    return true;
  };

  const take = (message: TwinMessage): void => {
    if (layout === undefined) return;
    if (message.kind !== "heartbeat" && message.layoutHash !== layout.hash) {
      if (wantedHash !== message.layoutHash) events.layoutWanted(message.layoutHash);
      wantedHash = message.layoutHash;
      return;
    }
    const { planes } = layout;
    const isTrue = message.kind === "snapshot" ? takeSnapshot(message, planes) : follow(message, planes);
    if (!isTrue) return;
    figures.applied += 1;
    connection.serves();
    watchStale();
    setStale(false);
    events.changed(message.timeMs);
  };

  const hear = (data: unknown): void => {
    if (!(data instanceof ArrayBuffer)) {
      events.note("twin: expected binary data, got a text");
      return;
    }
    try {
      take(decodeTwin(data));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      events.note(`twin: ${error.message}`);
      missed("a message that cannot be read");
    }
  };

  watchStale();
  const connection = keepConnected(deps, {
    opened() {
      isOpen = true;
      greet();
    },
    received(data) {
      connection.lives();
      hear(data);
    },
    dropped() {
      cancels.answer();
      isOpen = false;
      known = undefined;
    },
    refused: events.refused,
  });
  return {
    setLayout(hash, planes) {
      // The numbers of another plant's points mean others.
      if (layout !== undefined && layout.hash !== hash) watchList = [];
      layout = { hash, planes };
      wantedHash = undefined;
      greet();
    },
    setRate(next) {
      if (next === mostHz) return;
      mostHz = next;
      send({ kind: "rate", mostHz });
    },
    watch(points) {
      watchList = points;
      send({ kind: "watch", points });
    },
    resync,
    reconnect: connection.reconnect,
    figures: () => ({ turn: known?.turn ?? 0, ...figures }),
    close() {
      for (const cancel of Object.values(cancels)) cancel();
      connection.close();
    },
  };
}
