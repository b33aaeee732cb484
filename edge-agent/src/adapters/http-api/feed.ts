import type { Clock } from "@stethos/protocol-finger/clock";
import type { FeedMessage } from "../../core/feed.ts";
import { rfc3339 } from "../../core/time.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Plant } from "../../ports/plant.ts";
import type { Rollouts } from "../../ports/rollout.ts";
import { type ChangeBook, createChangeBook } from "./feed-changes.ts";
import type { PlantView } from "./plant-view.ts";

/** What the feed needs of a WebSocket of `ws`. */
export interface FeedSocket {
  /** Bytes handed over that the network has not taken. */
  readonly bufferedAmount: number;
  send(data: Buffer, options: { readonly binary: boolean }): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: "close" | "message" | "pong", listener: () => void): void;
}

export interface Feed {
  readonly clients: number;
  readonly full: boolean;
  /** @param mayListen asked again at each heartbeat: a session may end while its feed is open */
  accept(socket: FeedSocket, mayListen: () => boolean): void;
  /** Says goodbye to all; within a second all sockets are closed. */
  close(): Promise<void>;
}

export interface FeedDeps {
  readonly plant: Plant;
  readonly rollouts: Pick<Rollouts, "subscribe">;
  readonly view: PlantView;
  readonly clock: Clock;
  readonly logger: Logger;
}

const MOST_CLIENTS = 64;
const MOST_ALARMS = 1000;
/** Five messages a second are as many as an eye can follow. */
const TURN_MS = 200;
/** A trial counts each frame: once a second is often enough, and its report is larger than a reading. */
const TURNS_A_MODELS_REPORT = 5;
const TURNS_A_HEARTBEAT = 10;
/** A client that has not taken this much gets nothing more until it has: what it misses is conflated. */
const MOST_BUFFERED = 256 * 1024;
/** 15 s: as long as a screen on a plant's wireless network may take to come back. */
const MOST_STALLED_TURNS = 75;
/** 30 s without an answer to a ping, and nobody is there. */
const MOST_UNANSWERED_PINGS = 15;
/** What a closed client has to finish its goodbye. */
const TURNS_TO_CLOSE = 5;
const GOODBYE_MS = 1000;

/** RFC 6455, 7.4.1, and 4401 of the range for applications. */
const CLOSE = { goingAway: 1001, policy: 1008, tooSlow: 1013, sessionEnded: 4401 } as const;

interface Client {
  readonly socket: FeedSocket;
  readonly mayListen: () => boolean;
  /** The turn up to which it knows everything. */
  seen: number;
  stalledTurns: number;
  unansweredPings: number;
  /** Turns left until it is cut off; undefined while it is open. */
  closingTurns: number | undefined;
}

/** Sends every client the newest state: a snapshot, then changes, each subject at most once a turn. A message is made
 *  once for all clients that are equally far. */
