import { halve, type PlannedItem, packJobs, planReads, type S7Address } from "@stethos/protocol-finger/s7";
import { buildReadJob, type ReadJob, type RefusedItem } from "@stethos/protocol-finger/wire";
import { type RawBatch, rawColumns } from "../../core/reading.ts";
import type { TimeUs } from "../../core/time.ts";
import { createRowDecoder } from "./decode.ts";
import type { S7Limits } from "./limits.ts";
import type { S7Link } from "./link.ts";
import { type Refusal, refusalOf } from "./status.ts";

/** The requests of one scan group over one session, and what the device refused of it so far. */
export interface GroupReads {
  /** Read everything that is not known to be refused. One call at a time.
   *  @returns rows whose address was refused for the first time, with the reason
   *  @throws as S7Link.run */
  read(link: S7Link, signal: AbortSignal): Promise<RefusedRow[]>;
  /** A row that the last read brought nothing for, one with a diagnosis before others; undefined where all is well. */
  trouble(): RefusedRow | undefined;
  /** The values that the last read brought. */
  decode(nowUs: TimeUs): RawBatch;
}

export interface RefusedRow {
  readonly row: number;
  readonly refusal: Refusal;
}

interface GroupOptions {
  readonly pduSize: number;
  readonly maxMergeGap: number;
  readonly refusedRetryMs: number;
}

type Refused = RefusedItem<PlannedItem>;
type Job = ReadJob<PlannedItem>;

/** What to send, and where the answers go. */
interface Prepared {
  readonly maxReadBytes: number;
  readonly jobs: readonly Job[];
  readonly image: Buffer;
  readonly view: DataView;
  readonly positions: Uint32Array;
}

/** @param tags of each row: its index in the plan */
export function createGroupReads(
  addresses: readonly S7Address[],
  tags: Uint32Array,
  options: GroupOptions,
  limits: S7Limits,
  monotonicMs: () => number,
): GroupReads {
  const { pduSize } = options;
  const decoders = addresses.map(createRowDecoder);
  /** Of each row: 0, or why the last read brought nothing. */
  const status = new Uint32Array(addresses.length);
  const reported = new Set<number>();
  let prepared = prepare(addresses, options, limits.maxReadBytes);
  let jobs: readonly Job[] = prepared.jobs;
  /** Rows that are left out of `jobs`. */
  let holes = new Map<number, Refusal>();
  let retryAtMs = Number.POSITIVE_INFINITY;
  /** Rows that the last read brought nothing for, through no fault of their address. */
  let passing: RefusedRow[] = [];

  async function read(link: S7Link, signal: AbortSignal): Promise<RefusedRow[]> {
    if (prepared.maxReadBytes !== limits.maxReadBytes) prepareAgain();
    else if (monotonicMs() >= retryAtMs) forget();
    const refused = await readGently(link, signal);
    status.fill(0);
    passing = [];
    if (refused.length > 0) await isolate(link, refused, signal);
    if (passing.length === 0) limits.wentWell();
    for (const [row, refusal] of holes) status[row] = refusal.status;
    return news();
  }

  /** Reads `jobs`; where the device says that they are too long or too many at once, again with less. */
  async function readGently(link: S7Link, signal: AbortSignal): Promise<Refused[]> {
    for (;;) {
      const refused = await link.run(jobs, prepared.image, signal);
      const blames = new Set(refused.map(({ code }) => refusalOf(code).blames));
      if (blames.has("length") && limits.tooLong(longestRefused(jobs, refused))) prepareAgain();
      else if (!blames.has("load") || !limits.overloaded()) return refused;
    }
  }

  function prepareAgain(): void {
    prepared = prepare(addresses, options, limits.maxReadBytes);
    forget();
  }

  function forget(): void {
    jobs = prepared.jobs;
    holes = new Map();
    retryAtMs = Number.POSITIVE_INFINITY;
  }

  /** Halve each refused range until the rows at fault stand alone; they are left out from then on. */
  async function isolate(link: S7Link, refused: readonly Refused[], signal: AbortSignal): Promise<void> {
    const kept = new Set(jobs.flatMap((job) => job.items));
    const found = new Map(holes);
    let doubtful = refused;
    while (doubtful.length > 0) {
      const parts = divide(doubtful, kept, found);
      for (const part of parts) kept.add(part);
      doubtful = parts.length === 0 ? [] : await link.run(pack(parts), prepared.image, signal);
    }
    if (found.size === holes.size) return;
    // Pieces of a large array, of which another piece was refused, are of no use.
    jobs = pack([...kept].filter((item) => item.rows.some((row) => !found.has(row))));
    holes = found;
    retryAtMs = monotonicMs() + options.refusedRetryMs;
  }

  const pack = (items: readonly PlannedItem[]): Job[] =>
    packJobs(items, { pduSize, maxReadBytes: prepared.maxReadBytes }).map(buildReadJob);

  /** What to ask next: the halves of refused ranges of several rows. Refused rows go to `found`. */
  function divide(
    refused: readonly Refused[],
    kept: Set<PlannedItem>,
    found: Map<number, Refusal>,
  ): PlannedItem[] {
    const parts: PlannedItem[] = [];
    for (const { item, code } of refused) {
      const refusal = refusalOf(code);
      if (refusal.blames !== "address") markPassing(item, refusal);
      else {
        kept.delete(item);
        const [row] = item.rows;
        if (item.rows.length > 1) parts.push(...halve(item, addresses));
        else if (row !== undefined) found.set(row, refusal);
      }
    }
    return parts;
  }

  function markPassing(item: PlannedItem, refusal: Refusal): void {
    for (const row of item.rows) {
      status[row] = refusal.status;
      passing.push({ row, refusal });
    }
  }

  function news(): RefusedRow[] {
    const fresh: RefusedRow[] = [];
    for (const [row, refusal] of holes) {
      if (reported.has(row)) continue;
      reported.add(row);
      fresh.push({ row, refusal });
    }
    return fresh;
  }

  function trouble(): RefusedRow | undefined {
    const rows = [...passing, ...[...holes].map(([row, refusal]) => ({ row, refusal }))];
    return rows.find(({ refusal }) => refusal.diagnosis !== undefined) ?? rows[0];
  }

  function decode(nowUs: TimeUs): RawBatch {
    const out = rawColumns(addresses.length, nowUs);
    const { view, positions } = prepared;
    out.tag.set(tags);
    for (let row = 0; row < decoders.length; row += 1) {
      const bad = status[row] ?? 0;
      if (bad === 0) decoders[row]?.(view, positions[row] ?? 0, out, row);
      else out.status[row] = bad;
    }
    return out;
  }

  return { read, trouble, decode };
}

function prepare(addresses: readonly S7Address[], options: GroupOptions, maxReadBytes: number): Prepared {
  const { pduSize, maxMergeGap } = options;
  const plan = planReads(addresses, { pduSize, maxReadBytes, maxMergeGap });
  const image = Buffer.alloc(plan.imageBytes);
  return {
    maxReadBytes,
    jobs: plan.jobs.map(buildReadJob),
    image,
    view: new DataView(image.buffer, image.byteOffset, image.byteLength),
    positions: plan.positions,
  };
}

/** Bytes of the longest request that was refused because of its length. */
function longestRefused(jobs: readonly Job[], refused: readonly Refused[]): number {
  let longest = 0;
  for (const { item, code } of refused) {
    if (refusalOf(code).blames !== "length") continue;
    const items = jobs.find((job) => job.items.includes(item))?.items ?? [];
    longest = Math.max(
      longest,
      items.reduce((bytes, one) => bytes + one.length, 0),
    );
  }
  return longest;
}
