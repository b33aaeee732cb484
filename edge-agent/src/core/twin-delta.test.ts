import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeTwin,
  dequantise,
  encodeTwin,
  encodeTwinDelta,
  NO_VALUE,
  placeOfTwin,
  quantise,
  TWIN_HEADER_BYTES,
  type TwinMessage,
} from "./twin-delta.ts";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const head = {
  epoch: fc.integer({ min: 0, max: 0xffff }),
  turn: u32,
  timeMs: fc.double({ noNaN: true }),
};
const columns = fc.integer({ min: 0, max: 50 }).chain((count) => {
  const exactly = { minLength: count, maxLength: count };
  return fc.record({
    point: fc.uint32Array(exactly),
    value: fc.uint16Array(exactly),
    state: fc.uint8Array(exactly),
    exact: fc.float32Array(exactly),
  });
});

/** Any message that can be sent. */
const message: fc.Arbitrary<TwinMessage> = fc
  .record({ ...head, hash: u32, since: u32, columns, kind: fc.constantFrom(0, 1, 2, 3) })
  .map(({ hash, since, kind, columns: { point, value, state, exact }, ...rest }): TwinMessage => {
    if (kind === 0) return { kind: "snapshot", ...rest, layoutHash: hash, value, state };
    if (kind === 1) return { kind: "delta", ...rest, layoutHash: hash, since, point, value, state };
    if (kind === 2) return { kind: "heartbeat", ...rest, planeHash: hash };
    return { kind: "watched", ...rest, layoutHash: hash, point, value: exact };
  });

const columnsOf = (decoded: TwinMessage): ArrayBufferView[] =>
  Object.values(decoded).filter((one): one is ArrayBufferView => ArrayBuffer.isView(one));

describe("a twin message", () => {
  it("comes back as it was, whatever it carries", () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(decodeTwin(encodeTwin(sent).buffer)).toEqual(sent);
      }),
    );
  });

  it("is decoded without copying: its columns are views of the bytes", () => {
    fc.assert(
      fc.property(message, (sent) => {
        const { buffer } = encodeTwin(sent);
        for (const column of columnsOf(decodeTwin(buffer))) expect(column.buffer).toBe(buffer);
      }),
    );
  });

  it("is refused wherever it is cut off or continued, with the reason", () => {
    fc.assert(
      fc.property(message, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (sent, share) => {
        const bytes = encodeTwin(sent);
        const cut = bytes.slice(0, Math.floor(share * bytes.length)).buffer;
        expect(() => decodeTwin(cut)).toThrow(RangeError);
        expect(() => decodeTwin(cut)).toThrow(/has \d+ bytes/);
        const longer = new Uint8Array(bytes.length + 1);
        longer.set(bytes);
        expect(() => decodeTwin(longer.buffer)).toThrow(/has \d+ bytes, not \d+/);
      }),
    );
  });

  it("is refused by name of the byte where it is garbage, and never reaches beyond its bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: TWIN_HEADER_BYTES, maxLength: 200 }), (garbage) => {
        const { buffer } = garbage.slice();
        try {
          const decoded = decodeTwin(buffer);
          for (const column of columnsOf(decoded))
            expect(column.byteOffset + column.byteLength).toBeLessThanOrEqual(buffer.byteLength);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(RangeError);
          expect(String(thrown)).toMatch(/byte [01]: |points has \d+ bytes, not \d+/);
        }
      }),
    );
  });

  it("is laid out as documented", () => {
    const bytes = encodeTwin({
      kind: "delta",
      epoch: 0x0201,
      turn: 0x06050403,
      timeMs: 1,
      layoutHash: 0x0a090807,
      since: 0x0e0d0c0b,
      point: Uint32Array.of(2),
      value: Uint16Array.of(0x0302),
      state: Uint8Array.of(0x44),
    });
    expect(Buffer.from(bytes).toString("hex")).toBe(
      "0202" +
        "0102" +
        "03040506" +
        "000000000000f03f" +
        "01000000" +
        "0708090a" +
        "0b0c0d0e" +
        "02000000" +
        "0203" +
        "44",
    );
  });

  it("says what to do about one of another version", () => {
    const bytes = encodeTwin({ kind: "heartbeat", epoch: 1, turn: 1, timeMs: 1, planeHash: 1 });
    bytes[1] = 9;
    expect(() => decodeTwin(bytes.buffer)).toThrow("byte 1: version 9, known is 2; reload the page");
    bytes[0] = 77;
    expect(() => decodeTwin(bytes.buffer)).toThrow("byte 0: kind 77 is not known");
    expect(() => decodeTwin(new ArrayBuffer(5))).toThrow("28 bytes at least, not 5");
  });
});

