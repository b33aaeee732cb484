import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import type { Clock } from "@stethos/protocol-finger/clock";
import { describeError, EdgeError } from "../../core/errors.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import type { TwinFramesQuery, TwinRecording, TwinSpan } from "../../ports/twin-recording.ts";
import { createPlayer } from "./player.ts";
import { readRecords, recordPlaces } from "./records.ts";
import { findSegments, type Segment } from "./segments.ts";
import { createSegmentWriter } from "./writer.ts";

export interface TwinRecordingOptions {
  /** Made where it is missing; holds nothing else. */
  readonly folder: string;
  /** What is older goes, and of the rest the oldest until no more bytes are left. */
  readonly keepHours: number;
  readonly mostBytes: number;
}

export interface TwinRecordingDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

export const defaultTwinRecording = { keepHours: 8, mostBytes: 256 * 1024 * 1024 } as const;

const SEGMENT_MS = 10 * 60_000;
/** What retention by bytes takes away at a time. */
const SEGMENTS_OF_ALL = 8;
const MOST_WAITING_BYTES = 32 * 1024 * 1024;
const HOUR_MS = 3_600_000;
/** A plant in which nothing changes leaves a snapshot a minute; what is further apart was not recorded. */
const MOST_QUIET_MS = 90_000;

/** @throws EdgeError DATA_INVALID where the folder cannot be read */
export async function createTwinRecording(
  { folder, keepHours, mostBytes }: TwinRecordingOptions,
  { clock, logger, telemetry }: TwinRecordingDeps,
): Promise<TwinRecording> {
  const closed = await prepare(folder);
  const writer = createSegmentWriter({
    folder,
    segmentMs: SEGMENT_MS,
    segmentBytes: mostBytes / SEGMENTS_OF_ALL,
  });
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  let waitingBytes = 0;
  let writing: Promise<void> | undefined;
  let needsSnapshot = true;
  let isFailing = false;
  let isClosed = false;
  let recorded = 0;
  let dropped = 0;

  const segments = (): Segment[] =>
    writer.current === undefined ? [...closed] : [...closed, writer.current];
  const bytes = (): number => segments().reduce((sum, segment) => sum + segment.bytes, 0);

  function countDropped(count: number): void {
    dropped += count;
    telemetry.emit({ kind: "dropped", queue: "twin-recording", count });
  }

  function keep(ended: Segment | undefined): void {
    if (ended === undefined) return;
    closed.push(ended);
    closed.sort((a, b) => a.fromMs - b.fromMs);
  }

  async function prune(): Promise<void> {
    const oldestMs = clock.nowUs() / 1000 - keepHours * HOUR_MS;
    for (let [first] = closed; first !== undefined; [first] = closed) {
      if (first.toMs >= oldestMs && bytes() <= mostBytes) return;
      closed.shift();
      await rm(first.path, { force: true });
    }
  }

  async function writeAll(): Promise<void> {
    for (let [message] = waiting; message !== undefined; [message] = waiting) {
      try {
        keep(await writer.write(message));
        await prune();
        recorded += 1;
        if (isFailing) logger.info({ folder }, "the twin is recorded again");
        isFailing = false;
      } catch (thrown) {
        await giveUp(thrown);
      }
      waitingBytes -= waiting.shift()?.length ?? 0;
    }
    writing = undefined;
  }

  /** What waits follows on what could not be written. */
  async function giveUp(thrown: unknown): Promise<void> {
    needsSnapshot = true;
    countDropped(waiting.length);
    waiting.length = 1;
    waitingBytes = waiting[0]?.length ?? 0;
    if (!isFailing) {
      const fields = { folder, err: describeError(thrown) };
      logger.error(
        fields,
        "the twin cannot be recorded; free disk space or check the folder, it is tried again",
      );
    }
    isFailing = true;
    await endSegment();
  }

  async function endSegment(): Promise<void> {
    try {
      keep(await writer.end());
    } catch (thrown) {
      logger.debug({ err: describeError(thrown) }, "a segment of the twin could not be ended");
    }
  }

  async function* frames(query: TwinFramesQuery, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const player = createPlayer(query.fromMs, query.stepMs);
    const [first, ...others] = segmentsFor(segments(), query);
    if (first !== undefined) yield* played(first, query.fromMs);
    for (const segment of others) yield* played(segment, Number.NEGATIVE_INFINITY);
    const last = player.end();
    if (last !== undefined) yield last;

    async function* played(segment: Segment, fromMs: number): AsyncGenerator<Uint8Array> {
      const handle = await openSegment(segment, segments);
      if (handle === undefined) return;
      try {
        for await (const message of readRecords(handle, await snapshotAt(handle, fromMs, signal), signal)) {
          if (message.timeMs > query.toMs) return;
          const done = player.take(message);
          if (done !== undefined) yield done;
        }
      } finally {
        await handle.close();
      }
    }
  }

  await prune();
  return {
    append(message) {
      const isSnapshot = message[0] === 1;
      const isTooMuch = waitingBytes > 0 && waitingBytes + message.length > MOST_WAITING_BYTES;
      if (isClosed || isTooMuch || (needsSnapshot && !isSnapshot)) {
        needsSnapshot = true;
        countDropped(1);
        return false;
      }
      needsSnapshot = false;
      waiting.push(message);
      waitingBytes += message.length;
      writing ??= writeAll();
      return true;
    },
    spans: () => spansOf(segments()),
    frames,
    get statistics() {
      return { bytes: bytes(), recorded, dropped };
    },
    async close() {
      isClosed = true;
      await writing;
      await endSegment();
    },
  };
}

