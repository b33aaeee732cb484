import type { TwinDelta, TwinSnapshot } from "@stethos/edge-agent/core";
import type { TwinPlanes } from "../stream/twin-planes.ts";
import type { ReplayFrames } from "./replay-api.ts";

/** One stretch of the recording, held in memory: any moment of it can be put into the planes. */
export interface ReplayTrack {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  covers(ms: number): boolean;
  /** Brings the planes to how they stood at a moment.
   *  @returns whether the recording is of this plant */
  show(ms: number, planes: TwinPlanes): boolean;
  /** The moment of the next or the last message; undefined at the end. */
  neighbour(ms: number, direction: -1 | 1): number | undefined;
}

export function createReplayTrack(
  { messages, toMs }: ReplayFrames,
  fromMs: number,
  stepMs: number,
  layoutHash: number,
): ReplayTrack {
  /** Messages that the planes have. */
  let shown = 0;
  let shownIn: TwinPlanes | undefined;

  const apply = (message: TwinDelta | TwinSnapshot, planes: TwinPlanes): void => {
    if (message.layoutHash === layoutHash) planes.apply(message);
  };
  const isDue = (message: TwinDelta | TwinSnapshot, ms: number): boolean => message.timeMs <= ms;

  return {
    fromMs,
    toMs,
    stepMs,
    covers: (ms) => ms >= fromMs && ms <= toMs && messages.length > 0,
    show(ms, planes) {
      const last = messages[shown - 1];
      const isBack = shown > 1 && last !== undefined && !isDue(last, ms);
      if (shownIn !== planes || isBack) shown = 0;
      shownIn = planes;
      // The first one is the plant as it stood when this stretch begins, however long before that it last changed.
      for (let next = messages[shown]; next !== undefined; next = messages[shown]) {
        if (shown > 0 && !isDue(next, ms)) break;
        apply(next, planes);
        shown += 1;
      }
      return messages[0]?.layoutHash === layoutHash;
    },
    neighbour(ms, direction) {
      const times = messages.slice(1).map(({ timeMs }) => timeMs);
      return direction > 0 ? times.find((time) => time > ms) : times.findLast((time) => time < ms);
    },
  };
}