describe("a delta that is gathered", () => {
  it("is the same as one made of columns", () => {
    const planes = { value: Uint16Array.of(10, 20, 30), state: Uint8Array.of(1, 2, 3) };
    const about = { epoch: 1, turn: 7, timeMs: 5, layoutHash: 9, since: 6 };
    const point = Uint32Array.of(2, 0);
    expect(encodeTwinDelta(about, point, planes)).toEqual(
      encodeTwin({
        kind: "delta",
        ...about,
        point,
        value: Uint16Array.of(30, 10),
        state: Uint8Array.of(3, 1),
      }),
    );
  });
});

describe("a value on its way", () => {
  it("is off by half a step at most within its range", () => {
    const range = fc.tuple(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
    );
    fc.assert(
      fc.property(range, fc.double({ min: 0, max: 1, noNaN: true }), ([low, span], share) => {
        const high = low + span;
        const value = low + share * span;
        const back = dequantise(quantise(value, low, high), low, high);
        expect(Math.abs(back - value)).toBeLessThanOrEqual(
          ((high - low) / 65_534 / 2) * 1.001 + 1e-9 * Math.abs(low),
        );
      }),
    );
  });

  it("is held at the ends of its range, and is none where it is no number", () => {
    expect([quantise(-5, 0, 10), quantise(0, 0, 10), quantise(10, 0, 10), quantise(99, 0, 10)]).toEqual([
      0, 0, 65_534, 65_534,
    ]);
    for (const none of [Number.NaN, Infinity, -Infinity]) expect(quantise(none, 0, 10)).toBe(NO_VALUE);
    expect(dequantise(NO_VALUE, 0, 10)).toBeNaN();
  });
});

describe("the place of a message", () => {
  const about = { epoch: 1, timeMs: 0 };
  const none = { point: new Uint32Array(0), value: new Uint16Array(0), state: new Uint8Array(0) };
  const delta = (since: number, turn: number): TwinMessage => ({
    kind: "delta",
    ...about,
    layoutHash: 0,
    since,
    turn,
    ...none,
  });

  it("of a delta: taken where it follows, skipped where all is known, missed where there is a gap", () => {
    expect(
      [delta(4, 6), delta(5, 6), delta(3, 5), delta(4, 5), delta(6, 7)].map((one) => placeOfTwin(one, 5)),
    ).toEqual(["take", "take", "skip", "skip", "missed"]);
  });

  it("of a heartbeat: it shows a gap as well", () => {
    const beat = (turn: number): TwinMessage => ({ kind: "heartbeat", ...about, turn, planeHash: 0 });
    expect([4, 5, 6].map((turn) => placeOfTwin(beat(turn), 5))).toEqual(["skip", "take", "missed"]);
  });

  it("of a snapshot and of watched values: always taken", () => {
    const { value, state, point } = none;
    expect(placeOfTwin({ kind: "snapshot", ...about, layoutHash: 0, turn: 1, value, state }, 5)).toBe("take");
    const watched = {
      kind: "watched",
      ...about,
      layoutHash: 0,
      turn: 1,
      point,
      value: new Float32Array(0),
    } as const;
    expect(placeOfTwin(watched, 5)).toBe("take");
  });
});
