import type { Clock } from "@stethos/protocol-finger/clock";
import { planeHash } from "../../../core/twin/point-state.ts";
import { createChangeEncoder, encodeSnapshot, type TwinAbout } from "../../../core/twin/twin-change.ts";
import { encodeTwin } from "../../../core/twin-delta.ts";
import type { Points } from "../../../ports/points.ts";

/** The messages of one turn, each made once, when it is first asked for, and then shared by all that need it. */
export interface TwinMessages {
  /** Forgets those of the turn before. */
  begin(turn: number): void;
  snapshot(): Uint8Array;
  /** All that changed after the turn `seen`; undefined where nothing did. */
  since(seen: number): Uint8Array | undefined;
  heartbeat(): Uint8Array;
  /** Full values of some points. */
  watched(point: Uint32Array, value: Float32Array): Uint8Array;
}

export function createTwinMessages(points: Points, clock: Pick<Clock, "nowUs">): TwinMessages {
  const encodeChanges = createChangeEncoder();
  const changes = new Map<number, Uint8Array | undefined>();
  let snapshot: Uint8Array | undefined;
  let about: TwinAbout = { epoch: 0, turn: 0, timeMs: 0, layoutHash: 0 };
  return {
    begin(turn) {
      about = { epoch: points.epoch, turn, timeMs: clock.nowUs() / 1000, layoutHash: points.layout.hash };
      changes.clear();
      snapshot = undefined;
    },
    snapshot() {
      snapshot ??= encodeSnapshot(points, about);
      return snapshot;
    },
    since(seen) {
      if (!changes.has(seen)) changes.set(seen, encodeChanges(points, seen, { ...about, since: seen }));
      return changes.get(seen);
    },
    heartbeat() {
      const { epoch, turn, timeMs } = about;
      return encodeTwin({ kind: "heartbeat", epoch, turn, timeMs, planeHash: planeHash(points.state) });
    },
    watched: (point, value) => encodeTwin({ kind: "watched", ...about, point, value }),
  };
}
