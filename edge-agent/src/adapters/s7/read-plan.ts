import type { S7Address, S7Area } from "@stethos/protocol-finger/s7";

/** A contiguous range of bytes that one item of a request asks for. */
export interface ReadItem {
  readonly area: S7Area;
  readonly db: number;
  /** First byte, as in S7Address. */
  readonly start: number;
  readonly length: number;
  /** Where its bytes go in the image of the group. */
  readonly image: number;
  /** Rows of the addresses that lie in it; one row alone where it is a piece of something larger than a PDU. */
  readonly rows: readonly number[];
}

/** What to read for a list of addresses, and where each will be found. */
export interface ReadPlan {
  /** Requests in order, each a list of items that fit one PDU both ways. */
  readonly jobs: readonly (readonly ReadItem[])[];
  readonly imageBytes: number;
  /** Of each row: where its bytes begin in the image. */
  readonly positions: Uint32Array;
}

// Sizes of the read service's parts (PROTOCOLS.md 3.1 point 6; nodeS7.js, prepareReadPacket).
const REQUEST_HEADER = 12;
const REQUEST_ITEM = 12;
const REPLY_HEADER = 14;
const REPLY_ITEM = 4;
const MOST_ITEMS = 20;

/** Items start on even bytes of the reply: an odd one is followed by a fill byte. */
const even = (length: number): number => length + (length & 1);

/** The plan with the fewest requests; of those with as few, the one with the fewest bytes on the wire, then items.
 *  How many unwanted bytes it pays to read between two tags depends on how they lie, so several limits up to
 *  `maxMergeGap` are tried. */
export function planReads(addresses: readonly S7Address[], pduSize: number, maxMergeGap: number): ReadPlan {
  const order = addresses.map((_, row) => row).sort((a, b) => compare(addresses, a, b));
  let best: { readonly plan: ReadPlan; readonly bytes: number } | undefined;
  for (const gap of gapsToTry(maxMergeGap)) {
    const plan = planWithGap(addresses, order, pduSize, gap);
    const bytes = bytesOnWire(plan);
    const isBetter =
      best === undefined ||
      plan.jobs.length < best.plan.jobs.length ||
      (plan.jobs.length === best.plan.jobs.length && bytes <= best.bytes);
    if (isBetter) best = { plan, bytes };
  }
  return best?.plan ?? { jobs: [], imageBytes: 0, positions: new Uint32Array(0) };
}

/** Items into requests, in their order. */
export function packJobs(items: readonly ReadItem[], pduSize: number): ReadItem[][] {
  const jobs: ReadItem[][] = [];
  let room = { items: 0, bytes: 0 };
  for (const item of items) {
    const cost = REPLY_ITEM + even(item.length);
    if (room.items === 0 || room.bytes < cost) {
      jobs.push([]);
      room = emptyRoom(pduSize);
    }
    jobs.at(-1)?.push(item);
    room = { items: room.items - 1, bytes: room.bytes - cost };
  }
  return jobs;
}

/** The two halves of an item's rows, each as the range that its rows need. */
export function halve(item: ReadItem, addresses: readonly S7Address[]): ReadItem[] {
  const middle = Math.ceil(item.rows.length / 2);
  return [item.rows.slice(0, middle), item.rows.slice(middle)].map((rows) => {
    const parts = rows.map((row) => addresses[row]).filter((address) => address !== undefined);
    const start = Math.min(...parts.map((address) => address.start));
    const end = Math.max(...parts.map((address) => address.start + address.byteLength));
    return { ...item, start, length: end - start, image: item.image + start - item.start, rows };
  });
}

interface Room {
  readonly items: number;
  readonly bytes: number;
}

function emptyRoom(pduSize: number): Room {
  const items = Math.min(MOST_ITEMS, Math.floor((pduSize - REQUEST_HEADER) / REQUEST_ITEM));
  return { items, bytes: pduSize - REPLY_HEADER };
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
  pduSize: number,
  gap: number,
): ReadPlan {
  const jobs: OpenItem[][] = [];
  const positions = new Uint32Array(addresses.length);
  let room: Room = { items: 0, bytes: 0 };
  let imageBytes = 0;

  function open(address: S7Address, row: number, start: number, length: number, isPiece: boolean): void {
    if (room.items === 0 || room.bytes < REPLY_ITEM + even(length)) {
      jobs.push([]);
      room = emptyRoom(pduSize);
    }
    const { area, db } = address;
    jobs.at(-1)?.push({ area, db, start, length, image: imageBytes, rows: [row], isPiece });
    room = { items: room.items - 1, bytes: room.bytes - REPLY_ITEM - even(length) };
    imageBytes += length;
  }

  /** True where the last range could be lengthened to hold the address. */
  function extend(address: S7Address, row: number): boolean {
    const last = jobs.at(-1)?.at(-1);
    if (last === undefined || last.isPiece || last.area !== address.area || last.db !== address.db)
      return false;
    // Between two peripheral addresses there may be no module: reading there fails for both.
    const most = address.area === "P" ? 0 : gap;
    if (address.start - (last.start + last.length) > most) return false;
    const length = Math.max(last.length, address.start + address.byteLength - last.start);
    const growth = even(length) - even(last.length);
    if (growth > room.bytes) return false;
    positions[row] = last.image + address.start - last.start;
    imageBytes += length - last.length;
    last.length = length;
    last.rows.push(row);
    room = { items: room.items, bytes: room.bytes - growth };
    return true;
  }

  /** Something larger than a PDU, cut between its elements so that none is torn; texts are cut where they must. */
  function openPieces(address: S7Address, row: number, most: number): void {
    const unit = address.elementBytes <= most ? address.elementBytes : 1;
    for (let done = 0; done < address.byteLength; ) {
      const free = room.items === 0 ? 0 : Math.floor((room.bytes - REPLY_ITEM) / 2) * 2;
      const fit = Math.floor((free >= unit ? free : most) / unit) * unit;
      const length = Math.min(fit, address.byteLength - done);
      open(address, row, address.start + done, length, true);
      done += length;
    }
  }

  const most = Math.floor((pduSize - REPLY_HEADER - REPLY_ITEM) / 2) * 2;
  for (const row of order) {
    const address = addresses[row];
    if (address === undefined || extend(address, row)) continue;
    positions[row] = imageBytes;
    if (address.byteLength > most) openPieces(address, row, most);
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
