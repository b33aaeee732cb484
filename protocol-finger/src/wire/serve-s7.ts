import type { S7Area } from "../s7/address.ts";
import { type Cursor, createCursor } from "./cursor.ts";
import { decodeS7Header, S7_KIND } from "./s7-header.ts";
import { WireError } from "./wire-error.ts";

/** What a client asks of a controller. `number` goes back in the answer. */
export type S7Request =
  | {
      readonly kind: "setup";
      readonly number: number;
      readonly amqCalling: number;
      readonly amqCalled: number;
      readonly pduSize: number;
    }
  | { readonly kind: "read"; readonly number: number; readonly items: readonly S7Item[] }
  | { readonly kind: "write"; readonly number: number; readonly items: readonly S7WriteItem[] }
  | {
      readonly kind: "szl";
      readonly number: number;
      readonly sequence: number;
      readonly id: number;
      readonly index: number;
    }
  /** Userdata of any other group or function: what follows was not looked at. */
  | {
      readonly kind: "userdata";
      readonly number: number;
      readonly sequence: number;
      readonly group: number;
      readonly subfunction: number;
    }
  /** A job of any other function. */
  | { readonly kind: "job"; readonly number: number; readonly function: number };

/** One item of a read or write (S7-Any pointer), or one in another notation. */
export type S7Item =
  | {
      readonly kind: "range";
      /** Undefined for areas that have no address in this house (instance blocks, local data). */
      readonly area: S7Area | undefined;
      readonly db: number;
      /** Transport code: what is counted. */
      readonly transport: number;
      readonly count: number;
      /** First byte; in the areas T and C twice the number of the timer or counter. */
      readonly start: number;
      /** 0..7; 0 except where bits are counted. */
      readonly bit: number;
      readonly byteLength: number;
    }
  | { readonly kind: "unknown" };

export interface S7WriteItem {
  readonly item: S7Item;
  /** Bytes to write; undefined where their form does not fit the item. */
  readonly bytes: Buffer | undefined;
}

/** Transport codes of requests (Wireshark, packet-s7comm.c: item_transportsizenames) and what one takes. */
const ELEMENT_BYTES: ReadonlyMap<number, number> = new Map([
  [0x01, 1],
  [0x02, 1],
  [0x03, 1],
  [0x04, 2],
  [0x05, 2],
  [0x06, 4],
  [0x07, 4],
  [0x08, 4],
  [0x09, 2],
  [0x0a, 4],
  [0x0b, 4],
  [0x0c, 2],
  [0x0f, 8],
  [0x1c, 2],
  [0x1d, 2],
]);
export const TRANSPORT_BIT = 0x01;

const AREAS: ReadonlyMap<number, S7Area> = new Map([
  [0x80, "P"],
  [0x81, "I"],
  [0x82, "Q"],
  [0x83, "M"],
  [0x84, "DB"],
  [0x1c, "C"],
  [0x1d, "T"],
]);

const FUNCTION_SETUP = 0xf0;
const FUNCTION_READ = 0x04;
const FUNCTION_WRITE = 0x05;
const ITEM_MARK = 0x12;
const SYNTAX_S7_ANY = 0x10;
const S7_ANY_BYTES = 10;
const USERDATA_HEAD = [0x00, 0x01, 0x12] as const;
const METHOD_REQUEST = 0x11;
const GROUP_CPU_REQUEST = 0x44;
const READ_SZL = 0x01;
/** Transport codes of data that give their length in bits (snap7, s7_types.h: TS_ResBit, TS_ResByte, TS_ResInt). */
const DATA_IN_BITS = [0x03, 0x04, 0x05];

/** @param pdu without TPKT and COTP
 *  @throws WireError where it is no request */
export function decodeS7Request(pdu: Buffer): S7Request {
  const header = decodeS7Header(pdu);
  const parametersAt = pdu.length - header.data.length - header.parameters.length;
  const dataAt = pdu.length - header.data.length;
  const parameters = createCursor(pdu.subarray(0, dataAt), parametersAt);
  const data = createCursor(pdu, dataAt);
  const { number } = header;
  if (header.kind === S7_KIND.userdata) return takeUserdata(number, parameters, data);
  if (header.kind !== S7_KIND.job) throw new WireError(1, `kind ${header.kind} is no request`);
  const called = parameters.u8("the function");
  switch (called) {
    case FUNCTION_SETUP:
      return takeSetup(number, parameters);
    case FUNCTION_READ:
      return { kind: "read", number, items: takeItems(parameters) };
    case FUNCTION_WRITE:
      return { kind: "write", number, items: takeData(takeItems(parameters), data) };
    default:
      return { kind: "job", number, function: called };
  }
}

