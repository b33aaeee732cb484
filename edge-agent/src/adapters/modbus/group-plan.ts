import { isBitTable, type Table } from "@stethos/protocol-finger/modbus";
import type { Field } from "./field.ts";
import { mergeRuns, type Run, type Slice, type Span } from "./merge.ts";
import type { ReadRequest } from "./request.ts";

/** One request of a scan and the rows it fills. */
export interface Block extends ReadRequest {
  readonly slices: readonly Slice[];
  /** Set where the device refused this item before and is asked again. */
  readonly probed: number | undefined;
}

/** The requests that read a group of tags, and what the device taught about them: addresses it refuses, and places
 *  where one request must not reach across. Later scans ask accordingly, with the fewest requests again. */
export interface GroupPlan {
  /** Items that are not asked for now, and the status that says why. */
  readonly refused: ReadonlyMap<number, number>;
  /** The requests of a scan at `nowMs`: all of the plan, and now and then one for an item refused earlier. */
  blocks(nowMs: number): readonly Block[];
  /** The device refused `item` itself. @returns false when that was known */
  refuse(item: number, status: number, nowMs: number): boolean;
  /** The halves of a block were answered where the whole was not. */
  keepApart(right: Block): void;
  /** The device does not give as much as `block` at once, but `quantity`. */
  shorten(block: Block, quantity: number): void;
  answered(block: Block): void;
  /** The most registers that the device gives at once, where it has refused more. */
  readonly mostRegisters: number | undefined;
  /** Ask for all refused items again, a few in each scan: the device may have been repaired. */
  probeAll(): void;
}

export interface PlanLimits {
  readonly maxRegisters: number;
  readonly maxBits: number;
  readonly maxGap: number;
}

/** A refused address is asked for again after a minute, four in one scan at most: a request each. */
const PROBE_EVERY_MS = 60_000;
const PROBES_PER_SCAN = 4;

export function createGroupPlan(fields: readonly Field[], limits: PlanLimits): GroupPlan {
  const refused = new Map<number, number>();
  const probeAtMs = new Map<number, number>();
  /** Answers that a probe still needs. */
  const probeLeft = new Map<number, number>();
  const barriers = new Map<string, number[]>();
  const shortened = new Map<string, number>();
  let planned: readonly Block[] | undefined;

  function plan(): Block[] {
    const wanted = [...fields.keys()].filter((item) => !refused.has(item));
    return [...Map.groupBy(wanted, keyOf).values()].flatMap((items) => blocksOf(items, undefined));
  }

  const keyOf = (item: number): string => tableKey(fields[item]);

  /** @param items of one table of one unit */
  function blocksOf(items: readonly number[], probed: number | undefined): Block[] {
    const first = fields[items[0] ?? -1];
    if (first === undefined) return [];
    const runs = new Map<number, Run>();
    for (const item of items) {
      const field = fields[item];
      if (field !== undefined) runs.set(item, field);
    }
    const table = tableKey(first);
    const { maxGap, most } = limitsOf(first.table, limits);
    const spans = mergeRuns(runs, {
      most: Math.min(most, shortened.get(table) ?? most),
      maxGap,
      barriers: barriers.get(table) ?? [],
    });
    return spans.map((span) => blockOf(span, first, probed));
  }

  function probes(nowMs: number): Block[] {
    const due = [...refused.keys()].filter((item) => (probeAtMs.get(item) ?? 0) <= nowMs);
    return due.slice(0, PROBES_PER_SCAN).flatMap((item) => {
      const blocks = blocksOf([item], item);
      probeAtMs.set(item, nowMs + PROBE_EVERY_MS);
      probeLeft.set(item, blocks.length);
      return blocks;
    });
  }

  return {
    refused,
    blocks(nowMs) {
      planned ??= plan();
      return refused.size === 0 ? planned : [...planned, ...probes(nowMs)];
    },
    refuse(item, status, nowMs) {
      const isNew = !refused.has(item);
      if (isNew) planned = undefined;
      refused.set(item, status);
      probeAtMs.set(item, nowMs + PROBE_EVERY_MS);
      const field = fields[item];
      // Nobody may read across it either.
      if (isNew && field !== undefined) addBarrier(barriers, keyOf(item), field.start);
      return isNew;
    },
    keepApart(right) {
      addBarrier(barriers, tableKey(right), right.start);
      planned = undefined;
    },
    shorten(block, quantity) {
      const known = shortened.get(tableKey(block)) ?? 0;
      // Blocks of the same scan were cut before the first of them taught something: the most that went well counts.
      shortened.set(tableKey(block), block.quantity > known ? Math.max(known, quantity) : quantity);
      planned = undefined;
    },
    answered({ probed }) {
      if (probed === undefined) return;
      const left = (probeLeft.get(probed) ?? 1) - 1;
      probeLeft.set(probed, left);
      if (left > 0) return;
      // The device has changed: what was learnt about this table may be wrong by now.
      refused.delete(probed);
      barriers.delete(keyOf(probed));
      shortened.delete(keyOf(probed));
      planned = undefined;
    },
    get mostRegisters() {
      const found = [...shortened].filter(([key]) => !isBitKey(key)).map(([, quantity]) => quantity);
      return found.length === 0 ? undefined : Math.min(...found);
    },
    probeAll() {
      probeAtMs.clear();
    },
  };
}

