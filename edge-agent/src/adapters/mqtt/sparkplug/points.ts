import type { OutboundTag, OutboxBatch } from "../../../core/outbox/outbound.ts";
import { StatusCode } from "../../../core/quality.ts";
import { type Value, valueAt } from "../../../core/reading.ts";
import { type PointType, typeOf, widen } from "./data-type.ts";
import { sparkplugIdOf } from "./topics.ts";

/** A metric of a device: a tag, under its alias. */
export interface Point {
  readonly tag: OutboundTag;
  readonly device: string;
  /** Unique in the whole edge node, and never given to another tag. */
  readonly alias: number;
  /** Undefined until a value is seen. */
  type: PointType | undefined;
  /** Of the newest live value. */
  last: { readonly value: Value; readonly status: number; readonly timeMs: number } | undefined;
  /** The last live value told a quality other than good: the next good one says that it is good. */
  isMarked: boolean;
}

/** All that the node knows of its metrics. */
export interface Points {
  /** Takes in tags that are new or changed, and types that values need. */
  learn(tags: readonly OutboundTag[]): void;
  learnFrom(batch: OutboxBatch): void;
  /** Something was learnt after the last `bear`: births are due before data. */
  readonly isStale: boolean;
  /** What is known now is what the births tell. */
  bear(): void;
  get(tag: string): Point | undefined;
  devices(): ReadonlyMap<string, readonly Point[]>;
}

/** 0 is the bdSeq's. */
const FIRST_ALIAS = 1;

export function createPoints(): Points {
  const byTag = new Map<string, Point>();
  let nextAlias = FIRST_ALIAS;
  let isStale = true;

  function learnTag(tag: OutboundTag): Point {
    const known = byTag.get(tag.id);
    if (known !== undefined && known.tag.device === tag.device && known.tag.unit === tag.unit) return known;
    const { alias = nextAlias++, type, last, isMarked = false } = known ?? {};
    const point: Point = { tag, device: sparkplugIdOf(tag.device), alias, type, last, isMarked };
    byTag.set(tag.id, point);
    isStale = true;
    return point;
  }

  return {
    learn(tags) {
      for (const tag of tags) learnTag(tag);
    },
    learnFrom({ content }) {
      if (content.stream !== "readings") return;
      const points = content.tags.map(learnTag);
      for (let row = 0; row < content.count; row += 1) {
        const point = points[content.tag[row] ?? -1];
        if (point === undefined) continue;
        const type = widen(point.type, typeOf(valueAt(content, row)));
        // Born as a Double, as long as nobody knows better.
        if (type !== point.type && (type ?? "Double") !== (point.type ?? "Double")) isStale = true;
        point.type = type;
      }
    },
    get isStale() {
      return isStale;
    },
    bear() {
      isStale = false;
    },
    get: (tag) => byTag.get(tag),
    devices() {
      const devices = new Map<string, Point[]>();
      for (const point of byTag.values()) {
        const list = devices.get(point.device) ?? [];
        list.push(point);
        devices.set(point.device, list);
      }
      return devices;
    },
  };
}

/** The agent has no connection to the device: all that was last heard says so. */
export const isGone = (points: readonly Point[]): boolean =>
  points.every(({ last }) => last?.status === StatusCode.BadNotConnected);
