import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EdgeError } from "../errors.ts";
import { parseDrift, serialiseDrift } from "./drift-json.ts";
import { createEar, createSource, quickPolicy } from "./test-kit.ts";

const roundTrip = (ear: ReturnType<typeof createEar>) =>
  parseDrift(serialiseDrift([ear.sensor], quickPolicy), quickPolicy);

describe("drift as text", () => {
  it("goes on after any window as if nothing had happened", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 0, max: 90 }),
        fc.double({ min: 0, max: 6, noNaN: true }),
        (seed, stopAfter, shift) => {
          const [stopped, other] = [createEar(), createEar()];
          const [left, right] = [createSource(seed), createSource(seed)];
          for (let i = 0; i < 110; i += 1) {
            const by = i < quickPolicy.referenceWindows ? {} : { embedding: shift, input: shift / 2 };
            if (i === stopAfter) stopped.sensor = roundTrip(stopped)[0] ?? stopped.sensor;
            if (i % 17 === 16) expect(stopped.fail()).toEqual(other.fail());
            expect(stopped.hear(left(by))).toEqual(other.hear(right(by)));
          }
          expect(roundTrip(stopped)).toEqual([other.sensor]);
        },
      ),
      { numRuns: 25, seed: 4 },
    );
  });

  it("says what is wrong with text that it did not write, and where", () => {
    const ear = createEar();
    const source = createSource(1);
    for (let i = 0; i < 47; i += 1) ear.hear(source());
    const text = serialiseDrift([ear.sensor], quickPolicy);
    const cases: readonly [string, RegExp][] = [
      ["{", /is no JSON/],
      ["[]", /the whole is no object/],
      [text.replace('"version":1', '"version":9'), /version is 9, this agent reads version 1/],
      [text.replace('"kind":"stable"', '"kind":"merry"'), /sensors\[0\]\.kind is no state/],
      [text.replace('"kind":"learnt"', '"kind":"learning"'), /layers\.input\.rows is no text/],
      [text.replace('"kind":"learnt"', '"kind":"old"'), /layers\.input\.kind is neither/],
      [text.replace('"size":6', '"size":5'), /layers\.input\.(deviation|mean) holds not 5 finite numbers/],
      [text.replace('"size":6', '"size":0'), /layers\.input\.size is 0/],
      [text.replace(/"limit":[^,]+/, '"limit":0'), /a limit or a deviation of nothing/],
      [text.replace('"inBlock":2', '"inBlock":5'), /inBlock is no count that can be/],
      [text.replace('"isBlind":false', '"isBlind":0'), /isBlind is neither true nor false/],
      [text.replace('"model":"one"', '"model":""'), /model is empty/],
      [text.replace(/"worst":{"layer":"[a-z]+"/, '"worst":{"layer":"x"'), /worst\.layer is no layer/],
      [text.replace('"baselineRms":1', '"baselineRms":-1'), /baselineRms is below 0/],
      [text.replace('"sinceUs":', '"sinceUs":null,"was":'), /sinceUs is no number/],
      [text.replace('"regimes":[', '"regimes":1,"was":['), /regimes is no list/],
      [text.replace(/"sum":"[^"]+/, '"sum":"AAAA'), /sum holds not 6 finite numbers/],
    ];
    for (const [broken, message] of cases) {
      expect(broken).not.toBe(text);
      expect(() => parseDrift(broken, quickPolicy)).toThrow(message);
      expect(() => parseDrift(broken, quickPolicy)).toThrow(EdgeError);
    }
  });

  it("refuses rows that are no rows", () => {
    const ear = createEar();
    const source = createSource(1);
    for (let i = 0; i < 3; i += 1) ear.hear(source());
    const text = serialiseDrift([ear.sensor], quickPolicy);
    for (const [broken, message] of [
      [text.replace(/"rows":"[^"]{16}/, '"rows":"'), /rows has no such length/],
      [text.replace(/"rows":"[^"]+/, '"rows":"!'), /rows holds no finite numbers/],
    ] as const) {
      expect(() => parseDrift(broken, quickPolicy)).toThrow(message);
    }
  });

  it("is not taken over into another policy, whose blocks are others", () => {
    const text = serialiseDrift([createEar().sensor], quickPolicy);
    expect(() => parseDrift(text, { ...quickPolicy, blockWindows: 6 })).toThrow(
      /not the one that is configured/,
    );
    expect(parseDrift(text, { ...quickPolicy, warningsInARow: 9 })).toHaveLength(1);
  });

  it("throws nothing but DATA_INVALID, whatever is cut or changed in it", () => {
    const ear = createEar();
    const source = createSource(2);
    for (let i = 0; i < 43; i += 1) ear.hear(source());
    const text = serialiseDrift([ear.sensor], quickPolicy);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(3), fc.string({ maxLength: 3 }), (at, cut, put) => {
        try {
          parseDrift(text.slice(0, at) + put + text.slice(at + cut), quickPolicy);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: "DATA_INVALID" });
        }
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});
