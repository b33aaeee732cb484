import type { Clock } from "@stethos/protocol-finger/clock";
import type { Logger } from "../../ports/logger.ts";

/** What a feed needs of a WebSocket of `ws`. */
export interface FeedSocket {
  /** Bytes handed over that the network has not taken. */
  readonly bufferedAmount: number;
  send(data: Uint8Array, options: { readonly binary: boolean }): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  /** @param listener only a message comes with data */
  on(event: "close" | "message" | "pong", listener: (data: Buffer) => void): void;
}

/** RFC 6455, 7.4.1, and 4401 of the range for applications. */
export const CLOSE = { goingAway: 1001, policy: 1008, tooSlow: 1013, sessionEnded: 4401 } as const;

/** One client, with what its feed knows of it. */
export interface Listener<Own> {
  readonly socket: FeedSocket;
  readonly own: Own;
}

/** What is played to an audience while there is one. */
export interface Show<Own> {
  readonly turnMs: number;
  readonly heartbeatMs: number;
  /** Before the first turn. @returns what to do when the last listener has gone */
  begin(): () => void;
  /** @param turn 1, 2, ... since the show began
   *  @param isHeartbeat the heartbeat follows */
  turn(turn: number, isHeartbeat: boolean): void;
  heartbeat(): void;
  onMessage(listener: Listener<Own>, data: Buffer): void;
}

/** The clients of one feed: whether they may listen, whether they are there and keep up, and how they go. */
export interface Audience<Own> {
  readonly size: number;
  readonly isFull: boolean;
  /** @param mayListen asked again at each heartbeat: a session may end while its feed is open */
  admit(socket: FeedSocket, mayListen: () => boolean, own: Own): void;
  /** Visits those that have taken what they were sent before this turn. */
  forEachReady(visit: (listener: Listener<Own>) => void): void;
  end(listener: Listener<Own>, code: number, reason: string): void;
  /** Says goodbye to all; within a second all sockets are closed. */
  close(): Promise<void>;
}

const MOST_LISTENERS = 64;
/** A client that has not taken this much gets nothing more until it has: what it misses is conflated. */
const MOST_BUFFERED = 256 * 1024;
/** As long as a screen on a plant's wireless network may take to come back. */
const MOST_STALLED_MS = 15_000;
/** So long without an answer to a ping, and nobody is there. */
const MOST_SILENT_MS = 30_000;
/** What a closed client, and all of them when the agent stops, have to finish their goodbye. */
const GOODBYE_MS = 1000;

interface Member<Own> extends Listener<Own> {
  readonly mayListen: () => boolean;
  isReady: boolean;
  stalledTurns: number;
  unansweredPings: number;
  /** Turns left until it is cut off; undefined while it is open. */
  closingTurns: number | undefined;
}

export function createAudience<Own>(
  { turnMs, heartbeatMs, ...show }: Show<Own>,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Audience<Own> {
  const members = new Set<Member<Own>>();
  let stop: (() => void) | undefined;
  let onEmpty = (): void => {};

  function start(): () => void {
    const end = show.begin();
    const stopped = new AbortController();
    run(stopped.signal).catch((thrown: unknown) => {
      if (stopped.signal.aborted) return;
      logger.error({ err: thrown }, "the feed failed; its clients must connect again");
      for (const { socket } of members) socket.terminate();
    });
    return () => {
      stopped.abort();
      end();
    };
  }

  async function run(signal: AbortSignal): Promise<void> {
    const turnsAHeartbeat = heartbeatMs / turnMs;
    let due = clock.monotonicMs();
    for (let count = 1; ; count += 1) {
      // The work of a turn is part of its time; what cannot be done in time is left out, not made up for.
      due = Math.max(due + turnMs, clock.monotonicMs() + 1);
      await clock.sleep(due - clock.monotonicMs(), signal);
      const isHeartbeat = count % turnsAHeartbeat === 0;
      for (const member of members) lookAt(member);
      show.turn(count, isHeartbeat);
      if (!isHeartbeat) continue;
      for (const member of members) ping(member);
      show.heartbeat();
    }
  }

  function lookAt(member: Member<Own>): void {
    if (member.closingTurns !== undefined) {
      countDown(member, member.closingTurns - 1);
      return;
    }
    member.isReady = member.socket.bufferedAmount <= MOST_BUFFERED;
    member.stalledTurns = member.isReady ? 0 : member.stalledTurns + 1;
    if (member.stalledTurns * turnMs > MOST_STALLED_MS) end(member, CLOSE.tooSlow, "too slow; connect again");
  }

  function countDown(member: Member<Own>, turns: number): void {
    member.closingTurns = turns;
    if (turns <= 0) member.socket.terminate();
  }

  function ping(member: Member<Own>): void {
    if (member.closingTurns !== undefined) return;
    if (!member.mayListen()) end(member, CLOSE.sessionEnded, "the session ended; log in again");
    else if (member.unansweredPings * heartbeatMs >= MOST_SILENT_MS) member.socket.terminate();
    else {
      member.unansweredPings += 1;
      member.socket.ping();
    }
  }

  function end(member: Member<Own>, code: number, reason: string): void {
    if (member.closingTurns !== undefined) return;
    logger.debug({ code, reason }, "closing a feed client");
    member.isReady = false;
    member.closingTurns = GOODBYE_MS / turnMs;
    member.socket.close(code, reason);
  }

  function forget(member: Member<Own>): void {
    // What is left of this turn is not for who has gone.
    member.isReady = false;
    members.delete(member);
    if (members.size > 0) return;
    stop?.();
    stop = undefined;
    onEmpty();
  }

  return {
    get size() {
      return members.size;
    },
    get isFull() {
      return members.size >= MOST_LISTENERS;
    },
    admit(socket, mayListen, own) {
      const member: Member<Own> = {
        socket,
        own,
        mayListen,
        isReady: true,
        stalledTurns: 0,
        unansweredPings: 0,
        closingTurns: undefined,
      };
      members.add(member);
      stop ??= start();
      socket.on("close", () => forget(member));
      socket.on("pong", () => {
        member.unansweredPings = 0;
      });
      socket.on("message", (data) => {
        if (member.closingTurns === undefined) show.onMessage(member, data);
      });
    },
    forEachReady(visit) {
      for (const member of members) if (member.isReady) visit(member);
    },
    end(listener, code, reason) {
      for (const member of members) if (member === listener) end(member, code, reason);
    },
    async close() {
      if (members.size === 0) return;
      const empty = new Promise<void>((resolve) => {
        onEmpty = resolve;
      });
      const deadline = clock.deadline(GOODBYE_MS, new AbortController().signal);
      deadline.signal.addEventListener("abort", () => {
        for (const { socket } of members) socket.terminate();
      });
      for (const member of members) end(member, CLOSE.goingAway, "the agent stops");
      await empty;
      deadline.dispose();
    },
  };
}
