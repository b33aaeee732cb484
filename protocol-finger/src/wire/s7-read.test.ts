import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerNumber } from "./s7-header.ts";
import { buildReadJob, numberReadJob, type ReadItem, type RefusedItem, takeReadAnswer } from "./s7-read.ts";

const item = (fields: Partial<ReadItem>): ReadItem => ({
  area: "DB",
  db: 1,
  start: 0,
  length: 4,
  image: 0,
  ...fields,
});

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

/** The PDU of an answer to `request`; a number in place of an item's bytes is its return code. */
function readReply(request: Buffer, items: readonly (Buffer | number)[]): Buffer {
  const data = items.map((one, i) => {
    if (typeof one === "number") return Buffer.from([one, 0, 0, 0]);
    const fill = i < items.length - 1 ? one.length & 1 : 0;
    const data = Buffer.alloc(4 + one.length + fill);
    data.set([0xff, 0x04]);
    data.writeUInt16BE(8 * one.length, 2);
    data.set(one, 4);
    return data;
  });
  const pdu = Buffer.concat([bytes("3203 0000 0000 0002 0000 0000 04"), Buffer.of(items.length), ...data]);
  pdu.writeUInt16BE(request.readUInt16BE(11), 4);
  pdu.writeUInt16BE(pdu.length - 14, 8);
  return pdu;
}

describe("S7 request", () => {
  it("asks for ranges of bytes, each with area, block and bit address", () => {
    const job = buildReadJob([
      item({ db: 10, start: 6, length: 8 }),
      item({ area: "M", db: 0, start: 1000, length: 1 }),
    ]);
    numberReadJob(job, 0x1234);
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
      buildReadJob([item({ area })])
        .bytes.subarray(27, 28)
        .toString("hex"),
    ).toBe(code);
  });

  it("asks for timers and counters by their numbers", () => {
    const hex = buildReadJob([
      item({ area: "T", db: 0, start: 10, length: 4 }),
      item({ area: "C", db: 0, start: 14, length: 2 }),
    ])
      .bytes.subarray(19)
      .toString("hex");
    expect(hex).toBe(bytes("120a101d 0002 0000 1d000005 120a101c 0001 0000 1c000007").toString("hex"));
  });
});

describe("S7 answer to a read", () => {
  const job = buildReadJob([item({ length: 3 }), item({ image: 3, length: 2 })]);
  numberReadJob(job, 7);
  const good = readReply(job.bytes, [bytes("010203"), bytes("0405")]);

  function take(pdu: Buffer): { image: string; refused: RefusedItem[] } {
    const image = Buffer.alloc(5);
    const refused: RefusedItem[] = [];
    expect(answerNumber(pdu)).toBe(7);
    takeReadAnswer(pdu, job, image, refused);
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
    const pdu = readReply(job.bytes, [0x05, bytes("0405")]);
    expect(take(pdu)).toEqual({
      image: "0000000405",
      refused: [{ item: job.items[0], code: 5 }],
    });
    pdu.writeUInt16BE(4, 16);
    expect(take(pdu).image).toBe("0000000405");
  });

  it("refuses all items where the answer as a whole is an error, of kind 2 or 3", () => {
    const pdu = bytes("32 03 0000 0007 0000 0000 81 04");
    expect(take(pdu).refused.map((one) => one.code)).toEqual([0x8104, 0x8104]);
    pdu[1] = 2;
    expect(take(pdu).refused).toHaveLength(2);
  });

  it("reads lengths in bytes where the transport code says so", () => {
    const pdu = readReply(job.bytes, [bytes("010203"), bytes("0405")]);
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
    ["a request", bytes("3201 0000 0007 0000 0000"), "offset 1: kind 1 is no answer"],
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
          answerNumber(pdu);
          takeReadAnswer(pdu, job, image, refused);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: "PDU_MALFORMED" });
          return;
        }
        expect(refused.length > 0 || image.toString("hex") === "0102030405").toBe(true);
      }),
    );
  });
});
