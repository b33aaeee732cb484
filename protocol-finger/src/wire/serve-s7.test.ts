import { describe, expect, it } from "vitest";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { buildReadJob, numberReadJob, type ReadItem, type RefusedItem, takeReadAnswer } from "./s7-read.ts";
import { decodeSetupReply, encodeSetupRequest } from "./s7-setup.ts";
import { decodeSzlReply, encodeSzlFollowUp, encodeSzlRequest } from "./s7-szl.ts";
import { decodeSzlList } from "./s7-szl-list.ts";
import { decodeS7Request, type S7Request } from "./serve-s7.ts";
import {
  encodeErrorReply,
  encodeReadReply,
  encodeSetupReply,
  encodeSzlReply,
  encodeUserdataError,
  encodeWriteReply,
  ITEM,
  readReplyBytes,
  S7_ERROR,
} from "./serve-s7-reply.ts";

const pduOf = (packet: Buffer): Buffer => packet.subarray(7);

const SETUP = pduOf(encodeSetupRequest({ amqCalling: 1, amqCalled: 1, pduSize: 480 }, 7));
// 64 bytes of DB1 (ITI/ICS-Security-Tools, s7comm_varservice_libnodavedemo_bench.pcap).
const READ = pduOf(hex("0300001f02f080 32010000 0000 000e0000 0401 120a10020040000184000000"));
// A word into DB1, byte 4, as Wireshark's packet-s7comm.c takes it apart.
const WRITE = pduOf(hex("0300002502f080 32010000 0009 000e0006 0501 120a10040001000184000020 00040010 abcd"));
const SZL = pduOf(encodeSzlRequest(3, 0x0011, 0));
const ITEM_WORD = "120a10040001000184000020";
const VALID = [SETUP, READ, WRITE, SZL];

/** A job with these parameters and data. */
function job(parameters: string, data = ""): Buffer {
  const [given, more] = [hex(parameters), hex(data)];
  const header = Buffer.alloc(10);
  header.set([0x32, 1]);
  header.writeUInt16BE(given.length, 6);
  header.writeUInt16BE(more.length, 8);
  return Buffer.concat([header, given, more]);
}

const itemsOf = (request: S7Request) => {
  if (request.kind === "read") return request.items;
  if (request.kind === "write") return request.items.map(({ item }) => item);
  throw new Error(`${request.kind} has no items`);
};

describe("S7, called side", () => {
  it("takes the greeting", () => {
    expect(decodeS7Request(SETUP)).toEqual({
      kind: "setup",
      number: 7,
      amqCalling: 1,
      amqCalled: 1,
      pduSize: 480,
    });
  });

  it("takes reads and writes with their places", () => {
    const range = { kind: "range", area: "DB", db: 1, bit: 0 };
    expect(decodeS7Request(READ)).toEqual({
      kind: "read",
      number: 0,
      items: [{ ...range, transport: 2, count: 64, start: 0, byteLength: 64 }],
    });
    expect(decodeS7Request(WRITE)).toEqual({
      kind: "write",
      number: 9,
      items: [{ item: { ...range, transport: 4, count: 1, start: 4, byteLength: 2 }, bytes: hex("abcd") }],
    });
  });

  it.each([
    ["120a10010001000084000023", { area: "DB", db: 0, start: 4, bit: 3, byteLength: 1 }],
    ["120a10080003000a84000008", { area: "DB", db: 10, start: 1, bit: 0, byteLength: 12 }],
    ["120a100f0002000183000000", { area: "M", start: 0, byteLength: 16 }],
    ["120a101d000100001d000005", { area: "T", start: 10, byteLength: 2 }],
    ["120a101c000300001c000007", { area: "C", start: 14, byteLength: 6 }],
    ["120a10020001000085000000", { area: undefined, byteLength: 1 }],
  ])("reads the item %s", (item, expected) => {
    expect(itemsOf(decodeS7Request(job(`0401${item}`)))).toEqual([expect.objectContaining(expected)]);
  });

  it("keeps its place among items of other notations", () => {
    // Symbolic access of an S7-1200 (syntax b2), of odd length and filled up; an unknown transport code.
    const request = decodeS7Request(
      job(`0403 1209b2ff0000000000000000 120a10770001000184000020 ${ITEM_WORD}`),
    );
    expect(itemsOf(request).map(({ kind }) => kind)).toEqual(["unknown", "unknown", "range"]);
  });

  it("has no bytes to write where their form does not fit the item", () => {
    const request = decodeS7Request(job(`0502${ITEM_WORD}${ITEM_WORD}`, "00040008 ab00 00090002 abcd"));
    if (request.kind !== "write") throw new Error(request.kind);
    expect(request.items.map(({ bytes }) => bytes)).toEqual([undefined, hex("abcd")]);
  });

  it("takes lists, and names all other userdata without looking into it", () => {
    expect(decodeS7Request(SZL)).toEqual({ kind: "szl", number: 3, sequence: 0, id: 0x11, index: 0 });
    // A follow-up, which nobody here has anything to follow up with; the clock.
    expect(decodeS7Request(pduOf(encodeSzlFollowUp(4, 2)))).toMatchObject({
      kind: "userdata",
      group: 0x44,
      sequence: 2,
    });
    const clock = decodeS7Request(hex("32070000000500080004 0001120411470100 0a000000"));
    expect(clock).toEqual({ kind: "userdata", number: 5, sequence: 0, group: 0x47, subfunction: 1 });
    expect(decodeS7Request(job("28 0000"))).toEqual({ kind: "job", number: 0, function: 0x28 });
  });

  it.each([
    ["an answer", hex("320300000000000000000000"), "is no request"],
    ["an item without its mark", job("0401110a10040001000184000020"), "an item begins with 0x11"],
    ["bytes behind the items", job(`0401${ITEM_WORD}00`), "1 bytes too many"],
    ["bytes behind the data", job(`0501${ITEM_WORD}`, "00040010abcd0000"), "2 bytes too many"],
    ["data that is cut short", job(`0501${ITEM_WORD}`, "00040010ab"), "needs 2 bytes and 1 are left"],
    ["a greeting that is too long", job("f0000001000101e000"), "1 bytes too many"],
    ["userdata without a head", hex("32070000000000080000 0001130411440100"), "no request of userdata"],
    ["userdata of a wrong length", hex("32070000000000080000 0001120511440100"), "5 bytes of parameters"],
  ])("refuses %s", (_, pdu, what) => {
    expect(() => decodeS7Request(pdu)).toThrow(what);
  });

  it("refuses every beginning of a request, and survives anything", () => {
    for (const pdu of VALID) refusesEveryPrefix(pdu, decodeS7Request);
    survivesAnything(decodeS7Request, VALID);
  });
});

