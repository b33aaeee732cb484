import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError } from "../../core/errors.ts";
import { createTurns } from "../../lib/in-turn.ts";
import type { Logger } from "../../ports/logger.ts";
import { type Sink, SinkError } from "../../ports/sink.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import type { FileSinkOptions } from "./options.ts";
import { createFileStore } from "./store.ts";

export interface FileSinkDeps {
  /** Name of the sink. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** Some megabytes of NDJSON. */
const ROWS_AT_ONCE = 10_000;
const LOOK_MS = 5_000;

/** Rotating files in a folder, for plants without a network. Exactly once in effect: see {@link createFileStore}. */
export function createFileSink(options: FileSinkOptions, deps: FileSinkDeps, disk: Disk = nodeDisk): Sink {
  const { name, clock } = deps;
  const logger = deps.logger.child({ component: "file-sink", sink: name });
  const store = createFileStore(options, { ...deps, logger, disk });
  const inTurn = createTurns();
  const closing = new AbortController();

  async function finish(which: "old" | "all"): Promise<void> {
    try {
      await store.finish(which);
    } catch (thrown) {
      // The rows are safe in their part; it is finished at the next look or the next start.
      logger.warn({ err: describeError(thrown) }, "a file cannot be finished now");
    }
  }

  /** A file appears in time where nothing more is delivered, too. */
  async function look(): Promise<void> {
    while (await slept(clock, LOOK_MS, closing.signal)) await inTurn(() => finish("old"));
  }
  const looking = look();

  return {
    name,
    kind: "file",
    streams: options.streams,
    lane: "in-order",
    rowsAtOnce: ROWS_AT_ONCE,
    async deliver(batches, outer) {
      const signal = AbortSignal.any([outer, closing.signal]);
      signal.throwIfAborted();
      return inTurn(async () => {
        const refused = await store.add(batches, signal);
        await finish("old");
        return { refused };
      });
    },
    async close() {
      if (closing.signal.aborted) return;
      closing.abort(new SinkError("failed", `the sink ${name} is closed`));
      await looking;
      await inTurn(() => finish("all"));
    },
  };
}
