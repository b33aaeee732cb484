import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBase64, packFloats, toBase64, unpackFloats } from "./base64.ts";

describe("base64", () => {
  // RFC 4648, section 10
  it.each([
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
  ])("writes %j as %j", (text, encoded) => {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    expect(toBase64(bytes)).toBe(encoded);
    expect(fromBase64(encoded)).toEqual(bytes);
  });

  it.each(["Zg=", "Z", "Zm9v!A==", "Zg==Zg==", "===="])("does not read %j", (text) => {
    expect(fromBase64(text)).toBeUndefined();
  });

  it("gives back any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(Uint8Array.from(bytes));
      }),
    );
  });
});

describe("packed floats", () => {
  it("are little-endian", () => {
    expect(packFloats(Float32Array.of(1))).toBe("AACAPw==");
    expect(packFloats(Float64Array.of(1))).toBe("AAAAAAAA8D8=");
  });

  it("come back bit for bit", () => {
    fc.assert(
      fc.property(
        fc.float32Array({ noNaN: true, noDefaultInfinity: true }),
        fc.float64Array({ noNaN: true, noDefaultInfinity: true }),
        (singles, doubles) => {
          expect(unpackFloats(packFloats(singles), 4)).toEqual(Float32Array.from(singles));
          expect(unpackFloats(packFloats(doubles), 8)).toEqual(Float64Array.from(doubles));
        },
      ),
    );
  });

  it("are refused where a value is missing in part or no finite number", () => {
    expect(unpackFloats("AACA", 4)).toBeUndefined();
    expect(unpackFloats("AACAPw==", 8)).toBeUndefined();
    expect(unpackFloats("no base64", 4)).toBeUndefined();
    expect(unpackFloats(packFloats(Float32Array.of(Number.NaN)), 4)).toBeUndefined();
    expect(unpackFloats(packFloats(Float64Array.of(Number.POSITIVE_INFINITY)), 8)).toBeUndefined();
  });
});
