import { describe, expect, it } from "vitest";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import * as ua from "../testing/ua-bytes.ts";
import { decodeMessage, MOST_MESSAGE_BYTES, messageLength } from "./opcua-chunk.ts";
import { WireError } from "./wire-error.ts";

describe("a message of an OPC UA server", () => {
  it("acknowledges with its limits", () => {
    expect(decodeMessage(ua.acknowledge())).toEqual({
      kind: "acknowledge",
      receiveBytes: 65_535,
      sendBytes: 8192,
      mostMessageBytes: 0,
      mostChunks: 16,
    });
  });

  it("ends the connection with a reason", () => {
    expect(decodeMessage(ua.errorMessage(0x8083_0000, "no\u001b[2J such endpoint"))).toEqual({
      kind: "error",
      status: 0x8083_0000,
      reason: "no.[2J such endpoint",
    });
  });

  it("is put together from its chunks", () => {
    const message = ua.serviceMessage(7, [hex("0102"), hex("03"), hex("0405")]);
    expect(messageLength(message)).toBe(message.length);
    expect(decodeMessage(message)).toEqual({
      kind: "service",
      channel: 5,
      request: 7,
      body: hex("0102030405"),
    });
  });

  it("is given up by an abort", () => {
    const first = ua.serviceMessage(7, [hex("0102"), hex("03")]).subarray(0, 26);
    expect(decodeMessage(Buffer.concat([first, ua.abortMessage(7, 0x80b9_0000)]))).toEqual({
      kind: "error",
      status: 0x80b9_0000,
      reason: "too large",
    });
  });

  it("tells its length as soon as the header of its last chunk is there", () => {
    const message = ua.serviceMessage(7, [hex("0102"), hex("03")]);
    expect(messageLength(message.subarray(0, 7))).toBeUndefined();
    expect(messageLength(message.subarray(0, 33))).toBeUndefined();
    expect(messageLength(message.subarray(0, 34))).toBe(message.length);
  });

  it.each([
    ["an acknowledgement", ua.acknowledge()],
    ["an error", ua.errorMessage(0x8083_0000, "no")],
    ["an open channel", ua.channelMessage(1, Buffer.alloc(0))],
    ["chunks", ua.serviceMessage(7, [hex("0102"), hex("03")])],
  ])("that is cut short is malformed: %s", (_name, message) => {
    refusesEveryPrefix(message, decodeMessage);
    survivesAnything(decodeMessage, [message]);
    survivesAnything(messageLength, [message]);
  });

  it("is nothing else, and bounded", () => {
    expect(() => messageLength(Buffer.from("HTTP/1.1 400 Bad Request"))).toThrow(WireError);
    expect(() => messageLength(Buffer.from("ACKX\0\0\0\0\0"))).toThrow("neither the last nor another");
    expect(() => messageLength(hex("4d534746 07000000"))).toThrow("a chunk of 7 bytes");
    expect(() => messageLength(hex("4d534746 01001000"))).toThrow(
      `a chunk of ${MOST_MESSAGE_BYTES + 1} bytes`,
    );
    const endless = Buffer.concat(Array.from({ length: 513 }, () => hex("4d534743 08000000")));
    expect(() => messageLength(endless)).toThrow("more than 512 chunks");
    const large = Buffer.alloc(MOST_MESSAGE_BYTES + 8);
    large.write("MSGC");
    large.writeUInt32LE(MOST_MESSAGE_BYTES, 4);
    large.write("MSGF", MOST_MESSAGE_BYTES);
    large.writeUInt32LE(8, MOST_MESSAGE_BYTES + 4);
    expect(() => messageLength(large)).toThrow("a message of more than");
    expect(() => decodeMessage(Buffer.concat([ua.acknowledge(), hex("00")]))).toThrow("1 bytes follow");
  });
});
