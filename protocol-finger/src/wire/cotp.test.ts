import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerLength, createPduJoiner, isFastAcknowledge, joinAnswer } from "./cotp.ts";
import { createPacketCutter } from "./tpkt.ts";
import { WireError } from "./wire-error.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

const packet = (payload: string, last = true): Buffer => {
  const body = bytes(payload);
  const whole = Buffer.concat([bytes("03000000 02f0"), Buffer.of(last ? 0x80 : 0), body]);
  whole.writeUInt16BE(whole.length, 2);
  return whole;
};

describe("packets of a stream", () => {
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

describe("one answer", () => {
  const split = Buffer.concat([packet("", false), packet("aabb", false), packet("cc")]);

  it("is as long as its row of packets, and is not known while one of them is not whole", () => {
    for (let length = 0; length < split.length; length += 1) {
      const told = answerLength(split.subarray(0, length));
      // The last packet tells its own length as soon as its header is there.
      expect(told).toBe(length >= split.length - packet("cc").length + 4 ? split.length : told);
      expect(told === undefined || told > length).toBe(true);
    }
    expect(answerLength(split)).toBe(split.length);
    expect(answerLength(Buffer.concat([packet("aa"), packet("bb")]))).toBe(packet("aa").length);
  });

  it("ends with the first packet where that is no data", () => {
    expect(answerLength(bytes("0300000b06d00000000100"))).toBe(11);
  });

  it("is refused at its first byte where this is no TPKT", () => {
    expect(() => answerLength(bytes("48"))).toThrow(WireError);
    expect(() => answerLength(bytes("03000003"))).toThrow("offset 2: a packet of 3 bytes is too short");
  });

  it("is joined of its parts", () => {
    expect(joinAnswer(split).toString("hex")).toBe("aabbcc");
    expect(() => joinAnswer(Buffer.concat([packet("aa"), packet("bb")]))).toThrow("a second answer follows");
    expect(() => joinAnswer(bytes("0300000b06800000000102"))).toThrow("disconnect request, reason 2");
  });

  it("reports PDU_MALFORMED wherever it is cut off", () => {
    for (let length = 0; length < split.length; length += 1) {
      expect(() => joinAnswer(split.subarray(0, length))).toThrow(WireError);
    }
  });

  it("is a fast acknowledgement where it is empty and not the last of its row", () => {
    expect(isFastAcknowledge(packet("", false))).toBe(true);
    expect(isFastAcknowledge(packet(""))).toBe(false);
    expect(isFastAcknowledge(packet("aa", false))).toBe(false);
  });
});
