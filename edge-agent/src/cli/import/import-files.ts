import type { Clock } from "@stethos/protocol-finger/clock";
import { EdgeError } from "../../core/errors.ts";
import type { OutboxBatch } from "../../core/outbox/outbound.ts";
import { backoffMs } from "../../lib/backoff.ts";
import type { Random } from "../../ports/random.ts";
import { type Delivery, type Refusal, type Sink, SinkError } from "../../ports/sink.ts";
import { planImport } from "./plan.ts";
import { batchesOf, checkFile } from "./read-file.ts";

/** Where the rows go: any sink, or what prints them. */
export type Destination = Pick<Sink, "name" | "streams" | "rowsAtOnce" | "deliver">;

export interface ImportOptions {
  readonly allowMissing: boolean;
  readonly unverified: boolean;
}

export interface ImportDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Told after each file, and of each attempt that failed. */
  readonly progress: (words: string) => void;
}

export interface ImportReport {
  readonly files: number;
  readonly batches: number;
  readonly rows: number;
  /** Batches that another file of the same import held, too. */
  readonly repeated: number;
  /** Rows of streams that the sink does not take. */
  readonly notTaken: number;
  readonly refused: number;
  /** Why the first of them were. */
  readonly reasons: readonly string[];
}

const ATTEMPTS = 8;
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 30_000;
const MOST_REASONS = 10;

/** Delivers what file sinks wrote on the other side of a gap of air. Every file is checked before the first row is
 *  delivered. What a sink with a ledger has already changes nothing.
 *  @throws EdgeError IMPORT_FAILED where the sink does not take the data, DATA_INVALID for files that are not whole; the
 *  signal's reason */
export async function importFiles(
  paths: readonly string[],
  to: Destination,
  options: ImportOptions,
  deps: ImportDeps,
  signal: AbortSignal,
): Promise<ImportReport> {
  const files = await planImport(paths, options);
  for (const file of files) {
    signal.throwIfAborted();
    await checkFile(file, options.unverified);
  }
  const tally = createTally(to);
  for (const [i, file] of files.entries()) {
    let waiting: OutboxBatch[] = [];
    let rows = 0;
    for await (const batch of batchesOf(file)) {
      signal.throwIfAborted();
      if (!tally.isNew(batch)) continue;
      waiting.push(batch);
      rows += batch.content.count;
      if (rows < to.rowsAtOnce) continue;
      tally.delivered(waiting, await deliver(to, waiting, deps, signal));
      waiting = [];
      rows = 0;
    }
    if (waiting.length > 0) tally.delivered(waiting, await deliver(to, waiting, deps, signal));
    deps.progress(`${i + 1} of ${files.length} files, ${tally.report().rows} rows`);
  }
  return { files: files.length, ...tally.report() };
}

function createTally({ streams }: Destination) {
  const newest = new Map<string, number>();
  let report = { batches: 0, rows: 0, repeated: 0, notTaken: 0, refused: 0 };
  const reasons: string[] = [];
  return {
    isNew({ node, epoch, number, content: { stream, count } }: OutboxBatch): boolean {
      const key = `${stream} ${epoch} ${node}`;
      if (number <= (newest.get(key) ?? -1)) {
        report = { ...report, repeated: report.repeated + 1 };
        return false;
      }
      newest.set(key, number);
      if (streams.includes(stream)) return true;
      report = { ...report, notTaken: report.notTaken + count };
      return false;
    },
    delivered(batches: readonly OutboxBatch[], { refused }: Delivery): void {
      const rows = batches.reduce((sum, { content }) => sum + content.count, 0) - refused.length;
      report = {
        ...report,
        batches: report.batches + batches.length,
        rows: report.rows + rows,
        refused: report.refused + refused.length,
      };
      reasons.push(...refused.slice(0, MOST_REASONS - reasons.length).map(reasonOf));
    },
    report: () => ({ ...report, reasons }),
  };
}

const reasonOf = ({ batch, row, reason }: Refusal): string =>
  `row ${row} of batch ${batch.number} (${batch.content.stream} of ${batch.node}): ${reason}`;

async function deliver(
  to: Destination,
  batches: readonly OutboxBatch[],
  { clock, random, progress }: ImportDeps,
  signal: AbortSignal,
): Promise<Delivery> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await to.deliver(batches, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof SinkError)) throw thrown;
      const { fault, message, retryAfterMs } = thrown;
      if (fault === "denied" || fault === "misfit" || attempt + 1 >= ATTEMPTS)
        throw new EdgeError(
          "IMPORT_FAILED",
          `the sink ${to.name} does not take the data: ${message}; mend that, and import the same files again`,
          { cause: thrown.cause },
        );
      const usual = backoffMs(attempt, RETRY_FIRST_MS, RETRY_MOST_MS, random);
      progress(`${message}; trying again`);
      await clock.sleep(Math.max(usual, Math.min(retryAfterMs ?? 0, RETRY_MOST_MS)), signal);
    }
  }
}
