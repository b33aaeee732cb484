import type { Clock } from "@stethos/protocol-finger/clock";
import { unreachable } from "../../../core/errors.ts";
import type { TwinRequest } from "../../../core/twin-delta.ts";
import type { Logger } from "../../../ports/logger.ts";
import type { Points } from "../../../ports/points.ts";
import { CLOSE, createAudience, type FeedSocket, type Listener } from "../feed-audience.ts";
import { createTwinMessages } from "./twin-messages.ts";
import { MOST_WATCHED, parseTwinRequest } from "./twin-request.ts";
import { collectWatched, createWatch, type TwinWatch } from "./twin-watch.ts";

export interface TwinFeed {
  readonly clients: number;
  readonly full: boolean;
  /** @param mayListen asked again at each heartbeat: a session may end while its feed is open */
  accept(socket: FeedSocket, mayListen: () => boolean): void;
  /** Says goodbye to all; within a second all sockets are closed. */
  close(): Promise<void>;
}

export interface TwinFeedDeps {
  readonly points: Points;
  readonly clock: Clock;
  readonly logger: Logger;
}

const TURN_MS = 50;
const MOST_HZ = 1000 / TURN_MS;
const HEARTBEAT_MS = 1000;
/** Between two heartbeats. Each snapshot holds the whole plant: a screen that cannot live on these is no better off with more. */
const MOST_SNAPSHOTS = 4;
const MOST_REQUESTS = 50;
const TOO_OFTEN = { isRequest: false, why: "too many requests; connect again" } as const;
/** Who connects and says nothing for so many heartbeats wants nothing. */
const MOST_SILENT_HEARTBEATS = 10;

/** What is known of one screen. */
interface Screen {
  /** Undefined until it said hello. */
  mostHz: number | undefined;
  needsSnapshot: boolean;
  /** The epoch and the turn up to which it knows everything. */
  epoch: number;
  seen: number;
  layoutHash: number;
  watch: TwinWatch | undefined;
  silentHeartbeats: number;
  /** Since the last heartbeat. */
  snapshots: number;
  requests: number;
}

/** Sends every screen the newest of all points, as often as it can take it: what it could not take is merged. */
export function createTwinFeed({ points, clock, logger }: TwinFeedDeps): TwinFeed {
  const messages = createTwinMessages(points, clock);
  const room = { point: new Uint32Array(MOST_WATCHED), value: new Float32Array(MOST_WATCHED) };
  let last = 0;

  function tell({ socket, own }: Listener<Screen>, turn: number, isHeartbeat: boolean): void {
    if (own.mostHz === undefined) return;
    if (own.epoch !== points.epoch) own.needsSnapshot = true;
    if (own.needsSnapshot) tellAll(socket, own);
    else if (isHeartbeat || isDue(own.mostHz, turn)) tellNews(socket, own);
  }

  function tellAll(socket: FeedSocket, own: Screen): void {
    if (own.snapshots >= MOST_SNAPSHOTS) return;
    own.snapshots += 1;
    own.needsSnapshot = false;
    // The numbers of another plant's points mean others; the screen asks anew once it has the layout.
    if (own.layoutHash !== points.layout.hash) own.watch = undefined;
    own.layoutHash = points.layout.hash;
    own.epoch = points.epoch;
    own.seen = last;
    send(socket, messages.snapshot());
    tellWatched(socket, own);
  }

  function tellNews(socket: FeedSocket, own: Screen): void {
    const message = own.seen < last ? messages.since(own.seen) : undefined;
    if (message !== undefined) {
      send(socket, message);
      own.seen = last;
    }
    tellWatched(socket, own);
  }

  function tellWatched(socket: FeedSocket, { watch }: Screen): void {
    if (watch === undefined) return;
    const count = collectWatched(watch, points.exact, room);
    if (count > 0)
      send(socket, messages.watched(room.point.subarray(0, count), room.value.subarray(0, count)));
  }

  function heartbeat(): void {
    const message = messages.heartbeat();
    audience.forEachReady((listener) => {
      const { socket, own } = listener;
      own.snapshots = 0;
      own.requests = 0;
      if (own.mostHz !== undefined && !own.needsSnapshot) send(socket, message);
      else if (own.mostHz === undefined) endIfSilent(listener);
    });
  }

  function endIfSilent(listener: Listener<Screen>): void {
    listener.own.silentHeartbeats += 1;
    if (listener.own.silentHeartbeats >= MOST_SILENT_HEARTBEATS)
      audience.end(listener, CLOSE.policy, "say hello first");
  }

  function onMessage(listener: Listener<Screen>, data: Buffer): void {
    const { own } = listener;
    own.requests += 1;
    const isTooOften = own.requests > MOST_REQUESTS;
    const parsed = isTooOften ? TOO_OFTEN : parseTwinRequest(data.toString("utf8"));
    if (!parsed.isRequest) audience.end(listener, CLOSE.policy, parsed.why);
    else if (own.mostHz === undefined && parsed.request.kind !== "hello")
      audience.end(listener, CLOSE.policy, "say hello first");
    else take(own, parsed.request);
  }

  const audience = createAudience<Screen>(
    {
      turnMs: TURN_MS,
      heartbeatMs: HEARTBEAT_MS,
      begin: () => () => {},
      turn(turn, isHeartbeat) {
        last = points.endTurn();
        messages.begin(last);
        audience.forEachReady((listener) => tell(listener, turn, isHeartbeat));
      },
      heartbeat,
      onMessage,
    },
    { clock, logger },
  );

  return {
    get clients() {
      return audience.size;
    },
    get full() {
      return audience.isFull;
    },
    accept(socket, mayListen) {
      audience.admit(socket, mayListen, {
        mostHz: undefined,
        needsSnapshot: true,
        epoch: points.epoch,
        seen: 0,
        layoutHash: points.layout.hash,
        watch: undefined,
        silentHeartbeats: 0,
        snapshots: 0,
        requests: 0,
      });
    },
    close: audience.close,
  };
}

function take(own: Screen, request: TwinRequest): void {
  switch (request.kind) {
    case "hello":
      own.mostHz = request.mostHz;
      own.needsSnapshot = true;
      return;
    case "resync":
      own.needsSnapshot = true;
      return;
    case "rate":
      own.mostHz = request.mostHz;
      return;
    case "watch":
      own.watch = createWatch(request.points);
      return;
    default:
      unreachable(request);
  }
}

/** Screens of the same rate are due in the same turns, so that they share their messages. */
function isDue(mostHz: number, turn: number): boolean {
  const share = Math.min(mostHz, MOST_HZ) / MOST_HZ;
  return Math.floor(turn * share) !== Math.floor((turn - 1) * share);
}

const send = (socket: FeedSocket, message: Uint8Array): void => socket.send(message, { binary: true });
