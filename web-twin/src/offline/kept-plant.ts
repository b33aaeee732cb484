import { decodeTwin, encodeTwin, type FeedMessage } from "@stethos/edge-agent/core";
import type { PlantState } from "../state/plant-state.ts";
import type { PointsView } from "../state/points.ts";
import { decode } from "../stream/decode.ts";
import type { TwinPicture } from "../stream/twin-news.ts";
import { createTwinPlanes } from "../stream/twin-planes.ts";

const CACHE = "stethos-kept";
const PLANT = "kept/plant";
const POINTS = "kept/points";

/** What this screen showed last: for the day when the agent cannot be reached. */
export interface KeptPlant {
  /** @returns whether there was something to keep, and room for it */
  keep(plant: PlantState, points: PointsView | undefined): Promise<boolean>;
  plant(): Promise<FeedMessage | undefined>;
  /** Of the same layout, else nothing. */
  points(view: PointsView): Promise<TwinPicture | undefined>;
  forget(): Promise<void>;
}

/** As a snapshot of the feed says it. */
function snapshotOf({ agent, agentTimeMs, machines, alarms }: PlantState): FeedMessage | undefined {
  if (agent === undefined || agentTimeMs === undefined) return undefined;
  return {
    kind: "snapshot",
    time: new Date(agentTimeMs).toISOString(),
    agent,
    machines: [...machines.values()],
    alarms: [...alarms.values()],
  };
}

const bytesOf = ({ layout, value, state, timeMs = 0 }: PointsView): ArrayBuffer =>
  encodeTwin({ kind: "snapshot", epoch: 0, turn: 0, timeMs, layoutHash: layout.hash, value, state }).buffer;

function pictureOf(bytes: ArrayBuffer, { layout }: PointsView): TwinPicture | undefined {
  const message = decodeTwin(bytes);
  if (message.kind !== "snapshot" || message.layoutHash !== layout.hash) return undefined;
  const planes = createTwinPlanes(layout.firstPoint);
  planes.apply(message);
  const columns = planes.makeColumns();
  return {
    kind: "picture",
    layoutHash: layout.hash,
    ...planes.fill(columns),
    columns,
    timeMs: message.timeMs,
    figures: { turn: 0, applied: 0, lost: 0, resyncs: 0 },
  };
}

/** @param storage undefined where the browser gives none: without HTTPS, and in private windows of some
 *  @param base where the page lies */
export function createKeptPlant(storage: CacheStorage | undefined, base: string): KeptPlant {
  const addressOf = (name: string): string => new URL(name, base).href;
  const read = async (name: string): Promise<Response | undefined> =>
    storage?.match(addressOf(name), { cacheName: CACHE });

  return {
    async keep(plant, points) {
      const snapshot = snapshotOf(plant);
      if (storage === undefined || snapshot === undefined) return false;
      const cache = await storage.open(CACHE);
      await cache.put(addressOf(PLANT), new Response(JSON.stringify(snapshot)));
      if (points?.timeMs !== undefined && !points.isStale)
        await cache.put(addressOf(POINTS), new Response(bytesOf(points)));
      return true;
    },
    async plant() {
      const kept = await read(PLANT);
      return kept === undefined ? undefined : decode(await kept.text()).message;
    },
    async points(view) {
      const kept = await read(POINTS);
      return kept === undefined ? undefined : pictureOf(await kept.arrayBuffer(), view);
    },
    async forget() {
      await storage?.delete(CACHE);
    },
  };
}
