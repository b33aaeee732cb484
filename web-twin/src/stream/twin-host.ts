import { type TwinWatched, unreachable } from "@stethos/edge-agent/core";
import type { Timers } from "./timers.ts";
import {
  buffersOf,
  type PictureColumns,
  type PostNews,
  type TwinCommand,
  type WatchedValues,
} from "./twin-news.ts";
import { createPace } from "./twin-pace.ts";
import { createTwinPlanes, type TwinPlanes } from "./twin-planes.ts";
import {
  createTwinSession,
  type TwinSession,
  type TwinSocket,
  type TwinSocketHandlers,
} from "./twin-session.ts";

export interface TwinHostDeps {
  readonly connect: (url: string, handlers: TwinSocketHandlers) => TwinSocket;
  readonly timers: Timers;
  readonly random: () => number;
}

interface Plant {
  readonly hash: number;
  readonly planes: TwinPlanes;
  /** Undefined while the page holds them: it is told nothing then, and the planes collect. */
  columns: PictureColumns | undefined;
}

/** The feed's end of the page: in a worker, or on the page's own thread where there is none. */
export function createTwinHost(deps: TwinHostDeps, post: PostNews): (command: TwinCommand) => void {
  const { timers } = deps;
  const pace = createPace(timers);
  let session: TwinSession | undefined;
  let plant: Plant | undefined;
  let timeMs = 0;
  let isNewer = false;
  let watched = new Map<number, number>();

  const takeWatched = (): WatchedValues | undefined => {
    if (watched.size === 0) return undefined;
    const taken = watched;
    watched = new Map();
    return { point: Uint32Array.from(taken.keys()), value: Float32Array.from(taken.values()) };
  };

  const publish = (): void => {
    const columns = plant?.columns;
    if (plant === undefined || columns === undefined || session === undefined || !isNewer) return;
    isNewer = false;
    const scope = plant.planes.fill(columns);
    plant.columns = undefined;
    pace.posted();
    post(
      {
        kind: "picture",
        layoutHash: plant.hash,
        ...scope,
        columns,
        timeMs,
        watched: takeWatched(),
        figures: session.figures(),
      },
      buffersOf(columns),
    );
  };

  const open = (url: string): TwinSession =>
    createTwinSession(
      { timers, random: deps.random, connect: (handlers) => deps.connect(url, handlers) },
      {
        changed(ms) {
          timeMs = ms;
          isNewer = true;
          publish();
        },
        watched({ point, value }: TwinWatched) {
          for (let i = 0; i < point.length; i += 1) watched.set(point[i] ?? 0, value[i] ?? Number.NaN);
        },
        freshness: (isStale) => post({ kind: "freshness", isStale }, []),
        layoutWanted: (hash) => post({ kind: "layout", hash }, []),
        refused: () => post({ kind: "refused" }, []),
        note: (text) => post({ kind: "note", text }, []),
      },
    );

  const setPlant = (hash: number, firstPoint: Uint32Array): void => {
    const planes = createTwinPlanes(firstPoint);
    plant = { hash, planes, columns: planes.makeColumns() };
    isNewer = false;
    session?.setLayout(hash, planes);
  };

  const takeBack = (layoutHash: number, columns: PictureColumns): void => {
    pace.taken();
    session?.setRate(pace.rate());
    if (plant?.hash !== layoutHash || plant.columns !== undefined) return;
    plant.columns = columns;
    publish();
  };

  return (command) => {
    switch (command.kind) {
      case "open":
        session = open(command.url);
        session.setRate(pace.rate());
        if (plant !== undefined) session.setLayout(plant.hash, plant.planes);
        return;
      case "layout":
        return setPlant(command.hash, command.firstPoint);
      case "taken":
        return takeBack(command.layoutHash, command.columns);
      case "hidden":
        pace.hidden(command.isHidden);
        return session?.setRate(pace.rate());
      case "watch":
        watched.clear();
        return session?.watch(command.points);
      case "reconnect":
        return session?.reconnect();
      case "resync":
        plant?.planes.forget();
        // Also without a connection the page gets what was last told.
        isNewer = timeMs > 0;
        publish();
        return session?.resync("the page asks");
      case "close":
        return session?.close();
      default:
        return unreachable(command);
    }
  };
}
