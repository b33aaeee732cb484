import type { ReadItem } from "../wire/s7-read.ts";
import { emptyRoom, fits, NO_ROOM, type ReadLimits, roomAfter } from "./read-room.ts";

/** Items into requests, in their order; none of them longer than a request can hold. */
export function packJobs<Item extends ReadItem>(items: readonly Item[], limits: ReadLimits): Item[][] {
  const jobs: Item[][] = [];
  let room = NO_ROOM;
  for (const item of items) {
    if (!fits(room, item.length)) {
      jobs.push([]);
      room = emptyRoom(limits);
    }
    jobs.at(-1)?.push(item);
    room = roomAfter(room, item.length);
  }
  return jobs;
}
