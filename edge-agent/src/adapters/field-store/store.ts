import { describeError, EdgeError } from "../../core/errors.ts";
import type { Label } from "../../core/label.ts";
import { createTurns } from "../../lib/in-turn.ts";
import type { FieldFrame, FieldFrameHead, FieldKind, FieldStore } from "../../ports/field-store.ts";
import type { Logger } from "../../ports/logger.ts";
import { keyOf, openFrameFolder } from "./folder.ts";
import { encodeFrame } from "./frame-file.ts";
import { createFrameIndex, kindWorth } from "./frame-index.ts";
import { addLabel } from "./label-file.ts";

export interface FieldStoreOptions {
  readonly folder: string;
  /** Of all frames together. */
  readonly mostBytes: number;
  /** Frames that may wait for the disk. */
  readonly queueFrames: number;
}

export const defaultFieldStore: Omit<FieldStoreOptions, "folder"> = {
  mostBytes: 256 * 1024 * 1024,
  queueFrames: 64,
};

/** What a screen and /metrics show. */
export interface FieldCounts {
  readonly frames: number;
  readonly bytes: number;
  /** Came when the queue was full, or when all that lay there was worth more. */
  readonly dropped: number;
  /** Gave way to what is worth more, or newer. */
  readonly displaced: Readonly<Record<FieldKind, number>>;
  /** Files that could not be read. */
  readonly quarantined: number;
  /** Could not be written. */
  readonly failed: number;
}

export interface FieldStoreOnDisk extends FieldStore {
  counts(): FieldCounts;
  /** Resolves when all that was handed over lies on disk, or was dropped. */
  settled(): Promise<void>;
}

/** Opens the folder and builds its index; what cannot be read is put aside, reported, and never stops the agent.
 *  @throws EdgeError DISK_FULL when the folder cannot be made */
export async function createFieldStore(
  options: FieldStoreOptions,
  deps: { readonly logger: Logger },
): Promise<FieldStoreOnDisk> {
  const { logger } = deps;
  const index = createFrameIndex();
  const waiting = new Map<string, FieldFrame>();
  const displaced: Record<FieldKind, number> = { alarm: 0, disagreement: 0, drift: 0, random: 0 };
  let dropped = 0;
  let quarantined = 0;
  let failed = 0;
  let closed = false;
  /** One change of the folder at a time. */
  const serially = createTurns();

  const folder = await openFrameFolder(options.folder, (file, thrown) => {
    quarantined += 1;
    logger.warn({ file, err: describeError(thrown) }, "a field frame cannot be read; it was put aside");
  });
  for (const entry of await folder.scan()) index.put(entry);

  async function write(frame: FieldFrame): Promise<void> {
    const key = keyOf(frame.id);
    const bytes = encodeFrame(frame);
    const { samples: _, healthyFrame: __, ...head } = frame;
    const entry = { key, head, bytes: bytes.length, labels: index.get(frame.id)?.labels ?? [] };
    const victims = index.displacedBy(entry, options.mostBytes);
    if (victims === undefined) {
      dropped += 1;
      return;
    }
    for (const victim of victims) {
      await folder.remove(victim.key);
      index.remove(victim.head.id);
      displaced[victim.head.kind] += 1;
    }
    await folder.writeFrame(key, bytes);
    index.put(entry);
  }

  async function writeNext(id: string): Promise<void> {
    const frame = waiting.get(id);
    if (frame === undefined) return;
    try {
      await write(frame);
    } catch (thrown) {
      // The first of a row is told; a full disk would tell it with every frame.
      if (failed === 0) logger.error({ err: describeError(thrown) }, "a field frame could not be kept");
      failed += 1;
    } finally {
      if (waiting.get(id) === frame) waiting.delete(id);
    }
  }

  async function read(id: string): Promise<FieldFrame | undefined> {
    const entry = index.get(id);
    if (entry === undefined) return undefined;
    try {
      return await folder.read(entry.key);
    } catch (thrown) {
      if (!(thrown instanceof EdgeError)) throw thrown;
      await folder.quarantine(entry.key);
      index.remove(id);
      return undefined;
    }
  }

  return {
    keep(frame) {
      const known = waiting.get(frame.id)?.kind ?? index.get(frame.id)?.head.kind;
      if (known !== undefined && kindWorth[known] >= kindWorth[frame.kind]) return;
      if (closed || (waiting.size >= options.queueFrames && !waiting.has(frame.id))) {
        dropped += 1;
        return;
      }
      waiting.set(frame.id, frame);
      void serially(() => writeNext(frame.id));
    },
    async find(id, signal) {
      signal.throwIfAborted();
      const frame = waiting.get(id) ?? (await serially(() => read(id)));
      const label = index.get(id)?.labels.at(-1);
      return frame && { ...frame, ...(label && { label }) };
    },
    async list(query, signal) {
      signal.throwIfAborted();
      const found: FieldFrameHead[] = [];
      for (const { head, labels } of index.entries()) {
        const label = labels.at(-1);
        if (isAskedFor(query, head, label)) found.push({ ...head, ...(label && { label }) });
      }
      return found.sort((one, other) => other.timeUs - one.timeUs).slice(0, query.most);
    },
    label: (label: Label, signal) =>
      serially(async () => {
        signal.throwIfAborted();
        const entry = index.get(label.frame);
        if (entry === undefined) return false;
        const labels = addLabel(entry.labels, label);
        await folder.writeLabels(entry.key, labels);
        index.put({ ...entry, labels });
        return true;
      }),
    counts: () => ({
      frames: index.size,
      bytes: index.bytes,
      dropped,
      displaced: { ...displaced },
      quarantined,
      failed,
    }),
    async settled() {
      await serially(async () => undefined);
    },
    async close() {
      closed = true;
      await serially(async () => undefined);
    },
  };
}

const isAskedFor = (
  query: Parameters<FieldStore["list"]>[0],
  head: FieldFrameHead,
  label: Label | undefined,
): boolean =>
  (query.kind === undefined || head.kind === query.kind) &&
  (query.alarm === undefined || head.alarm === query.alarm) &&
  (query.unlabelledOnly !== true || label === undefined);
