import { once } from "node:events";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createCounters } from "../adapters/node/counters.ts";
import { createLogger } from "../adapters/node/logger.ts";
import { systemRandom } from "../adapters/node/random.ts";
import { createAcquisition } from "../compose/acquisition.ts";
import { readConfig } from "../config.ts";
import { EdgeError } from "../core/errors.ts";
import { type ReadingBatch, readingAt } from "../core/reading.ts";
import { createBoundedQueue } from "../lib/bounded-queue.ts";
import { type AddCommand, say, untilStopped } from "./io.ts";
import { positive, seconds } from "./numbers.ts";

interface Options {
  readonly config: string;
  readonly count?: number;
  readonly seconds?: number;
}

// Batches that may wait for a slow reader of stdout; then the oldest goes, counted.
const WAITING_BATCHES = 1000;

/** Readings as NDJSON on stdout. */
export const readCommand: AddCommand = (program, context) => {
  program
    .command("read")
    .description("read the tags of a configuration and print readings as NDJSON")
    .requiredOption("-c, --config <file>", "configuration file")
    .option("-n, --count <readings>", "stop after so many readings", positive)
    .option("-t, --seconds <seconds>", "stop after so many seconds", seconds)
    .addHelpText(
      "after",
      "\nExamples:\n  stethos read -c agent.yaml\n  stethos read -c agent.yaml -n 20 | jq -r '[.tag, .value] | @tsv'",
    )
    .action(async (options: Options) => {
      const config = await readConfig(options.config, context);
      const clock = createSystemClock();
      const stop = untilStopped(context);
      // A reader that leaves (`| head`) ends the command; a full disk behind `>` is an error.
      const gone = new AbortController();
      let failure: NodeJS.ErrnoException | undefined;
      context.stdout.once("error", (error: NodeJS.ErrnoException) => {
        failure = error;
        gone.abort(error);
      });
      const limit = clock.deadline(
        options.seconds === undefined ? 2 ** 31 - 1 : options.seconds * 1000,
        AbortSignal.any([stop.signal, gone.signal]),
      );
      const queue = createBoundedQueue<ReadingBatch>(WAITING_BATCHES);
      limit.signal.addEventListener("abort", () => queue.close(), { once: true });
      const acquisition = createAcquisition({
        clock,
        random: systemRandom,
        logger: createLogger("warn", context.stderr.isTTY === true),
        telemetry: createCounters(),
        dataFolder: config.dataFolder,
        onReadings: (batch) => void queue.push(batch),
        onWaveform() {
          // Waveforms are no readings; `stethos run` listens to them.
        },
        onDevice() {
          // The logger has said so.
        },
      });
      acquisition.apply(config);
      acquisition.start();
      let left = options.count ?? Number.POSITIVE_INFINITY;
      for await (const batch of queue) {
        const rows = Math.min(batch.count, left);
        let text = "";
        for (let i = 0; i < rows; i += 1)
          text += `${JSON.stringify(readingAt(batch, i, acquisition.tags))}\n`;
        if (!context.stdout.write(text)) await drained(context.stdout, limit.signal);
        left -= rows;
        if (left <= 0) break;
      }
      limit.dispose();
      stop.dispose();
      await acquisition.close(5000);
      if (failure !== undefined && failure.code !== "EPIPE") {
        throw new EdgeError("DISK_FULL", "stdout cannot be written to; free space or choose another file", {
          cause: failure,
        });
      }
      if (queue.dropped > 0) say(context, `stdout was too slow: ${queue.dropped} batches were dropped`);
    });
};

/** Waits until more can be written, or until the command is to end. */
async function drained(stream: NodeJS.WritableStream, signal: AbortSignal): Promise<void> {
  try {
    await once(stream, "drain", { signal });
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}
