import { packJobs } from "../s7/pack-jobs.ts";
import { longestItem, type ReadLimits } from "../s7/read-room.ts";
import {
  buildReadJob,
  type ReadItem,
  type ReadJob,
  type RefusedItem,
  type S7Range,
} from "../wire/s7-read.ts";

/** What one range brought: its bytes, or the code with which the controller refused it. */
export type S7RangeResult = { readonly bytes: Buffer } | { readonly refusal: number };

/** Requests for a list of ranges, and the memory that their answers go to. */
export interface RangeReads {
  readonly jobs: readonly ReadJob<RangePiece>[];
  readonly image: Buffer;
  /** What has come, a result a range. */
  results(refused: readonly RefusedItem<RangePiece>[]): S7RangeResult[];
}

/** A range, or a piece of one that is longer than a request can hold. */
export interface RangePiece extends ReadItem {
  /** Index of its range. */
  readonly range: number;
}

export function planRanges(ranges: readonly S7Range[], limits: ReadLimits): RangeReads {
  const most = longestItem(limits);
  const pieces: RangePiece[] = [];
  let image = 0;
  for (const [range, { area, db, start, length }] of ranges.entries()) {
    for (let done = 0; done < length; done += most) {
      const bytes = Math.min(most, length - done);
      pieces.push({ area, db, start: start + done, length: bytes, image: image + done, range });
    }
    image += length;
  }
  const bytes = Buffer.alloc(image);
  return {
    jobs: packJobs(pieces, limits).map(buildReadJob),
    image: bytes,
    results: (refused) => resultsOf(ranges, bytes, refused),
  };
}

function resultsOf(
  ranges: readonly S7Range[],
  image: Buffer,
  refused: readonly RefusedItem<RangePiece>[],
): S7RangeResult[] {
  let at = 0;
  return ranges.map(({ length }, range) => {
    const refusal = refused.find(({ item }) => item.range === range);
    at += length;
    return refusal === undefined ? { bytes: image.subarray(at - length, at) } : { refusal: refusal.code };
  });
}
