// A process with the agent's way out under load: readings of many tags into a real outbox, from there into PostgreSQL and
// into files. Argument: a SoakTask as JSON. It hears over IPC whether the folder of the files can be written to, and tells
// when everything is delivered.
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { fileSinkOptions } from "../../../edge-agent/src/adapters/file-sink/options.ts";
import { createFileSink } from "../../../edge-agent/src/adapters/file-sink/sink.ts";
import { systemRandom } from "../../../edge-agent/src/adapters/node/random.ts";
import { postgresOptions } from "../../../edge-agent/src/adapters/postgres/options.ts";
import { createPostgresSink } from "../../../edge-agent/src/adapters/postgres/sink.ts";
import { outboxOptions } from "../../../edge-agent/src/adapters/sqlite/outbox/options.ts";
import { createOutbox } from "../../../edge-agent/src/adapters/sqlite/outbox/outbox.ts";
import type { ReadingBatch } from "../../../edge-agent/src/core/reading.ts";
import { createForward, defaultForwardPolicy } from "../../../edge-agent/src/flow/forward.ts";
import type { Outbox } from "../../../edge-agent/src/ports/outbox.ts";
import { type Sink, SinkError } from "../../../edge-agent/src/ports/sink.ts";
import { loadTags, START_US } from "../../outbox/load.ts";
import { silentLogger } from "../../rollout/silent-logger.ts";

export interface SoakTask {
  readonly file: string;
  readonly folder: string;
  readonly url: string;
  readonly passwordFile: string;
  readonly schema: string;
  readonly tags: number;
  readonly periodMs: number;
  readonly rounds: number;
}

/** What the process tells. */
export interface SoakEnd {
  readonly rounds: number;
  /** Rows that the outbox gave up. */
  readonly dropped: number;
  /** From the last reading to the last confirmation. */
  readonly drainMs: number;
}

export interface SoakOrder {
  readonly isFolderUp: boolean;
}

const task = JSON.parse(process.argv[2] ?? "") as SoakTask;
const clock = createSystemClock();
const never = new AbortController().signal;
const stop = new AbortController();
const deps = { clock, random: systemRandom, logger: silentLogger, telemetry: { emit: () => undefined } };
let isFolderUp = true;

process.on("message", (order: SoakOrder) => {
  ({ isFolderUp } = order);
});

/** Files on a share that comes and goes. */
function fileSink(): Sink {
  const options = fileSinkOptions.parse({ folder: task.folder, streams: ["readings"], format: "parquet" });
  const sink = createFileSink(options, { ...deps, name: "files" });
  return {
    ...sink,
    async deliver(batches, signal) {
      if (!isFolderUp) throw new SinkError("unreachable", "the share is gone");
      return await sink.deliver(batches, signal);
    },
  };
}

function postgresSink(): Sink {
  const { url, passwordFile, schema } = task;
  const options = { kind: "postgres", url, passwordFile, schema, streams: ["readings"], retentionDays: 3650 };
  return createPostgresSink(postgresOptions.parse(options), deps);
}

/** Each tag counts, every sixteenth of them with noise. */
function roundOf(round: number): ReadingBatch {
  const { tags: count } = task;
  const agentTimeUs = START_US + round * task.periodMs * 1000;
  return {
    count,
    tag: Uint32Array.from({ length: count }, (_, tag) => tag),
    value: Float64Array.from({ length: count }, (_, tag) =>
      tag % 16 === 0 ? Math.sin(round * tag) : 20 + (round % 50),
    ),
    status: new Uint32Array(count),
    sourceTimeUs: new Float64Array(count).fill(agentTimeUs),
    agentTimeUs,
    sequence: new Float64Array(count).fill(round),
    other: new Map(),
  };
}

async function produce(outbox: Outbox): Promise<void> {
  const startMs = clock.monotonicMs();
  for (let round = 0; round < task.rounds; round += 1) {
    outbox.append(roundOf(round));
    const dueMs = startMs + (round + 1) * task.periodMs;
    await clock.sleep(Math.max(0, dueMs - clock.monotonicMs()), never);
  }
  await outbox.flush(never);
}

async function emptied(outbox: Outbox): Promise<number> {
  for (;;) {
    const { sinks, dropped } = await outbox.statistics(never);
    if (sinks.length > 1 && sinks.every(({ waitingBatches }) => waitingBatches === 0)) {
      return dropped.reduce((sum, { rows }) => sum + rows, 0);
    }
    await clock.sleep(200, never);
  }
}

const outbox = await createOutbox(outboxOptions.parse({ file: task.file }), { ...deps, node: "soak" });
outbox.registerTags(loadTags(task.tags));
const forward = createForward(
  [postgresSink(), fileSink()],
  { ...deps, outbox },
  {
    ...defaultForwardPolicy,
    retryFirstMs: 100,
    retryMostMs: 1000,
  },
);
const forwarding = forward.run(stop.signal);
await produce(outbox);
const producedMs = clock.monotonicMs();
const dropped = await emptied(outbox);
const drainMs = clock.monotonicMs() - producedMs;
stop.abort();
// Lets go of the sinks: the last file is finished.
await forwarding;
await outbox.close();
process.send?.({ rounds: task.rounds, dropped, drainMs } satisfies SoakEnd);
process.disconnect();
