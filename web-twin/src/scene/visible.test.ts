import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { POINT_SIZES } from "./glyph.ts";
import { createLens, type Lens } from "./lens.ts";
import { createVisibleFinder } from "./visible.ts";

const SIZE = POINT_SIZES.square;
const VIEW = { width: 64, height: 48 };

const lensAt = (distance: number, isFlat: boolean): Lens =>
  createLens(
    { x: 0, z: 0, distance, azimuth: 0.3, polar: isFlat ? 0 : 0.8 },
    { ...VIEW, isFlat, ball: { x: 0, y: 0, z: 0, radius: 40 } },
  );

/** Draws squares one after the other with a depth test: the colour of a pixel is the glyph's index. */
function paint(lens: Lens, position: Float32Array, indices: Iterable<number>): Int32Array {
  const colour = new Int32Array(VIEW.width * VIEW.height).fill(-1);
  const depth = new Float64Array(colour.length).fill(Infinity);
  for (const i of indices) {
    const [x = 0, y = 0, z = 0] = position.subarray(3 * i, 3 * i + 3);
    const at = lens.project(x, y, z);
    if (at === undefined) continue;
    const [, , , m3 = 0, , , , m7 = 0, , , , m11 = 0, , , , m15 = 0] = lens.both;
    const w = Math.fround(m3 * x + m7 * y + m11 * z + m15);
    const size = Math.floor(Math.min(SIZE.most, Math.max(SIZE.least, (SIZE.metres * lens.scale) / w)) + 0.5);
    const left = Math.ceil(at.x - (size + 1) / 2);
    const low = Math.ceil(VIEW.height - at.y - (size + 1) / 2);
    for (let row = Math.max(0, low); row < Math.min(VIEW.height, low + size); row += 1) {
      for (let column = Math.max(0, left); column < Math.min(VIEW.width, left + size); column += 1) {
        const pixel = row * VIEW.width + column;
        if (w > (depth[pixel] ?? 0)) continue;
        depth[pixel] = w;
        colour[pixel] = i;
      }
    }
  }
  return colour;
}

/** Coarse steps, so that many fall together. */
const places = fc
  .array(fc.tuple(...[20, 4, 20].map((far) => fc.integer({ min: -2 * far, max: 2 * far }))), {
    minLength: 1,
    maxLength: 200,
  })
  .map((all) => Float32Array.from(all.flat(), (each) => each / 2));

describe("glyphs that can be seen", () => {
  it("make the same picture as all of them", () => {
    fc.assert(
      fc.property(places, fc.integer({ min: 5, max: 400 }), fc.boolean(), (position, distance, isFlat) => {
        const lens = lensAt(distance, isFlat);
        const count = position.length / 3;
        const found = createVisibleFinder(position).find(lens, SIZE, { which: undefined, count }, 1);
        const all = Array.from({ length: count }, (_, i) => i);
        const shown = found.list.subarray(0, found.count);
        expect(paint(lens, position, shown)).toEqual(paint(lens, position, all));
        expect([...shown]).toEqual(all.filter((i) => found.isIn[i] === 1));
      }),
    );
  });

  it("are one of many that stand on the same place", () => {
    const position = Float32Array.from({ length: 300 }, () => 1);
    const found = createVisibleFinder(position).find(
      lensAt(200, false),
      SIZE,
      { which: undefined, count: 100 },
      1,
    );
    expect([...found.list.subarray(0, found.count)]).toEqual([99]);
  });

  it("are among those that were chosen", () => {
    const position = Float32Array.of(1, 0, 1, 1, 0, 1, 5, 0, 5);
    const which = Uint32Array.of(0, 2, 1);
    const found = createVisibleFinder(position).find(lensAt(30, false), SIZE, { which, count: 2 }, 2);
    expect([...found.list.subarray(0, found.count)]).toEqual([0, 2]);
    expect([...found.isIn]).toEqual([1, 0, 1]);
  });

  it("are none where none was chosen", () => {
    const found = createVisibleFinder(new Float32Array(3)).find(
      lensAt(30, false),
      SIZE,
      { which: undefined, count: 0 },
      1,
    );
    expect(found.count).toBe(0);
  });
});