const tableKey = (of: Pick<Field, "table" | "unit"> | undefined): string => `${of?.unit}/${of?.table}`;

const isBitKey = (key: string): boolean => key.endsWith("/coil") || key.endsWith("/di");

const limitsOf = (table: Table, limits: PlanLimits) =>
  isBitTable(table)
    ? // As many bytes to carry along as for registers.
      { most: limits.maxBits, maxGap: limits.maxGap * 16 }
    : { most: limits.maxRegisters, maxGap: limits.maxGap };

const blockOf = (span: Span, { table, unit }: Field, probed: number | undefined): Block => ({
  ...span,
  table,
  unit,
  probed,
});

function addBarrier(barriers: Map<string, number[]>, key: string, at: number): void {
  const known = barriers.get(key) ?? [];
  if (!known.includes(at)) barriers.set(key, [...known, at]);
}

/** Two requests for the rows of one: cut at the widest gap, because what nobody asked for is the likeliest to be
 *  missing in the device; nearest to the middle where gaps are equal.
 *  @returns undefined when the block brings a single item */
export function halve(block: Block, fields: readonly Field[]): readonly [Block, Block] | undefined {
  const { slices } = block;
  if (slices.length < 2) return undefined;
  const cut = cutOf(slices, fields);
  return [part(block, slices.slice(0, cut), fields), part(block, slices.slice(cut), fields)];
}

function cutOf(slices: readonly Slice[], fields: readonly Field[]): number {
  const middle = slices.length / 2;
  let best = 1;
  let widest = Number.NEGATIVE_INFINITY;
  let end = 0;
  for (const [i, slice] of slices.entries()) {
    const gap = Math.max(0, slice.at - end);
    const isBetter = gap > widest || (gap === widest && Math.abs(i - middle) < Math.abs(best - middle));
    if (i > 0 && isBetter) {
      best = i;
      widest = gap;
    }
    end = Math.max(end, endOf(slice, fields));
  }
  return best;
}

const endOf = (slice: Slice, fields: readonly Field[]): number =>
  slice.at + slice.count * (fields[slice.item]?.width ?? 1);

function part(block: Block, slices: readonly Slice[], fields: readonly Field[]): Block {
  const from = slices[0]?.at ?? 0;
  const to = Math.max(...slices.map((slice) => endOf(slice, fields)));
  return {
    ...block,
    start: block.start + from,
    quantity: to - from,
    slices: slices.map((slice) => ({ ...slice, at: slice.at - from })),
  };
}