async function prepare(folder: string): Promise<Segment[]> {
  try {
    await mkdir(folder, { recursive: true });
    return await findSegments(folder);
  } catch (cause) {
    throw new EdgeError(
      "DATA_INVALID",
      `the recordings of the twin in ${folder} cannot be read (${describeError(cause)}); check the folder's permissions`,
      { cause },
    );
  }
}

function spansOf(segments: readonly Segment[]): TwinSpan[] {
  const spans: TwinSpan[] = [];
  for (const { fromMs, toMs, layoutHash } of segments) {
    const last = spans.at(-1);
    const goesOn = last?.layoutHash === layoutHash && fromMs - last.toMs <= MOST_QUIET_MS;
    if (last !== undefined && goesOn) spans[spans.length - 1] = { ...last, toMs: Math.max(last.toMs, toMs) };
    else spans.push({ fromMs, toMs, layoutHash });
  }
  return spans;
}

/** Those that the stretch touches, from the last that began before it. */
function segmentsFor(segments: readonly Segment[], { fromMs, toMs }: TwinFramesQuery): Segment[] {
  const touching = segments.filter(
    (segment) => segment.toMs + MOST_QUIET_MS >= fromMs && segment.fromMs <= toMs,
  );
  return touching.slice(
    Math.max(
      0,
      touching.findLastIndex((segment) => segment.fromMs <= fromMs),
    ),
  );
}

/** Undefined where it was removed meanwhile. */
async function openSegment(
  { path, fromMs }: Segment,
  segments: () => readonly Segment[],
): Promise<FileHandle | undefined> {
  const renamed = (): string | undefined => segments().find((one) => one.fromMs === fromMs)?.path;
  for (const one of [path, renamed()]) {
    if (one === undefined) return undefined;
    try {
      return await open(one, "r");
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") {
        throw new EdgeError("DATA_INVALID", `${one} cannot be read; check its permissions`, {
          cause: thrown,
        });
      }
    }
  }
  return undefined;
}

/** Where the last snapshot before a time stands; the first record is one as well. */
async function snapshotAt(handle: FileHandle, timeMs: number, signal: AbortSignal): Promise<number> {
  let found = 0;
  for await (const place of recordPlaces(handle, signal)) {
    if (place.timeMs > timeMs) break;
    if (place.isSnapshot) found = place.at;
  }
  return found;
}
