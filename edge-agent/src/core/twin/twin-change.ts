import { encodeTwin, encodeTwinDelta, type TwinDelta } from "../twin-delta.ts";

/** Columns of all points, and when each last changed. */
export interface TwinPlanes {
  readonly value: Uint16Array;
  readonly state: Uint8Array;
  /** A count that only grows: the turn in which each point last changed. */
  readonly changed: Uint32Array;
}

export type TwinAbout = Omit<TwinDelta, "kind" | "point" | "since" | "state" | "value">;

/** Everything there is, as a message. */
export const encodeSnapshot = (planes: TwinPlanes, about: TwinAbout): Uint8Array<ArrayBuffer> =>
  encodeTwin({ kind: "snapshot", ...about, value: planes.value, state: planes.state });

/** Makes the shortest message of what changed: a delta takes 7 bytes a point that changed, a snapshot 3 bytes a point.
 *  One such function serves messages of any size; it keeps room for the points of a delta. */
export function createChangeEncoder(): (
  planes: TwinPlanes,
  after: number,
  about: TwinAbout & Pick<TwinDelta, "since">,
) => Uint8Array<ArrayBuffer> | undefined {
  let room = new Uint32Array(0);
  return (planes, after, { since, ...about }) => {
    const { changed } = planes;
    const most = Math.floor(changed.length / 3);
    if (room.length < most) room = new Uint32Array(most);
    let count = 0;
    for (let p = 0; p < changed.length; p += 1) {
      if ((changed[p] ?? 0) <= after) continue;
      if (count >= most) return encodeSnapshot(planes, about);
      room[count] = p;
      count += 1;
    }
    return count === 0 ? undefined : encodeTwinDelta({ ...about, since }, room.subarray(0, count), planes);
  };
}
