import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMbapWatch } from "./mbap-watch.ts";
import { mbap } from "./testing/raw-peer.ts";

const frame = (dataBytes: number) => mbap(7, 1, [3, dataBytes, ...new Array<number>(dataBytes).fill(0xff)]);

describe("watch over the frames of a stream", () => {
  it("sees nothing wrong with good frames, however they are cut", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 250 }), { minLength: 1, maxLength: 5 });
    const cuts = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, cuts, (dataSizes, steps) => {
        const stream = Buffer.concat(dataSizes.map((size) => frame(size)));
        const watch = createMbapWatch();
        let at = 0;
        for (let i = 0; at < stream.length; i += 1) {
          const to = at + (steps[i % steps.length] ?? 1);
          expect(watch.see(stream.subarray(at, to))).toBeUndefined();
          at = to;
        }
        expect(watch.isInsideFrame).toBe(false);
      }),
    );
  });

  it("knows when a frame is not whole yet", () => {
    const watch = createMbapWatch();
    const whole = frame(2);
    watch.see(whole.subarray(0, 3));
    expect(watch.isInsideFrame).toBe(true);
    watch.see(whole.subarray(3, 10));
    expect(watch.isInsideFrame).toBe(true);
    watch.see(whole.subarray(10));
    expect(watch.isInsideFrame).toBe(false);
  });

  it.each([
    ["000700010003", "protocol id 1 at byte 2 of a reply's header instead of 0"],
    ["000700000002", "length 2 at byte 4 of a reply's header, possible are 3 to 254"],
    ["000700000000", "length 0 at byte 4 of a reply's header, possible are 3 to 254"],
    ["0007000000ff", "length 255 at byte 4 of a reply's header, possible are 3 to 254"],
    ["00070000ffff", "length 65535 at byte 4 of a reply's header, possible are 3 to 254"],
    ["485454502f31", "protocol id 21584 at byte 2 of a reply's header instead of 0"],
  ])("refuses the header %s", (hex, fault) => {
    const watch = createMbapWatch();
    watch.see(frame(4));
    expect(watch.see(Buffer.from(hex, "hex"))).toBe(fault);
  });
});
