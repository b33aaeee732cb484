import type { ReadItem } from "../wire/s7-read.ts";
import type { S7Address, S7Area } from "./address.ts";
import {
  emptyRoom,
  even,
  evenFloor,
  fits,
  longestItem,
  NO_ROOM,
  REPLY_ITEM,
  REQUEST_ITEM,
  type ReadLimits,
  roomAfter,
} from "./read-room.ts";

/** A range with the addresses that lie in it. */
export interface PlannedItem extends ReadItem {
  /** Of the addresses; one row alone where the range is a piece of something larger than a request can hold. */
  readonly rows: readonly number[];
}

/** What to read for a list of addresses, and where each will be found. */
export interface ReadPlan {
  /** Requests in order, each a list of items that fit one PDU both ways. */
  readonly jobs: readonly (readonly PlannedItem[])[];
  readonly imageBytes: number;
  /** Of each row: where its bytes begin in the image. */
  readonly positions: Uint32Array;
}

export interface PlanLimits extends ReadLimits {
  /** Most unwanted bytes to read between two addresses. */
  readonly maxMergeGap: number;
}

/** The plan with the fewest requests; of those with as few, the one with the fewest bytes on the wire, then items.
 *  How many unwanted bytes it pays to read between two addresses depends on how they lie, so several limits up to
 *  `maxMergeGap` are tried. */
export function planReads(addresses: readonly S7Address[], limits: PlanLimits): ReadPlan {
  const order = addresses.map((_, row) => row).sort((a, b) => compare(addresses, a, b));
  let best: { readonly plan: ReadPlan; readonly bytes: number } | undefined;
  for (const gap of gapsToTry(limits.maxMergeGap)) {
    const plan = planWithGap(addresses, order, limits, gap);
    const bytes = bytesOnWire(plan);
    const isBetter =
      best === undefined ||
      plan.jobs.length < best.plan.jobs.length ||
      (plan.jobs.length === best.plan.jobs.length && bytes <= best.bytes);
    if (isBetter) best = { plan, bytes };
  }
  return best?.plan ?? { jobs: [], imageBytes: 0, positions: new Uint32Array(0) };
}

/** The two halves of an item's rows, each as the range that its rows need. */
export function halve(item: PlannedItem, addresses: readonly S7Address[]): PlannedItem[] {
  const middle = Math.ceil(item.rows.length / 2);
  return [item.rows.slice(0, middle), item.rows.slice(middle)].map((rows) => {
    const parts = rows.map((row) => addresses[row]).filter((address) => address !== undefined);
    const start = Math.min(...parts.map((address) => address.start));
    const end = Math.max(...parts.map((address) => address.start + address.byteLength));
    return { ...item, start, length: end - start, image: item.image + start - item.start, rows };
  });
}

function gapsToTry(most: number): number[] {
  return [0, 2, 4, 8, 16, 32, 64, 128, 256, 512].filter((gap) => gap < most).concat(most);
}

function compare(addresses: readonly S7Address[], rowA: number, rowB: number): number {
  const a = addresses[rowA];
  const b = addresses[rowB];
  if (a === undefined || b === undefined) return 0;
  if (a.area !== b.area) return a.area < b.area ? -1 : 1;
  // The longer first, so that what lies inside it joins it.
  return a.db - b.db || a.start - b.start || b.byteLength - a.byteLength || rowA - rowB;
}

interface OpenItem {
  area: S7Area;
  db: number;
  start: number;
  length: number;
  image: number;
  rows: number[];
  isPiece: boolean;
}

function planWithGap(
  addresses: readonly S7Address[],
  order: readonly number[],
  limits: ReadLimits,
  gap: number,
): ReadPlan {
  const jobs: OpenItem[][] = [];
  const positions = new Uint32Array(addresses.length);
  const most = longestItem(limits);
  let room = NO_ROOM;
  let imageBytes = 0;

  function open(address: S7Address, row: number, start: number, length: number, isPiece: boolean): void {
    if (!fits(room, length)) {
      jobs.push([]);
      room = emptyRoom(limits);
    }
    const { area, db } = address;
    jobs.at(-1)?.push({ area, db, start, length, image: imageBytes, rows: [row], isPiece });
    room = roomAfter(room, length);
    imageBytes += length;
  }

  /** True where the last range could be lengthened to hold the address. */
  function extend(address: S7Address, row: number): boolean {
    const last = jobs.at(-1)?.at(-1);
    if (last === undefined || last.isPiece || last.area !== address.area || last.db !== address.db)
      return false;
    // Between two peripheral addresses there may be no module: reading there fails for both.
    const mostGap = address.area === "P" ? 0 : gap;
    if (address.start - (last.start + last.length) > mostGap) return false;
    const length = Math.max(last.length, address.start + address.byteLength - last.start);
    const growth = even(length) - even(last.length);
    const data = length - last.length;
    if (growth > room.bytes || data > room.data) return false;
    positions[row] = last.image + address.start - last.start;
    imageBytes += data;
    last.length = length;
    last.rows.push(row);
    room = { items: room.items, bytes: room.bytes - growth, data: room.data - data };
    return true;
  }

  /** Something larger than a request holds, cut between its elements so that none is torn; texts are cut where they
   *  must. */
  function openPieces(address: S7Address, row: number): void {
    const unit = address.elementBytes <= most ? address.elementBytes : 1;
    for (let done = 0; done < address.byteLength; ) {
      const free = room.items === 0 ? 0 : evenFloor(Math.min(room.bytes - REPLY_ITEM, room.data));
      const fit = Math.floor((free >= unit ? free : most) / unit) * unit;
      const length = Math.min(fit, address.byteLength - done);
      open(address, row, address.start + done, length, true);
      done += length;
    }
  }

  for (const row of order) {
    const address = addresses[row];
    if (address === undefined || extend(address, row)) continue;
    positions[row] = imageBytes;
    if (address.byteLength > most) openPieces(address, row);
    else open(address, row, address.start, address.byteLength, false);
  }
  return { jobs, imageBytes, positions };
}

function bytesOnWire(plan: ReadPlan): number {
  let bytes = 0;
  for (const job of plan.jobs) {
    for (const item of job) bytes += REQUEST_ITEM + REPLY_ITEM + even(item.length);
  }
  return bytes;
}
