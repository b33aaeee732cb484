import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FieldFrame } from "../../ports/field-store.ts";
import { decodeFrame, decodeHead, encodeFrame } from "./frame-file.ts";
import { aFrame } from "./test-kit.ts";

const floats = fc.float32Array({ noNaN: true, maxLength: 40 });
const frames: fc.Arbitrary<FieldFrame> = fc
  .record({
    id: fc.string({ minLength: 1 }),
    kind: fc.constantFrom("alarm" as const, "disagreement" as const, "drift" as const, "random" as const),
    machine: fc.string(),
    probability: fc.double({ min: 0, max: 1, noNaN: true }),
    samples: floats,
  })
  .map((some) => aFrame(some));

describe("frame file", () => {
  it("gives back what it was given", () => {
    fc.assert(
      fc.property(frames, floats, fc.boolean(), (frame, healthy, isChallenged) => {
        const { healthyFrame: _, ...rest } = frame;
        const whole = {
          ...rest,
          ...(healthy.length > 0 && { healthyFrame: healthy }),
          ...(isChallenged && { challengerProbability: 0.5, alarm: "a 1" }),
        };
        expect(decodeFrame(encodeFrame(whole))).toEqual(whole);
      }),
    );
  });

  it("writes nothing that it could not read again", () => {
    expect(() => encodeFrame(aFrame({ id: "f", probability: Number.NaN }))).toThrow(
      expect.objectContaining({ code: "DATA_INVALID" }),
    );
  });

  it("copies the samples out of a larger buffer", () => {
    const block = Float32Array.from([9, 9, 1, 2, 9]);
    const frame = aFrame({ id: "f", samples: block.subarray(2, 4) });
    expect([...decodeFrame(encodeFrame(frame)).samples]).toEqual([1, 2]);
  });

  it("refuses any single byte that has changed, and any other length", () => {
    const bytes = encodeFrame(aFrame({ id: "f" }));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ by;
        expect(() => decodeFrame(changed)).toThrow(expect.objectContaining({ code: "DATA_INVALID" }));
      }),
    );
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        const cut = bytes.subarray(0, length);
        expect(() => decodeFrame(cut)).toThrow(expect.objectContaining({ code: "DATA_INVALID" }));
      }),
    );
  });

  it("refuses anything else without a crash", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(() => decodeHead(Buffer.from(noise), noise.length)).toThrow(
          expect.objectContaining({ code: "DATA_INVALID" }),
        );
      }),
    );
  });

  it("reads the head without the samples", () => {
    const bytes = encodeFrame(aFrame({ id: "f", machine: "pump-9" }));
    expect(decodeHead(bytes.subarray(0, bytes.length - 56), bytes.length)).toMatchObject({
      id: "f",
      machine: "pump-9",
      samples: 4,
      healthyFrame: 2,
    });
  });
});
