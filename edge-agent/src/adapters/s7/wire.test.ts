import { createPacketCutter, createPduJoiner } from "@stethos/protocol-finger/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readReply } from "./fake-plc.ts";
import type { ReadItem } from "./read-plan.ts";
import { type RefusedItem, replyNumber, takeReply } from "./reply.ts";
import { buildJob, numberJob } from "./request.ts";
import { answerRefusal, itemRefusal } from "./status.ts";

const item = (fields: Partial<ReadItem>): ReadItem => ({
  area: "DB",
  db: 1,
  start: 0,
  length: 4,
  image: 0,
  rows: [0],
  ...fields,
});

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("S7 request", () => {
  it("asks for ranges of bytes, each with area, block and bit address", () => {
    const job = buildJob([
      item({ db: 10, start: 6, length: 8 }),
      item({ area: "M", db: 0, start: 1000, length: 1 }),
    ]);
    numberJob(job, 0x1234);
    expect(job.bytes.toString("hex")).toBe(
      bytes(
        "0300002b 02f080 32010000 1234 001a 0000 0402 120a1002 0008 000a 84000030 120a1002 0001 0000 83001f40",
      ).toString("hex"),
    );
  });

  it.each([
    ["P", "80"],
    ["I", "81"],
    ["Q", "82"],
    ["M", "83"],
    ["DB", "84"],
  ] as const)("calls the area %s 0x%s", (area, code) => {
    expect(
      buildJob([item({ area })])
        .bytes.subarray(27, 28)
        .toString("hex"),
    ).toBe(code);
  });

  it("asks for timers and counters by their numbers", () => {
    const hex = buildJob([
      item({ area: "T", db: 0, start: 10, length: 4 }),
      item({ area: "C", db: 0, start: 14, length: 2 }),
    ])
      .bytes.subarray(19)
      .toString("hex");
    expect(hex).toBe(bytes("120a101d 0002 0000 1d000005 120a101c 0001 0000 1c000007").toString("hex"));
  });
});

describe("S7 reply", () => {
  const job = buildJob([item({ length: 3 }), item({ image: 3, length: 2, rows: [1] })]);
  numberJob(job, 7);
  const good = readReply(job.bytes, [bytes("010203"), bytes("0405")]).subarray(7);

  function take(pdu: Buffer): { image: string; refused: RefusedItem[] } {
    const image = Buffer.alloc(5);
    const refused: RefusedItem[] = [];
    expect(replyNumber(pdu)).toBe(7);
    takeReply(pdu, job, image, refused);
    return { image: image.toString("hex"), refused };
  }

  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(good);
    copy[at] = value;
    return copy;
  };

  it("puts the bytes of each item into the image", () => {
    expect(take(good)).toEqual({ image: "0102030405", refused: [] });
  });

  it("accepts a fill byte behind the last item", () => {
    const padded = Buffer.concat([good, Buffer.of(0)]);
    padded.writeUInt16BE(padded.readUInt16BE(8) + 1, 8);
    expect(take(padded).image).toBe("0102030405");
  });

  it("names the refused item and takes the other, with either length field", () => {
    const pdu = readReply(job.bytes, [0x05, bytes("0405")]).subarray(7);
    expect(take(pdu)).toEqual({
      image: "0000000405",
      refused: [{ item: job.items[0], refusal: itemRefusal(5) }],
    });
    pdu.writeUInt16BE(4, 16);
    expect(take(pdu).image).toBe("0000000405");
  });

  it("refuses all items where the answer as a whole is an error, of kind 2 or 3", () => {
    const pdu = bytes("32 03 0000 0007 0000 0000 81 04");
    const refusal = answerRefusal(0x81, 0x04);
    expect(take(pdu).refused.map((one) => one.refusal)).toEqual([refusal, refusal]);
    pdu[1] = 2;
    expect(take(pdu).refused).toHaveLength(2);
  });

  it("reads lengths in bytes where the transport code says so", () => {
    const pdu = readReply(job.bytes, [bytes("010203"), bytes("0405")]).subarray(7);
    pdu.set([0x09, 0, 3], 15);
    pdu.set([0x09, 0, 2], 23);
    expect(take(pdu).image).toBe("0102030405");
  });

  it("reports PDU_MALFORMED wherever the answer is cut off", () => {
    for (let length = 0; length < good.length; length += 1) {
      expect(() => take(Buffer.from(good.subarray(0, length)))).toThrow(/malformed at offset/);
    }
  });

  it("reports PDU_MALFORMED wherever the answer is cut off, though its header says otherwise", () => {
    for (let length = 14; length < good.length; length += 1) {
      const cut = Buffer.from(good.subarray(0, length));
      cut.writeUInt16BE(length - 14, 8);
      expect(() => take(cut)).toThrow(/malformed at offset/);
    }
  });

  it.each([
    ["no S7 header", changed(0, 0x72), "offset 0: this is no S7 header"],
    ["a request", changed(1, 1), "offset 1: kind 1 is no answer"],
    ["another function", changed(12, 5), "offset 12: this is no answer to a read"],
    ["another count", changed(13, 1), "offset 13: 1 items came where 2 were asked for"],
    ["a longer item", changed(17, 0x20), "offset 16: an item has 4 bytes where 3 were asked for"],
    ["half a byte", changed(17, 0x1c), "offset 16: an item has 3.5 bytes where 3 were asked for"],
  ])("reports PDU_MALFORMED for %s", (_, pdu, message) => {
    expect(() => take(pdu)).toThrow(message);
  });

  it("reports PDU_MALFORMED for other parameters and for bytes behind the last item", () => {
    expect(() => take(bytes("32 03 0000 0007 0000 0000 00 00"))).toThrow("offset 6");
    const longer = Buffer.concat([good, Buffer.alloc(2)]);
    longer.writeUInt16BE(longer.readUInt16BE(8) + 2, 8);
    expect(() => take(longer)).toThrow("2 bytes follow the last item");
  });

  it("is never wrong about one damaged byte: the image is right, or an error is thrown, or an item is refused", () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 17 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const image = Buffer.alloc(5);
        const refused: RefusedItem[] = [];
        const pdu = changed(at, value);
        try {
          replyNumber(pdu);
          takeReply(pdu, job, image, refused);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: "PDU_MALFORMED" });
          return;
        }
        expect(refused.length > 0 || image.toString("hex") === "0102030405").toBe(true);
      }),
    );
  });

  it.each([
    [0x01, 0x808b0000, false],
    [0x03, 0x801f0000, true],
    [0x05, 0x80340000, true],
    [0x06, 0x80740000, true],
    [0x07, 0x80740000, true],
    [0x0a, 0x80340000, true],
    [0x55, 0x808b0000, false],
  ])("makes of item code %i the status %i", (code, status, isAddress) => {
    expect(itemRefusal(code)).toMatchObject({ status, isAddress });
  });

  it("makes a status and a reason of the error of a whole answer", () => {
    expect(answerRefusal(0x81, 0x04)).toMatchObject({ status: 0x801f0000, isAddress: false });
    expect(answerRefusal(0x83, 0x05)).toEqual({
      status: 0x808b0000,
      reason: "the controller answers with error 0x8305",
      isAddress: false,
    });
  });
});

