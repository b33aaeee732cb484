/** How much of what may be read in one request. */
export interface ReadLimits {
  /** Bytes of the longest PDU, agreed upon at setup. */
  readonly pduSize: number;
  /** Most bytes of memory in one request; what the PDU leaves room for counts too. */
  readonly maxReadBytes: number;
}

/** What is left of a request and of its answer. */
export interface Room {
  readonly items: number;
  /** Of the answer: headers of items and fill bytes included. */
  readonly bytes: number;
  /** Of memory. */
  readonly data: number;
}

// Sizes of the read service's parts (Siemens, System Software for S7-300/400, volume 2: 222 bytes at a PDU of 240;
// nodeS7.js, prepareReadPacket).
const REQUEST_HEADER = 12;
export const REQUEST_ITEM = 12;
const REPLY_HEADER = 14;
export const REPLY_ITEM = 4;
const MOST_ITEMS = 20;

/** No request has room for anything: the next item opens one. */
export const NO_ROOM: Room = { items: 0, bytes: 0, data: 0 };

/** Items start on even bytes of the answer: an odd one is followed by a fill byte. */
export const even = (length: number): number => length + (length & 1);

export const evenFloor = (length: number): number => length - (length & 1);

export function emptyRoom({ pduSize, maxReadBytes }: ReadLimits): Room {
  const items = Math.min(MOST_ITEMS, Math.floor((pduSize - REQUEST_HEADER) / REQUEST_ITEM));
  return { items, bytes: pduSize - REPLY_HEADER, data: maxReadBytes };
}

export const fits = (room: Room, length: number): boolean =>
  room.items > 0 && room.bytes >= REPLY_ITEM + even(length) && room.data >= length;

export const roomAfter = (room: Room, length: number): Room => ({
  items: room.items - 1,
  bytes: room.bytes - REPLY_ITEM - even(length),
  data: room.data - length,
});

/** The longest range that an item can have, even so that elements of two bytes are not torn. */
export const longestItem = ({ pduSize, maxReadBytes }: ReadLimits): number =>
  Math.max(1, evenFloor(Math.min(pduSize - REPLY_HEADER - REPLY_ITEM, maxReadBytes)));
