import { parseAddress } from "@stethos/protocol-finger/modbus";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Field, fieldOf } from "./field.ts";
import { type Block, createGroupPlan, halve } from "./group-plan.ts";

const limits = { maxRegisters: 125, maxBits: 2000, maxGap: 16 };

function fieldsOf(...texts: string[]): Field[] {
  return texts.map((text) => {
    const parsed = parseAddress(text, 0);
    if (!parsed.ok) throw new TypeError(parsed.problem.message);
    return fieldOf(parsed.address, { unit: 1, wordOrder: "ABCD" });
  });
}

const shape = (blocks: readonly Block[]) =>
  blocks.map(({ quantity, start, table, unit }) => `${unit}/${table}:${start}+${quantity}`);

describe("plan of a group", () => {
  it("asks each table of each unit by itself", () => {
    const fields = fieldsOf("hr:0", "ir:0", "hr:1", "coil:0", "hr:2#unit=9", "di:5", "coil:99");
    expect(shape(createGroupPlan(fields, limits).blocks(0))).toEqual([
      "1/hr:0+2",
      "1/ir:0+1",
      "1/coil:0+100",
      "9/hr:2+1",
      "1/di:5+1",
    ]);
  });

  it("leaves out what was refused, reads around it, and asks for it again after a minute", () => {
    const fields = fieldsOf("hr:0", "hr:1", "hr:2");
    const plan = createGroupPlan(fields, limits);
    plan.blocks(0);
    expect(plan.refuse(1, 7, 1000)).toBe(true);
    expect([...plan.refused]).toEqual([[1, 7]]);
    expect(shape(plan.blocks(60_999))).toEqual(["1/hr:0+1", "1/hr:2+1"]);
    expect(shape(plan.blocks(61_000))).toEqual(["1/hr:0+1", "1/hr:2+1", "1/hr:1+1"]);
    expect(shape(plan.blocks(61_001))).toEqual(["1/hr:0+1", "1/hr:2+1"]);
    expect(plan.refuse(1, 7, 61_001)).toBe(false);
    expect(shape(plan.blocks(121_001))).toHaveLength(3);
  });

  it("merges again when the device has been repaired", () => {
    const plan = createGroupPlan(fieldsOf("hr:0", "hr:1", "hr:2"), limits);
    plan.refuse(1, 7, 0);
    const probe = plan.blocks(60_000).find(({ probed }) => probed === 1);
    expect(probe).toBeDefined();
    if (probe !== undefined) plan.answered(probe);
    expect(plan.refused.size).toBe(0);
    expect(shape(plan.blocks(60_001))).toEqual(["1/hr:0+3"]);
  });

  it("takes an array back only when all of it was answered", () => {
    const plan = createGroupPlan(fieldsOf("hr:0,INT16[200]"), limits);
    plan.refuse(0, 7, 0);
    plan.probeAll();
    const probes = plan.blocks(1);
    expect(shape(probes)).toEqual(["1/hr:0+125", "1/hr:125+75"]);
    for (const [i, block] of probes.entries()) {
      expect(plan.refused.size).toBe(1);
      plan.answered(block);
      expect(plan.refused.size).toBe(1 - i);
    }
  });

  it("probes no more than four refused addresses in one scan", () => {
    const plan = createGroupPlan(fieldsOf("hr:0", "hr:100", "hr:200", "hr:300", "hr:400", "hr:500"), limits);
    for (let item = 0; item < 6; item += 1) plan.refuse(item, 7, 0);
    plan.probeAll();
    expect(plan.blocks(1)).toHaveLength(4);
    expect(plan.blocks(2)).toHaveLength(2);
    expect(plan.blocks(3)).toHaveLength(0);
  });

  it("keeps apart what the device does not answer together", () => {
    const plan = createGroupPlan(fieldsOf("hr:0", "hr:1", "hr:10", "hr:11"), limits);
    const [whole] = plan.blocks(0);
    expect(whole?.quantity).toBe(12);
    const halves = whole === undefined ? undefined : halve(whole, fieldsOf("hr:0", "hr:1", "hr:10", "hr:11"));
    expect(shape(halves ?? [])).toEqual(["1/hr:0+2", "1/hr:10+2"]);
    if (halves !== undefined) plan.keepApart(halves[1]);
    expect(shape(plan.blocks(0))).toEqual(["1/hr:0+2", "1/hr:10+2"]);
  });

  it("halves in the middle where there is no gap, and not at all where there is one item", () => {
    const fields = fieldsOf("hr:0", "hr:1", "hr:2", "hr:3", "hr:4,INT16[10]");
    const [whole] = createGroupPlan(fields, limits).blocks(0);
    if (whole === undefined) throw new TypeError("no block");
    const halves = halve(whole, fields);
    expect(shape(halves ?? [])).toEqual(["1/hr:0+2", "1/hr:2+12"]);
    expect(halves?.[1].slices.map(({ at, item }) => [item, at])).toEqual([
      [2, 0],
      [3, 1],
      [4, 2],
    ]);
    expect(halve({ ...whole, slices: whole.slices.slice(4) }, fields)).toBeUndefined();
  });

  it("loses no slice and asks for nothing new when it halves", () => {
    const starts = fc.uniqueArray(fc.integer({ min: 0, max: 100 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(starts, (all) => {
        const fields = fieldsOf(...all.map((start) => `hr:${start},UINT32`));
        for (const block of createGroupPlan(fields, limits).blocks(0)) {
          const halves = halve(block, fields);
          if (halves === undefined) continue;
          const places = (of: Block) => of.slices.map(({ at, item }) => [item, of.start + at]);
          expect([...places(halves[0]), ...places(halves[1])]).toEqual(places(block));
          for (const half of halves) {
            expect(half.start).toBeGreaterThanOrEqual(block.start);
            expect(half.start + half.quantity).toBeLessThanOrEqual(block.start + block.quantity);
          }
        }
      }),
    );
  });
});
