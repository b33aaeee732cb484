import type { S7Address } from "@stethos/protocol-finger/s7";
import { type RawBatch, rawColumns } from "../../core/reading.ts";
import type { TimeUs } from "../../core/time.ts";
import { createRowDecoder } from "./decode.ts";
import type { S7Link } from "./link.ts";
import { halve, packJobs, planReads, type ReadItem } from "./read-plan.ts";
import type { RefusedItem } from "./reply.ts";
import { buildJob, type ReadJob } from "./request.ts";
import type { Refusal } from "./status.ts";

/** The requests of one scan group over one session, and what the device refused of it so far. */
export interface GroupReads {
  /** Read everything that is not known to be refused. One call at a time.
   *  @returns rows whose address was refused for the first time, with the reason
   *  @throws as S7Link.run */
  read(link: S7Link, signal: AbortSignal): Promise<NewRefusal[]>;
  /** The values that the last read brought. */
  decode(nowUs: TimeUs): RawBatch;
}

export interface NewRefusal {
  readonly row: number;
  readonly refusal: Refusal;
}

interface GroupOptions {
  readonly pduSize: number;
  readonly maxMergeGap: number;
  readonly refusedRetryMs: number;
}

/** @param tags of each row: its index in the plan */
export function createGroupReads(
  addresses: readonly S7Address[],
  tags: Uint32Array,
  options: GroupOptions,
  monotonicMs: () => number,
): GroupReads {
  const { pduSize } = options;
  const plan = planReads(addresses, pduSize, options.maxMergeGap);
  const whole = plan.jobs.map(buildJob);
  const image = Buffer.alloc(plan.imageBytes);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const decoders = addresses.map(createRowDecoder);
  /** Of each row: 0, or why the last read brought nothing. */
  const status = new Uint32Array(addresses.length);
  const reported = new Set<number>();
  let jobs: readonly ReadJob[] = whole;
  /** Rows that are left out of `jobs`. */
  let holes = new Map<number, Refusal>();
  let retryAtMs = Number.POSITIVE_INFINITY;

  async function read(link: S7Link, signal: AbortSignal): Promise<NewRefusal[]> {
    if (monotonicMs() >= retryAtMs) forget();
    const refused = await link.run(jobs, image, signal);
    status.fill(0);
    if (refused.length > 0) await isolate(link, refused, signal);
    for (const [row, refusal] of holes) status[row] = refusal.status;
    return news();
  }

  function forget(): void {
    jobs = whole;
    holes = new Map();
    retryAtMs = Number.POSITIVE_INFINITY;
  }

  /** Halve each refused range until the rows at fault stand alone; they are left out from then on. */
  async function isolate(link: S7Link, refused: readonly RefusedItem[], signal: AbortSignal): Promise<void> {
    const kept = new Set(jobs.flatMap((job) => job.items));
    const found = new Map(holes);
    let doubtful = refused;
    while (doubtful.length > 0) {
      const parts = divide(doubtful, kept, found);
      for (const part of parts) kept.add(part);
      doubtful =
        parts.length === 0 ? [] : await link.run(packJobs(parts, pduSize).map(buildJob), image, signal);
    }
    if (found.size === holes.size) return;
    // Pieces of a large array, of which another piece was refused, are of no use.
    const useful = [...kept].filter((item) => item.rows.some((row) => !found.has(row)));
    jobs = packJobs(useful, pduSize).map(buildJob);
    holes = found;
    retryAtMs = monotonicMs() + options.refusedRetryMs;
  }

  /** What to ask next: the halves of refused ranges of several rows. Refused rows go to `found`. */
  function divide(
    refused: readonly RefusedItem[],
    kept: Set<ReadItem>,
    found: Map<number, Refusal>,
  ): ReadItem[] {
    const parts: ReadItem[] = [];
    for (const { item, refusal } of refused) {
      if (!refusal.isAddress) for (const row of item.rows) status[row] = refusal.status;
      else {
        kept.delete(item);
        const [row] = item.rows;
        if (item.rows.length > 1) parts.push(...halve(item, addresses));
        else if (row !== undefined) found.set(row, refusal);
      }
    }
    return parts;
  }

  function news(): NewRefusal[] {
    const fresh: NewRefusal[] = [];
    for (const [row, refusal] of holes) {
      if (reported.has(row)) continue;
      reported.add(row);
      fresh.push({ row, refusal });
    }
    return fresh;
  }

  function decode(nowUs: TimeUs): RawBatch {
    const out = rawColumns(addresses.length, nowUs);
    out.tag.set(tags);
    for (let row = 0; row < decoders.length; row += 1) {
      const bad = status[row] ?? 0;
      if (bad === 0) decoders[row]?.(view, plan.positions[row] ?? 0, out, row);
      else out.status[row] = bad;
    }
    return out;
  }

  return { read, decode };
}
