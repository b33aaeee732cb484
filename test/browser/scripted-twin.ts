import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  createPointFinder,
  type ExpandedLayout,
  expandLayout,
} from "../../edge-agent/src/core/layout/expand.ts";
import type { PlantLayout } from "../../edge-agent/src/core/layout/plant-layout.ts";
import { planeHash } from "../../edge-agent/src/core/twin/point-state.ts";
import {
  encodeTwin,
  encodeTwinDelta,
  quantise,
  type TwinRequest,
} from "../../edge-agent/src/core/twin-delta.ts";
import { acceptFeed, type FeedSocket } from "./feed-socket.ts";

const HEARTBEAT_MS = 1_000;

export interface PointNews {
  readonly tag: string;
  /** In the point's unit. */
  readonly value?: number;
  readonly state?: number;
}

/** The agent's side of the twin feed, moved by a test. */
export interface ScriptedTwin {
  /** Another one makes every client fetch it. */
  layout: PlantLayout;
  readonly expanded: ExpandedLayout;
  readonly clients: number;
  /** What clients asked for, oldest first. */
  readonly requests: readonly TwinRequest[];
  /** Of the whole plane of states. */
  readonly hash: number;
  /** The bytes of the newest snapshot, as a recorder would keep them. */
  snapshot(ms?: number): Uint8Array<ArrayBuffer>;
  /** Changes points and tells every client with one delta. @returns the bytes of it */
  send(news: readonly PointNews[], ms?: number): Uint8Array<ArrayBuffer>;
  /** Changes points by their index, for tests of many. */
  sendPoints(points: Uint32Array, write: (point: number, twin: Planes) => void): Uint8Array<ArrayBuffer>;
  /** The next messages never arrive. */
  lose(messages: number): void;
  /** The newest delta once more. */
  repeat(): void;
  /** A heartbeat with a hash that no plane has. */
  sendWrongHash(): void;
  heartbeat(): void;
  /** Nothing is sent, heartbeats and answers included, until `resume`. */
  stall(): void;
  resume(): void;
  /** Cuts all connections; new ones are taken at once. */
  kill(): void;
  accept(request: IncomingMessage, socket: Duplex): void;
  close(): void;
}

export interface Planes {
  readonly value: Uint16Array;
  readonly state: Uint8Array;
}

interface Plant extends Planes {
  readonly expanded: ExpandedLayout;
  readonly find: (tag: string) => number | undefined;
  readonly epoch: number;
}

function plantOf(layout: PlantLayout, epoch: number): Plant {
  const expanded = expandLayout(layout);
  const value = new Uint16Array(expanded.pointCount).fill(32_767);
  return {
    expanded,
    find: createPointFinder(expanded),
    epoch,
    value,
    state: new Uint8Array(expanded.pointCount),
  };
}

export function createScriptedTwin(layout: PlantLayout): ScriptedTwin {
  const sockets = new Set<FeedSocket>();
  const requests: TwinRequest[] = [];
  let plant = plantOf(layout, 1);
  let turn = 1;
  let toLose = 0;
  let isStalled = false;
  let newest: Uint8Array<ArrayBuffer> | undefined;

  const tell = (bytes: Uint8Array, to: Iterable<FeedSocket> = sockets): void => {
    if (isStalled) return;
    if (toLose > 0) {
      toLose -= 1;
      return;
    }
    for (const socket of to) socket.send(bytes);
  };
  const head = (ms = Date.now()) => ({
    epoch: plant.epoch,
    turn,
    timeMs: ms,
    layoutHash: plant.expanded.hash,
  });
  const snapshot = (ms?: number): Uint8Array<ArrayBuffer> =>
    encodeTwin({ kind: "snapshot", ...head(ms), value: plant.value, state: plant.state });
  const heartbeat = (hash: number): void =>
    tell(encodeTwin({ kind: "heartbeat", ...head(), planeHash: hash }));

  const hear = (socket: FeedSocket, text: string): void => {
    const request = JSON.parse(text) as TwinRequest;
    requests.push(request);
    if (request.kind === "hello" || request.kind === "resync") tell(snapshot(), [socket]);
  };
  const sendPoints = (points: Uint32Array, ms?: number): Uint8Array<ArrayBuffer> => {
    const since = turn;
    turn += 1;
    newest = encodeTwinDelta({ ...head(ms), since }, points, plant);
    tell(newest);
    return newest;
  };
  const write = ({ tag, value, state }: PointNews): number => {
    const point = plant.find(tag);
    if (point === undefined) throw new Error(`the scripted layout has no point ${tag}`);
    const kind = plant.expanded.layout.kinds[plant.expanded.kindOf[point] ?? 0];
    if (value !== undefined && kind !== undefined) plant.value[point] = quantise(value, kind.low, kind.high);
    if (state !== undefined) plant.state[point] = state;
    return point;
  };
  const timer = setInterval(() => heartbeat(planeHash(plant.state)), HEARTBEAT_MS);

  return {
    get layout() {
      return plant.expanded.layout;
    },
    set layout(next) {
      plant = plantOf(next, plant.epoch + 1);
      turn += 1;
      tell(snapshot());
    },
    get expanded() {
      return plant.expanded;
    },
    get clients() {
      return sockets.size;
    },
    requests,
    get hash() {
      return planeHash(plant.state);
    },
    snapshot,
    send: (news, ms) => sendPoints(Uint32Array.from(news.map(write)), ms),
    sendPoints(points, change) {
      for (const point of points) change(point, plant);
      return sendPoints(points);
    },
    lose(messages) {
      toLose += messages;
    },
    repeat() {
      if (newest !== undefined) tell(newest);
    },
    sendWrongHash: () => heartbeat((planeHash(plant.state) ^ 1) >>> 0),
    heartbeat: () => heartbeat(planeHash(plant.state)),
    stall() {
      isStalled = true;
    },
    resume() {
      isStalled = false;
    },
    kill() {
      for (const socket of sockets) socket.destroy();
    },
    accept(request, socket) {
      const client = acceptFeed(request, socket, {
        closed: () => sockets.delete(client),
        received: (text) => hear(client, text),
      });
      sockets.add(client);
    },
    close() {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
    },
  };
}
