/** The points whose full values one screen wants, with what it was told last. */
export interface TwinWatch {
  readonly point: Uint32Array;
  readonly told: Float32Array;
  isNew: boolean;
}

/** Where those that changed are collected: one for all screens, as each is served at once. */
export interface WatchRoom {
  readonly point: Uint32Array;
  readonly value: Float32Array;
}

export const createWatch = (points: readonly number[]): TwinWatch => ({
  point: Uint32Array.from(points),
  told: new Float32Array(points.length),
  isNew: true,
});

/** Collects what the screen was not told yet, and counts it as told. @returns how many there are */
export function collectWatched(watch: TwinWatch, exact: Float32Array, room: WatchRoom): number {
  let count = 0;
  for (let i = 0; i < watch.point.length; i += 1) {
    const point = watch.point[i] ?? 0;
    const value = exact[point];
    // A point that this plant does not have.
    if (value === undefined) continue;
    if (!watch.isNew && Object.is(value, watch.told[i])) continue;
    watch.told[i] = value;
    room.point[count] = point;
    room.value[count] = value;
    count += 1;
  }
  watch.isNew = false;
  return count;
}