describe("S7 answers of the called side", () => {
  it("are those that this house's client takes", () => {
    const items: readonly ReadItem[] = [
      { area: "DB", db: 1, start: 0, length: 3, image: 0 },
      { area: "DB", db: 9, start: 0, length: 2, image: 3 },
      { area: "DB", db: 1, start: 8, length: 1, image: 5 },
    ];
    const asked = buildReadJob(items);
    numberReadJob(asked, 77);
    const image = Buffer.alloc(6);
    const refused: RefusedItem[] = [];
    const reply = encodeReadReply(77, [
      { transport: 2, bytes: hex("010203") },
      { code: ITEM.noSuchObject },
      { transport: 2, bytes: hex("ff") },
    ]);
    takeReadAnswer(reply, asked, image, refused);
    expect([image.toString("hex"), refused.map(({ code }) => code)]).toEqual(["0102030000ff", [0x0a]]);
    expect(reply.length).toBe(readReplyBytes([3, 0, 1]));
  });

  it("give lengths in bits or in bytes, as the kind of item wants", () => {
    const one = (transport: number, bytes: string) =>
      encodeReadReply(0, [{ transport, bytes: hex(bytes) }]).toString("hex", 14);
    expect(one(0x01, "01")).toBe("ff03000101");
    expect(one(0x02, "0102")).toBe("ff0400100102");
    expect(one(0x05, "0102")).toBe("ff0500100102");
    expect(one(0x08, "01020304")).toBe("ff07000401020304");
    expect(one(0x03, "4142")).toBe("ff0900024142");
  });

  it("grant the greeting", () => {
    expect(decodeSetupReply(encodeSetupReply(7, { amqCalling: 1, amqCalled: 1, pduSize: 240 }))).toEqual({
      kind: "granted",
      amqCalling: 1,
      amqCalled: 1,
      pduSize: 240,
    });
  });

  it("bring lists and refuse others", () => {
    const request = { number: 3, sequence: 9, id: 0x131, index: 1 };
    const reply = decodeSzlReply(encodeSzlReply(request, [hex("0001 00f0"), hex("0002 0000")]));
    if (reply.kind !== "part") throw new Error("no list");
    expect([reply.sequence, reply.isLast]).toEqual([9, true]);
    expect(decodeSzlList(reply.bytes)).toMatchObject({ id: 0x131, index: 1, count: 2 });
    const group = { number: 3, sequence: 9, group: 0x44, subfunction: 1 };
    expect(decodeSzlReply(encodeUserdataError(group, S7_ERROR.listNotAvailable))).toEqual({
      kind: "refused",
      error: 0xd402,
    });
    expect(encodeUserdataError({ ...group, group: 0x47 }, 0x8104).toString("hex")).toBe(
      "320700000003000c0004000112081287010900008104" + "0a000000",
    );
  });

  it("are errors of kind 2, and codes of writes", () => {
    expect(encodeErrorReply(5, S7_ERROR.notImplemented).toString("hex")).toBe("320200000005000000008104");
    expect(encodeWriteReply(5, [ITEM.ok, ITEM.accessDenied]).toString("hex")).toBe(
      "32030000000500020002000005" + "02ff03",
    );
  });
});