describe("packets of a stream", () => {
  const packet = (payload: string, last = true): Buffer => {
    const body = bytes(payload);
    const whole = Buffer.concat([bytes("03000000 02f0"), Buffer.of(last ? 0x80 : 0), body]);
    whole.writeUInt16BE(whole.length, 2);
    return whole;
  };

  it("come out whole, however the stream is cut", () => {
    const payloads = ["aa", "bbcc", "", "ddeeff00"];
    const stream = Buffer.concat(payloads.map((payload) => packet(payload)));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length })), (cuts) => {
        const joiner = createPduJoiner(64);
        const got: string[] = [];
        const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
        for (let i = 1; i < edges.length; i += 1) {
          joiner.push(stream.subarray(edges[i - 1], edges[i]), (pdu) => got.push(pdu.toString("hex")));
        }
        expect(got).toEqual(payloads);
      }),
    );
  });

  it("are joined where the last one is marked, and empty ones are skipped", () => {
    const joiner = createPduJoiner(64);
    const got: string[] = [];
    const stream = Buffer.concat([
      packet("", false),
      packet("aa", false),
      packet("bb", false),
      packet("cc"),
      packet("dd"),
    ]);
    joiner.push(stream, (pdu) => got.push(pdu.toString("hex")));
    expect(got).toEqual(["aabbcc", "dd"]);
  });

  it.each([
    ["no TPKT", "48545450", "offset 0: a packet begins with byte 0x48"],
    ["a length of nothing", "03000004", "offset 2: a packet of 4 bytes is too short"],
    ["a length beyond the PDU", "0300ffff", "longer than the 71 agreed upon"],
    ["another kind of packet", "0300000702d080", "offset 5: this is no data packet"],
    ["a strange COTP header", "0300000703f080", "offset 5: this is no data packet"],
    ["a disconnect request", "0300000b068000010003 80", "the other side ended the connection"],
  ])("reports %s", (_, hex, message) => {
    const joiner = createPduJoiner(64);
    expect(() => joiner.push(bytes(hex), () => undefined)).toThrow(message);
  });

  it("reports parts that exceed the PDU together", () => {
    const joiner = createPduJoiner(64);
    const part = packet("00".repeat(40), false);
    joiner.push(part, () => undefined);
    expect(() => joiner.push(part, () => undefined)).toThrow("the parts of an answer exceed 64 bytes");
  });

  it("never hold more than one unfinished packet", () => {
    const cutter = createPacketCutter(64);
    const seen: number[] = [];
    for (let i = 0; i < 100; i += 1) cutter.push(packet("0102"), (whole) => seen.push(whole.length));
    expect(seen).toEqual(new Array(100).fill(9));
  });
});
