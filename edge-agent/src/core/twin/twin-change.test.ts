import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeTwin } from "../twin-delta.ts";
import { createChangeEncoder } from "./twin-change.ts";

const about = { epoch: 3, turn: 9, timeMs: 7, layoutHash: 11, since: 4 };

describe("what changed, as a message", () => {
  it("holds each point that changed after the turn, as it is now, and is a snapshot where that is shorter", () => {
    const encode = createChangeEncoder();
    const point = fc.tuple(fc.nat(0xffff), fc.nat(255), fc.nat(9));
    fc.assert(
      fc.property(fc.array(point, { maxLength: 60 }), fc.nat(9), (points, after) => {
        const planes = {
          value: Uint16Array.from(points, ([value]) => value),
          state: Uint8Array.from(points, ([, state]) => state),
          changed: Uint32Array.from(points, ([, , turn]) => turn),
        };
        const late = points.flatMap(([, , turn], p) => (turn > after ? [p] : []));
        const bytes = encode(planes, after, about);
        if (late.length === 0) {
          expect(bytes).toBeUndefined();
          return;
        }
        const message = decodeTwin((bytes ?? new Uint8Array()).buffer);
        expect(message).toMatchObject({ epoch: 3, turn: 9, timeMs: 7, layoutHash: 11 });
        if (3 * late.length > points.length) {
          const { value, state } = planes;
          expect(message).toMatchObject({ kind: "snapshot", value, state });
          return;
        }
        expect(message).toMatchObject({
          kind: "delta",
          since: 4,
          point: Uint32Array.from(late),
          value: Uint16Array.from(late, (p) => points[p]?.[0] ?? 0),
          state: Uint8Array.from(late, (p) => points[p]?.[1] ?? 0),
        });
      }),
    );
  });
});
