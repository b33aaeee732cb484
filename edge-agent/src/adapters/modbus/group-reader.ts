import { type RawBatch, type RawColumns, rawColumns } from "../../core/reading.ts";
import type { DriverDeps } from "../../ports/driver.ts";
import type { Asker } from "./asker.ts";
import { decodeSlice, markBad } from "./decode.ts";
import { eachInFlight } from "./each-in-flight.ts";
import type { ExceptionMeaning } from "./exceptions.ts";
import type { Field } from "./field.ts";
import { type Block, type GroupPlan, halve } from "./group-plan.ts";
import { requestText } from "./request.ts";

/** A group of tags and how to read it. Item i of the plan is field i, tag `tags[i]` and row i. */
export interface Group {
  readonly tags: Uint32Array;
  readonly fields: readonly Field[];
  readonly plan: GroupPlan;
}

export interface GroupReaderOptions {
  readonly jobsInFlight: number;
  /** How many units the plan asks. */
  readonly units: number;
}

/** So many refused blocks are taken apart in one scan; the others wait for the next one. */
const SPLITS_PER_SCAN = 64;

/** One scan of one group. What the device refuses becomes a bad row; only a lost line throws. */
export async function readGroup(
  group: Group,
  asker: Asker,
  options: GroupReaderOptions,
  { clock, logger }: DriverDeps,
  signal: AbortSignal,
): Promise<RawBatch> {
  const { fields, plan, tags } = group;
  const columns = rawColumns(fields.length, clock.nowUs());
  columns.tag.set(tags);
  const blocks = plan.blocks(clock.monotonicMs());
  const probed = new Set(blocks.map((block) => block.probed));
  for (const [item, status] of plan.refused) if (!probed.has(item)) markBad(columns, item, status);
  const silent = new Map<number, number>();
  let splits = 0;

  /** @returns true when the device answered the block as a whole */
  async function read(block: Block): Promise<boolean> {
    const known = silent.get(block.unit);
    if (known !== undefined) return spoil(block, known);
    const answer = await asker.ask(block, signal);
    if (answer.kind === "refused") return await refused(block, answer.meaning);
    if (answer.kind === "silent") {
      // The rest of this scan goes to the other units; a device with a single one gets another chance.
      if (options.units > 1) silent.set(block.unit, answer.status);
      return spoil(block, answer.status);
    }
    fill(block, answer.view, columns);
    plan.answered(block);
    return true;
  }

  function fill(block: Block, view: DataView, into: RawColumns): void {
    const answered = { view, timeUs: clock.nowUs() };
    for (const slice of block.slices) {
      const field = fields[slice.item];
      if (field !== undefined) decodeSlice(field, slice, answered, into);
    }
  }

  function spoil(block: Block, status: number): false {
    for (const slice of block.slices) markBad(columns, slice.item, status);
    return false;
  }

  async function refused(block: Block, meaning: ExceptionMeaning): Promise<false> {
    if (meaning.kind !== "address" && meaning.kind !== "quantity") return spoil(block, meaning.status);
    const halves = halve(block, fields);
    if (halves === undefined) return refuseItem(block, meaning);
    if (splits >= SPLITS_PER_SCAN) return spoil(block, meaning.status);
    splits += 1;
    const [left, right] = halves;
    const isLeftGood = await read(left);
    const isRightGood = await read(right);
    if (isLeftGood && isRightGood) learn(block, left, right, meaning);
    return false;
  }

  function learn(block: Block, left: Block, right: Block, { kind, reason }: ExceptionMeaning): void {
    const asked = requestText(block);
    if (kind === "quantity") {
      plan.shorten(block, Math.max(left.quantity, right.quantity));
      logger.info({ asked, reason }, "modbus device gives less at once, asking for less");
    } else {
      plan.keepApart(right);
      logger.info({ asked, reason }, "modbus hole found, reading around it");
    }
  }

  function refuseItem(block: Block, { reason, status }: ExceptionMeaning): false {
    const item = block.slices[0]?.item ?? -1;
    const isNew = plan.refuse(item, status, clock.monotonicMs());
    if (isNew) logger.warn({ tag: tags[item], asked: requestText(block), reason }, "modbus address refused");
    return spoil(block, status);
  }

  await eachInFlight(blocks, options.jobsInFlight, read);
  return columns;
}
