import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PointSeverity, PointState, planeHash, urgencyOf } from "./point-state.ts";

const { unacknowledged, returned, silenced, outOfService, stale, selected } = PointState;
const { normal, advisory, warning, alarm } = PointSeverity;

describe("how much a state asks for the operator", () => {
  it("grows from normal to an alarm that nobody has seen", () => {
    const rising = [
      normal,
      normal | stale,
      advisory,
      normal | returned,
      warning,
      warning | unacknowledged,
      alarm,
      alarm | unacknowledged,
    ];
    expect(rising.map(urgencyOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("is nothing while it is inhibited, whatever else is known", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), (state) => {
        expect(urgencyOf(state | silenced)).toBe(0);
        expect(urgencyOf(state | outOfService)).toBe(0);
        expect(urgencyOf(state | selected)).toBe(urgencyOf(state & ~selected));
      }),
    );
  });
});

describe("the hash of a plane", () => {
  it("is FNV-1a of 32 bits", () => {
    // Test vectors of the IETF draft "The FNV Non-Cryptographic Hash Algorithm", appendix C.
    const of = (text: string) => planeHash(new TextEncoder().encode(text));
    expect([of(""), of("a"), of("foobar")]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  });

  it("differs where one state differs", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (states, at, change) => {
          const other = states.slice();
          const i = at % states.length;
          other[i] = (states[i] ?? 0) ^ change;
          expect(planeHash(other)).not.toBe(planeHash(states));
        },
      ),
    );
  });
});