function takeSetup(number: number, cursor: Cursor): S7Request {
  cursor.skip(1, "a reserved byte");
  const amqCalling = cursor.u16("the jobs of the caller");
  const amqCalled = cursor.u16("the jobs of the called side");
  const pduSize = cursor.u16("the PDU size");
  refuseMore(cursor);
  return { kind: "setup", number, amqCalling, amqCalled, pduSize };
}

function takeItems(cursor: Cursor): S7Item[] {
  const count = cursor.u8("the number of items");
  const items: S7Item[] = [];
  for (let i = 0; i < count; i += 1) {
    const mark = cursor.u8("an item");
    if (mark !== ITEM_MARK) throw new WireError(cursor.at - 1, `an item begins with 0x${mark.toString(16)}`);
    const length = cursor.u8("the length of an item");
    items.push(takeItem(cursor.bytes(length, "an item")));
    // Items begin on even bytes.
    if (length % 2 === 1 && i + 1 < count) cursor.skip(1, "a fill byte");
  }
  refuseMore(cursor);
  return items;
}

function takeItem(bytes: Buffer): S7Item {
  if (bytes.length !== S7_ANY_BYTES || bytes.readUInt8(0) !== SYNTAX_S7_ANY) return { kind: "unknown" };
  const transport = bytes.readUInt8(1);
  const elementBytes = ELEMENT_BYTES.get(transport);
  if (elementBytes === undefined) return { kind: "unknown" };
  const count = bytes.readUInt16BE(2);
  const area = AREAS.get(bytes.readUInt8(6));
  const address = bytes.readUIntBE(7, 3);
  const isNumbered = area === "T" || area === "C";
  return {
    kind: "range",
    area,
    db: bytes.readUInt16BE(4),
    transport,
    count,
    start: isNumbered ? 2 * address : address >> 3,
    bit: isNumbered ? 0 : address & 7,
    byteLength: count * elementBytes,
  };
}

function takeData(items: readonly S7Item[], cursor: Cursor): S7WriteItem[] {
  const taken = items.map((item, i) => {
    cursor.skip(1, "the return code of an item");
    const transport = cursor.u8("the transport code of an item");
    const stated = cursor.u16("the length of an item's data");
    const length = DATA_IN_BITS.includes(transport) ? Math.ceil(stated / 8) : stated;
    const bytes = Buffer.from(cursor.bytes(length, "the data of an item"));
    if (length % 2 === 1 && i + 1 < items.length) cursor.skip(1, "a fill byte");
    return { item, bytes: item.kind === "range" && item.byteLength === length ? bytes : undefined };
  });
  // Some clients fill up the last item too.
  if (cursor.left > 1) refuseMore(cursor);
  return taken;
}

function takeUserdata(number: number, parameters: Cursor, data: Cursor): S7Request {
  for (const byte of USERDATA_HEAD) {
    if (parameters.u8("the parameters") !== byte) parameters.fail("this is no request of userdata");
  }
  const length = parameters.u8("the length of the parameters");
  if (length !== parameters.left)
    parameters.fail(`${length} bytes of parameters are told and ${parameters.left} came`);
  const method = parameters.u8("the method");
  const group = parameters.u8("the function group");
  const subfunction = parameters.u8("the function");
  const sequence = parameters.u8("the sequence number");
  if (method !== METHOD_REQUEST || group !== GROUP_CPU_REQUEST || subfunction !== READ_SZL) {
    return { kind: "userdata", number, sequence, group, subfunction };
  }
  data.skip(4, "the header of the data");
  const id = data.u16("the id of the list");
  const index = data.u16("the index of the list");
  return { kind: "szl", number, sequence, id, index };
}

function refuseMore(cursor: Cursor): void {
  if (cursor.left > 0) cursor.fail(`${cursor.left} bytes too many`);
}
