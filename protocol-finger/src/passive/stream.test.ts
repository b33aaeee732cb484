import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStream, type StreamCounts } from "./stream.ts";

function heard(limits = { mostWaiting: 8, mostWaitingBytes: 1000 }) {
  const counts: StreamCounts = { gaps: 0, repeatedBytes: 0 };
  const pieces: { text: string; isAfterGap: boolean }[] = [];
  const stream = createStream(limits, counts, (bytes, isAfterGap) => {
    pieces.push({ text: bytes.toString(), isAfterGap });
  });
  const push = (sequence: number, text: string, isSyn = false) =>
    stream.push(sequence >>> 0, Buffer.from(text), isSyn);
  return { stream, counts, pieces, push, text: () => pieces.map(({ text }) => text).join("|") };
}

describe("one direction of a TCP connection", () => {
  it("begins wherever the capture begins", () => {
    const { push, text } = heard();
    push(5000, "abc");
    push(5003, "de");
    expect(text()).toBe("abc|de");
  });

  it("begins after the number of its SYN", () => {
    const { push, text, counts } = heard();
    push(99, "", true);
    push(100, "abc");
    push(99, "?");
    expect(text()).toBe("abc");
    expect(counts.repeatedBytes).toBe(1);
  });

  it("puts segments back in order", () => {
    const { push, text } = heard();
    push(0, "a");
    push(3, "d");
    push(2, "c");
    push(1, "b");
    expect(text()).toBe("a|b|c|d");
  });

  it("hands on nothing twice, and the new part of what overlaps", () => {
    const { push, text, counts } = heard();
    push(0, "abcd");
    push(0, "abcd");
    push(2, "cdef");
    expect(text()).toBe("abcd|ef");
    expect(counts.repeatedBytes).toBe(6);
  });

  it("goes on across the end of the numbers", () => {
    const { push, text } = heard();
    push(-2, "ab");
    push(2, "ef");
    push(0, "cd");
    expect(text()).toBe("ab|cd|ef");
  });

  it("gives a hole up as soon as the other side acknowledges what was in it", () => {
    const { stream, push, pieces, counts } = heard();
    push(0, "a");
    push(5, "f");
    expect(pieces).toHaveLength(1);
    stream.acknowledged(0);
    expect(pieces).toHaveLength(1);
    stream.acknowledged(6);
    expect(pieces[1]).toEqual({ text: "f", isAfterGap: true });
    expect(counts.gaps).toBe(1);
  });

  it("gives a hole up when too much waits behind it, and never holds more", () => {
    const { push, text, counts } = heard({ mostWaiting: 2, mostWaitingBytes: 1000 });
    push(0, "a");
    push(2, "c");
    push(4, "e");
    push(6, "g");
    expect(text()).toBe("a|c");
    expect(counts.gaps).toBe(1);
    const bytes = heard({ mostWaiting: 8, mostWaitingBytes: 4 });
    bytes.push(0, "a");
    bytes.push(2, "12345");
    expect(bytes.text()).toBe("a|12345");
  });

  it("hands on what waits at its end", () => {
    const { stream, push, text } = heard();
    push(0, "a");
    push(5, "f");
    push(9, "j");
    stream.end();
    expect(text()).toBe("a|f|j");
  });

  it("takes a number far back for a new connection", () => {
    const { push, pieces, counts } = heard();
    push(1_000_000_000, "old");
    push(5, "new");
    expect(pieces[1]).toEqual({ text: "new", isAfterGap: true });
    expect(counts.gaps).toBe(1);
  });

  it("is whole and in order whatever way segments were sent, lost and sent again", () => {
    const message = Array.from({ length: 200 }, (_, i) => String.fromCharCode(33 + (i % 90))).join("");
    const segment = fc.tuple(fc.nat({ max: 199 }), fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 40 }), fc.nat(), (segments, start) => {
        const { push, pieces } = heard({ mostWaiting: 100, mostWaitingBytes: 100_000 });
        push(start - 1, "", true);
        for (const [at, length] of segments) push(start + at, message.slice(at, at + length));
        // In the end everything comes in order.
        for (let at = 0; at < message.length; at += 10) push(start + at, message.slice(at, at + 10));
        expect(pieces.map(({ text }) => text).join("")).toBe(message);
      }),
    );
  });
});