export function createFeed({ plant, rollouts, view, clock, logger }: FeedDeps): Feed {
  const clients = new Set<Client>();
  let stop: (() => void) | undefined;
  let lastTurn = 0;
  let { machines } = plant;
  let haveModelsChanged = false;
  let onEmpty = (): void => {};

  /** Nothing is noted while nobody listens. */
  function start(): () => void {
    const book = createChangeBook(MOST_ALARMS);
    haveModelsChanged = false;
    const unsubscribe = plant.subscribe(book.note);
    const unsubscribeModels = rollouts.subscribe(() => {
      haveModelsChanged = true;
    });
    const stopped = new AbortController();
    lastTurn = 0;
    machines = plant.machines;
    turn(book, stopped.signal).catch((thrown: unknown) => {
      if (stopped.signal.aborted) return;
      logger.error({ err: thrown }, "the feed failed; its clients must connect again");
      for (const { socket } of clients) socket.terminate();
    });
    return () => {
      unsubscribe();
      unsubscribeModels();
      stopped.abort();
    };
  }

  async function turn(book: ChangeBook, signal: AbortSignal): Promise<void> {
    for (let count = 1; ; count += 1) {
      await clock.sleep(TURN_MS, signal);
      if (haveModelsChanged && count % TURNS_A_MODELS_REPORT === 0) {
        haveModelsChanged = false;
        book.noteModels();
      }
      sendChanges(book);
      if (count % TURNS_A_HEARTBEAT === 0) heartbeat();
    }
  }

  function sendChanges(book: ChangeBook): void {
    // A reload of the configuration brings new tables.
    if (machines !== plant.machines) book.forget();
    machines = plant.machines;
    lastTurn = book.endTurn();
    const messages = new Map<number, readonly Buffer[]>();
    for (const client of clients) {
      if (client.closingTurns !== undefined) countDown(client);
      else if (isKeepingUp(client)) {
        const missed = messages.get(client.seen) ?? messagesSince(book, client.seen);
        messages.set(client.seen, missed);
        for (const message of missed) client.socket.send(message, { binary: false });
        client.seen = lastTurn;
      }
    }
  }

  function messagesSince(book: ChangeBook, seen: number): readonly Buffer[] {
    const nowUs = clock.nowUs();
    const changes = book.since(seen);
    if (changes === undefined) return [encode(view.snapshot(nowUs))];
    const change = view.change(changes, nowUs);
    return [
      ...(change === undefined ? [] : [encode(change)]),
      ...(changes.models ? [encode({ kind: "models", time: rfc3339(nowUs), models: view.models() })] : []),
    ];
  }

  function isKeepingUp(client: Client): boolean {
    if (client.socket.bufferedAmount <= MOST_BUFFERED) {
      client.stalledTurns = 0;
      return true;
    }
    client.stalledTurns += 1;
    if (client.stalledTurns > MOST_STALLED_TURNS) end(client, CLOSE.tooSlow, "too slow; connect again");
    return false;
  }

  function heartbeat(): void {
    const message = encode({ kind: "heartbeat", time: rfc3339(clock.nowUs()) });
    for (const client of clients) {
      if (client.closingTurns !== undefined) continue;
      if (!client.mayListen()) end(client, CLOSE.sessionEnded, "the session ended; log in again");
      else if (client.unansweredPings >= MOST_UNANSWERED_PINGS) client.socket.terminate();
      else {
        client.unansweredPings += 1;
        client.socket.ping();
        if (client.socket.bufferedAmount <= MOST_BUFFERED) client.socket.send(message, { binary: false });
      }
    }
  }

  function end(client: Client, code: number, reason: string): void {
    if (client.closingTurns !== undefined) return;
    logger.debug({ code, reason }, "closing a feed client");
    client.closingTurns = TURNS_TO_CLOSE;
    client.socket.close(code, reason);
  }

  function countDown(client: Client): void {
    client.closingTurns = (client.closingTurns ?? 0) - 1;
    if (client.closingTurns <= 0) client.socket.terminate();
  }

  function forget(client: Client): void {
    clients.delete(client);
    if (clients.size > 0) return;
    stop?.();
    stop = undefined;
    onEmpty();
  }

  return {
    get clients() {
      return clients.size;
    },
    get full() {
      return clients.size >= MOST_CLIENTS;
    },
    accept(socket, mayListen) {
      const snapshot = encode(view.snapshot(clock.nowUs()));
      stop ??= start();
      const client: Client = {
        socket,
        mayListen,
        // The snapshot holds all that is known now; what changes within this turn may come once more.
        seen: lastTurn,
        stalledTurns: 0,
        unansweredPings: 0,
        closingTurns: undefined,
      };
      clients.add(client);
      socket.on("close", () => forget(client));
      socket.on("pong", () => {
        client.unansweredPings = 0;
      });
      socket.on("message", () => end(client, CLOSE.policy, "the feed takes no messages; commands are HTTP"));
      socket.send(snapshot, { binary: false });
    },
    async close() {
      if (clients.size === 0) return;
      const empty = new Promise<void>((resolve) => {
        onEmpty = resolve;
      });
      const deadline = clock.deadline(GOODBYE_MS, new AbortController().signal);
      deadline.signal.addEventListener("abort", () => {
        for (const { socket } of clients) socket.terminate();
      });
      for (const client of clients) end(client, CLOSE.goingAway, "the agent stops");
      await empty;
      deadline.dispose();
    },
  };
}

const encode = (message: FeedMessage): Buffer => Buffer.from(JSON.stringify(message));
