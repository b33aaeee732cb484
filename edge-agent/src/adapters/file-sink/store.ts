import type { Clock } from "@stethos/protocol-finger/clock";
import { describeError } from "../../core/errors.ts";
import type { OutboxBatch } from "../../core/outbox/outbound.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Refusal } from "../../ports/sink.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { type Disk, diskError } from "./disk.ts";
import { EncodeError } from "./encode.ts";
import type { FileKind } from "./file-name.ts";
import { finishPart } from "./finish.ts";
import { takeIn } from "./intake.ts";
import { type Ledger, type OpenPart, partFile, readLedger, writeLedger } from "./ledger.ts";
import type { FileSinkOptions } from "./options.ts";
import { makeRoom } from "./room.ts";

export interface StoreDeps {
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly disk: Disk;
}

/** The folder, its open parts and its ledger. Calls must not overlap. */
export interface FileStore {
  /** All of it is on the disk, and in the ledger, when this resolves.
   *  @throws SinkError; the signal's reason */
  add(batches: readonly OutboxBatch[], signal: AbortSignal): Promise<readonly Refusal[]>;
  /** Finishes the parts that are old enough; or all.
   *  @throws SinkError */
  finish(which: "old" | "all"): Promise<void>;
}

const MINUTE_US = 60_000_000;

export function createFileStore(options: FileSinkOptions, deps: StoreDeps): FileStore {
  const { folder, maxFileBytes } = options;
  const { disk, clock, logger } = deps;
  const kind: FileKind = options.format === "parquet" ? "parquet" : options.gzip ? "ndjson.gz" : "ndjson";
  // Read anew after each fault: then the disk alone knows what was kept.
  let ledger: Ledger | undefined;

  async function known(): Promise<Ledger> {
    if (ledger !== undefined) return ledger;
    await disk.makeFolder(folder);
    const read = await readLedger(disk, folder);
    const parts: OpenPart[] = [];
    for (const part of read.parts) if (await isWhole(part)) parts.push(part);
    return commit({ taken: read.taken, parts });
  }

  async function isWhole(part: OpenPart): Promise<boolean> {
    if ((await disk.lengthOf(partFile(folder, part))) >= part.bytes) return true;
    const { stream, rows, first, last } = part;
    logger.error({ sink: deps.name, stream, rows, first, last }, "a file that was not finished is gone");
    return false;
  }

  async function commit(next: Ledger): Promise<Ledger> {
    await writeLedger(disk, folder, next);
    ledger = next;
    return next;
  }

  /** The ledger says first that nothing more is added: after a crash the same file is made again, not a longer one. */
  async function end(part: OpenPart): Promise<void> {
    const ending = { ...part, isEnding: true };
    if (!part.isEnding) await commit(withPart(await known(), ending));
    if (part.rows > 0) {
      const file = await finishPart(disk, folder, ending, kind).catch((thrown: unknown) => {
        if (!(thrown instanceof EncodeError)) throw thrown;
        // Its bytes are kept as they are: one file that was damaged must not hold up all that come after it.
        const { stream, first, last } = part;
        const err = describeError(thrown);
        logger.error(
          { sink: deps.name, stream, first, last, err },
          "rows that are damaged are kept as NDJSON",
        );
        return finishPart(disk, folder, ending, "ndjson");
      });
      logger.info({ sink: deps.name, file, rows: part.rows }, "a file is finished");
    }
    const { taken, parts } = await known();
    await commit({ taken, parts: parts.filter(({ stream }) => stream !== part.stream) });
    await disk.remove(partFile(folder, part));
  }

  async function endWhere(isDue: (part: OpenPart) => boolean): Promise<void> {
    for (const part of (await known()).parts) if (part.isEnding || isDue(part)) await end(part);
  }

  // A clock that was set back makes a part old, too.
  const isOld = ({ openedUs }: OpenPart): boolean =>
    Math.abs(clock.nowUs() - openedUs) >= options.maxFileMinutes * MINUTE_US;
  const isFull = ({ bytes }: OpenPart): boolean => bytes >= maxFileBytes;

  /** @returns what is still to be added */
  async function addSome(batches: readonly OutboxBatch[], refused: Refusal[], signal: AbortSignal) {
    const before = await known();
    const intake = takeIn(batches, before, maxFileBytes, clock.nowUs());
    signal.throwIfAborted();
    if (intake.additions.length > 0) {
      const more = intake.additions.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
      await makeRoom(options, more, deps);
      for (const { part, position, bytes } of intake.additions) {
        await disk.writeAt(partFile(folder, part), position, bytes);
        signal.throwIfAborted();
      }
      const parts = intake.additions.reduce((all, { part }) => withPart(all, part), before).parts;
      await commit({ taken: intake.taken, parts });
    }
    refused.push(...intake.refused);
    const [next] = intake.rest;
    if (next !== undefined) await endWhere(({ stream }) => stream === next.content.stream);
    return intake.rest;
  }

  /** After a fault nobody but the disk knows what is on it. */
  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      ledger = undefined;
      throw thrown;
    }
  }

  return {
    add: (batches, signal) =>
      guarded(async () => {
        const refused: Refusal[] = [];
        try {
          for (let left = batches; left.length > 0; ) left = await addSome(left, refused, signal);
        } catch (thrown) {
          signal.throwIfAborted();
          throw diskError(thrown, folder);
        }
        return refused;
      }),
    finish: (which) =>
      guarded(async () => {
        try {
          await endWhere((part) => which === "all" || isOld(part) || isFull(part));
        } catch (thrown) {
          throw diskError(thrown, folder);
        }
      }),
  };
}

const withPart = ({ taken, parts }: Ledger, part: OpenPart): Ledger => ({
  taken,
  parts: [...parts.filter(({ stream }) => stream !== part.stream), part],
});
