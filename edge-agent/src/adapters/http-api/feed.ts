import type { Clock } from "@stethos/protocol-finger/clock";
import type { FeedMessage } from "../../core/feed.ts";
import { rfc3339 } from "../../core/time.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Plant, PlantChange } from "../../ports/plant.ts";
import type { Rollouts } from "../../ports/rollout.ts";
import { CLOSE, createAudience, type FeedSocket } from "./feed-audience.ts";
import { type ChangeBook, createChangeBook } from "./feed-changes.ts";
import type { PlantView } from "./plant-view.ts";

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

const MOST_ALARMS = 1000;
/** Five messages a second are as many as an eye can follow. */
const TURN_MS = 200;
const HEARTBEAT_MS = 2000;
/** A trial counts each frame: once a second is often enough, and its report is larger than a reading. */
const TURNS_A_MODELS_REPORT = 5;

/** What is known of a client: the turn up to which it knows everything. */
interface Progress {
  seen: number;
}

/** Sends every client the newest state: a snapshot, then changes, each subject at most once a turn. A message is made
 *  once for all clients that are equally far. */
export function createFeed({ plant, rollouts, view, clock, logger }: FeedDeps): Feed {
  let book: ChangeBook = createChangeBook(MOST_ALARMS);
  let lastTurn = 0;
  let { machines } = plant;
  let haveModelsChanged = false;

  /** Readings of tags that belong to no machine travel in the twin feed alone. */
  function note(change: PlantChange): void {
    if (change.kind !== "reading" || view.isOfMachine(change.tag)) book.note(change);
  }

  /** Nothing is noted while nobody listens. */
  function begin(): () => void {
    book = createChangeBook(MOST_ALARMS);
    haveModelsChanged = false;
    lastTurn = 0;
    machines = plant.machines;
    const unsubscribe = plant.subscribe(note);
    const unsubscribeModels = rollouts.subscribe(() => {
      haveModelsChanged = true;
    });
    return () => {
      unsubscribe();
      unsubscribeModels();
    };
  }

  function turn(count: number): void {
    if (haveModelsChanged && count % TURNS_A_MODELS_REPORT === 0) {
      haveModelsChanged = false;
      book.noteModels();
    }
    // A reload of the configuration brings new tables.
    if (machines !== plant.machines) book.forget();
    machines = plant.machines;
    lastTurn = book.endTurn();
    const messages = new Map<number, readonly Buffer[]>();
    audience.forEachReady(({ socket, own }) => {
      const missed = messages.get(own.seen) ?? messagesSince(own.seen);
      messages.set(own.seen, missed);
      for (const message of missed) socket.send(message, { binary: false });
      own.seen = lastTurn;
    });
  }

  function messagesSince(seen: number): readonly Buffer[] {
    const nowUs = clock.nowUs();
    const changes = book.since(seen);
    if (changes === undefined) return [encode(view.snapshot(nowUs))];
    const change = view.change(changes, nowUs);
    return [
      ...(change === undefined ? [] : [encode(change)]),
      ...(changes.models ? [encode({ kind: "models", time: rfc3339(nowUs), models: view.models() })] : []),
    ];
  }

  const audience = createAudience<Progress>(
    {
      turnMs: TURN_MS,
      heartbeatMs: HEARTBEAT_MS,
      begin,
      turn,
      heartbeat() {
        const message = encode({ kind: "heartbeat", time: rfc3339(clock.nowUs()) });
        audience.forEachReady(({ socket }) => socket.send(message, { binary: false }));
      },
      onMessage: (listener) =>
        audience.end(listener, CLOSE.policy, "the feed takes no messages; commands are HTTP"),
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
      const snapshot = encode(view.snapshot(clock.nowUs()));
      const own = { seen: 0 };
      audience.admit(socket, mayListen, own);
      // The snapshot holds all that is known now; what changes within this turn may come once more.
      own.seen = lastTurn;
      socket.send(snapshot, { binary: false });
    },
    close: audience.close,
  };
}

const encode = (message: FeedMessage): Buffer => Buffer.from(JSON.stringify(message));
