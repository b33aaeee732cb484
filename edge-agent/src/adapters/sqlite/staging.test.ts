import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Block, blockBytes, blockColumns } from "./block.ts";
import { Kind } from "./rows.ts";
import { createStaging } from "./staging.ts";
import { batchOf } from "./test-kit.ts";

/** Rows of a block as [tag, value, agent time]. */
function rowsOf(block: Block): number[][] {
  const columns = blockColumns(block.buffer, block.capacity);
  const rows: number[][] = [];
  for (let batch = 0, row = 0; batch < block.batches; batch += 1) {
    for (; row < (columns.batchEnd[batch] ?? 0); row += 1) {
      rows.push([columns.tag[row] ?? -1, columns.value[row] ?? -1, columns.batchTimeUs[batch] ?? -1]);
    }
  }
  return rows;
}

const many = (count: number) => Array.from({ length: count }, (_, i) => ({ tag: i, value: i }));

describe("staging", () => {
  it("gathers batches into one block, each with its time", () => {
    const staging = createStaging(() => undefined);
    expect(staging.take()).toBeUndefined();
    staging.add(batchOf(10, many(2)));
    staging.add(batchOf(20, many(1)));
    expect(staging.rows).toBe(3);
    const block = staging.take();
    expect(block && rowsOf(block)).toEqual([
      [0, 0, 10],
      [1, 1, 10],
      [0, 0, 20],
    ]);
    expect(staging.rows).toBe(0);
  });

  it("copies few rows into a buffer of their size, so that what waits is small", () => {
    const staging = createStaging(() => undefined);
    staging.add(batchOf(10, many(3)));
    expect(staging.take()?.buffer.byteLength).toBe(blockBytes(3));
  });

  it("hands a block over as soon as it is full, and cuts batches that do not fit", () => {
    const full: Block[] = [];
    const staging = createStaging((block) => full.push(block));
    staging.add(batchOf(10, many(40_000)));
    staging.add(batchOf(20, many(40_000)));
    const rest = staging.take();
    expect(full.map(({ rows }) => rows)).toEqual([32_768, 32_768]);
    const rows = [...full, ...(rest ? [rest] : [])].flatMap(rowsOf);
    expect(rows).toHaveLength(80_000);
    expect(rows[39_999]).toEqual([39_999, 39_999, 10]);
    expect(rows[40_000]).toEqual([0, 0, 20]);
    expect(rows[79_999]).toEqual([39_999, 39_999, 20]);
  });

  it("uses buffers again that come back, but not those of another size", () => {
    const full: Block[] = [];
    const staging = createStaging((block) => full.push(block));
    const used = new ArrayBuffer(blockBytes(32_768));
    staging.giveBack(new ArrayBuffer(8));
    staging.giveBack(used);
    staging.add(batchOf(10, many(32_768)));
    staging.add(batchOf(10, many(32_768)));
    expect(full[1]?.buffer).toBe(used);
  });

  it("marks booleans, keeps texts and arrays as JSON in the order of the rows, and forgets both afterwards", () => {
    const staging = createStaging(() => undefined);
    const batch = batchOf(10, [
      { other: true, value: 1 },
      { value: 2 },
      { other: "x" },
      { other: [1, 2] },
      {},
    ]);
    const others = new Map([...batch.other].reverse());
    others.set(4, null);
    others.set(99, "beyond the last row");
    staging.add({ ...batch, other: others });
    const block = staging.take();
    expect(block?.texts).toEqual([
      { row: 2, json: '"x"' },
      { row: 3, json: "[1,2]" },
    ]);
    const { kind } = blockColumns(block?.buffer ?? new ArrayBuffer(0), block?.capacity ?? 0);
    expect([...kind]).toEqual([Kind.boolean, Kind.number, Kind.text, Kind.text, Kind.number]);
    staging.add(batchOf(20, [{ value: 1 }, { value: 1 }, { value: 1 }]));
    const next = staging.take();
    expect(next?.texts).toEqual([]);
    expect([...blockColumns(next?.buffer ?? new ArrayBuffer(0), 3).kind]).toEqual([0, 0, 0]);
  });

  it("loses and invents nothing, whatever the sizes of the batches", () => {
    const sizes = fc.array(fc.oneof(fc.nat(50), fc.integer({ min: 30_000, max: 70_000 })), { maxLength: 4 });
    fc.assert(
      fc.property(sizes, (counts) => {
        const blocks: Block[] = [];
        const staging = createStaging((block) => blocks.push(block));
        for (const [i, count] of counts.entries()) staging.add(batchOf(i, many(count)));
        const rest = staging.take();
        if (rest !== undefined) blocks.push(rest);
        const wanted = counts.flatMap((count, i) => many(count).map(({ tag, value }) => [tag, value, i]));
        expect(blocks.flatMap(rowsOf)).toEqual(wanted);
      }),
      { numRuns: 5 },
    );
  });
});
