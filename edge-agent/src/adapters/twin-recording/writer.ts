import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { decodeTwin } from "../../core/twin-delta.ts";
import { encodeRecord } from "./records.ts";
import { segmentFile } from "./segment-name.ts";
import { closeSegment, type Segment } from "./segments.ts";

/** The segment that is being written. */
export interface OpenSegment extends Segment {
  readonly epoch: number;
}

export interface SegmentWriter {
  readonly current: OpenSegment | undefined;
  /** @returns the segment that ended before it, if one did */
  write(message: Uint8Array<ArrayBuffer>): Promise<Segment | undefined>;
  /** Ends the segment behind its last whole record. */
  end(): Promise<Segment | undefined>;
}

export interface WriterOptions {
  readonly folder: string;
  /** A segment ends at the first snapshot after so long, or so many bytes. */
  readonly segmentMs: number;
  readonly segmentBytes: number;
}

export function createSegmentWriter({ folder, segmentMs, segmentBytes }: WriterOptions): SegmentWriter {
  let current: OpenSegment | undefined;
  let handle: FileHandle | undefined;

  async function begin(message: TwinHead): Promise<void> {
    const { timeMs: fromMs, layoutHash, epoch } = message;
    const path = join(folder, segmentFile({ fromMs, toMs: undefined, layoutHash }));
    handle = await open(path, "wx");
    current = { path, fromMs, toMs: fromMs, layoutHash, epoch, bytes: 0 };
  }

  const isFull = (segment: OpenSegment, { timeMs, epoch, layoutHash }: TwinHead): boolean =>
    timeMs - segment.fromMs >= segmentMs ||
    // The clock was set back.
    timeMs < segment.toMs ||
    segment.bytes >= segmentBytes ||
    epoch !== segment.epoch ||
    layoutHash !== segment.layoutHash;

  async function end(): Promise<Segment | undefined> {
    const [ended, file] = [current, handle];
    current = undefined;
    handle = undefined;
    if (ended === undefined || file === undefined) return undefined;
    try {
      // What a failed write left behind the last whole record.
      await file.truncate(ended.bytes);
    } finally {
      await file.close();
    }
    const { epoch: _, ...segment } = ended;
    return closeSegment(folder, segment.path, segment, segment.bytes);
  }

  return {
    get current() {
      return current;
    },
    async write(message) {
      const head = headOf(message);
      const ended =
        current !== undefined && head.kind === "snapshot" && isFull(current, head) ? await end() : undefined;
      if (current === undefined) await begin(head);
      const record = encodeRecord(message);
      await handle?.appendFile(record);
      if (current !== undefined)
        current = {
          ...current,
          toMs: Math.max(current.toMs, head.timeMs),
          bytes: current.bytes + record.length,
        };
      return ended;
    },
    end,
  };
}

interface TwinHead {
  readonly kind: "delta" | "snapshot";
  readonly epoch: number;
  readonly timeMs: number;
  readonly layoutHash: number;
}

/** @throws TypeError for what cannot be replayed: that is a mistake of this program */
function headOf(message: Uint8Array<ArrayBuffer>): TwinHead {
  const decoded = decodeTwin(message.buffer);
  if (decoded.kind === "delta" || decoded.kind === "snapshot") return decoded;
  throw new TypeError(`a ${decoded.kind} is not recorded`);
}
