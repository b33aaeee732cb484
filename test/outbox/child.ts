// A process with a real outbox, as the agent has one: it appends, forwards to sinks that are only told of, and tells the
// oracle outside what it was promised. Argument: a Task as JSON. Output: a Line each.
import { writeSync } from "node:fs";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createForward, defaultForwardPolicy } from "../../edge-agent/src/flow/forward.ts";
import type { Logger } from "../../edge-agent/src/ports/logger.ts";
import type { Outbox } from "../../edge-agent/src/ports/outbox.ts";
import { type Sink, SinkError } from "../../edge-agent/src/ports/sink.ts";
import { below, seededRandom } from "../fuzz/random.ts";
import { createFastClock } from "../rollout/fast-clock.ts";
import { silentLogger } from "../rollout/silent-logger.ts";
import { type Line, tell } from "./lines.ts";
import { ALARM_EVERY, alarmOf, loadTags, roundOf } from "./load.ts";
import { type OutboxSettings, openOutbox } from "./real-outbox.ts";

export interface Task {
  readonly file: string;
  readonly seed: number;
  readonly fromRound: number;
  /** How many are appended; then everything is delivered and the outbox closed. */
  readonly rounds: number;
  /** Between two questions whether it is committed: at most. */
  readonly roundsAtOnce: number;
  readonly sinks: readonly string[];
  /** How often a sink fails after it was given a batch, and is given it again. */
  readonly failureShare: number;
  /** Between two steps, at most. */
  readonly pauseMs: number;
  readonly settings?: OutboxSettings | undefined;
  /** So many times as fast a clock: to be through the waits after a failure. */
  readonly clockTimes?: number | undefined;
}

const task = JSON.parse(process.argv[2] ?? "") as Task;
const random = seededRandom(task.seed);
const clock = createSystemClock();
const stop = new AbortController();
const STEP_MS = 5;
const IDLE_SHARE = 0.1;

const say = (line: Line): void => void writeSync(1, `${JSON.stringify(line)}\n`);
const pause = () => clock.sleep(random() * task.pauseMs, stop.signal);

async function produce(outbox: Outbox): Promise<void> {
  const end = task.fromRound + task.rounds;
  for (let round = task.fromRound; round < end; ) {
    const last = Math.min(end, round + 1 + below(random, task.roundsAtOnce)) - 1;
    say({ say: "appending", round: last });
    for (; round <= last; round += 1) {
      outbox.append(roundOf(round));
      if (round % ALARM_EVERY === 0) outbox.appendAlarm(alarmOf(round));
    }
    // Now and then the next ones come before these are committed.
    if (random() < 0.2 && round < end) continue;
    await accepted(outbox, last);
    // A quiet plant: everything is gone before the next comes.
    if (random() < IDLE_SHARE) await emptied(outbox);
    await pause();
  }
}

/** Asks until the disk lets it be so. */
async function accepted(outbox: Outbox, round: number): Promise<void> {
  for (;;) {
    try {
      await outbox.flush(stop.signal);
      say({ say: "accepted", round });
      return;
    } catch (thrown) {
      say({ say: "trouble", text: String(thrown) });
      await clock.sleep(STEP_MS, stop.signal);
    }
  }
}

/** A receiver that fails now and then, after it was given everything: the batches come again. */
const sinkNamed = (name: string): Sink => ({
  name,
  kind: "file",
  streams: ["readings", "alarms", "gaps"],
  lane: "in-order",
  rowsAtOnce: 500,
  async deliver(batches) {
    for (const batch of batches) say({ say: "delivered", sink: name, batch: tell(batch) });
    await pause();
    if (random() < task.failureShare) throw new SinkError("failed", "the answer got lost");
    return { refused: [] };
  },
  close: async () => undefined,
});

async function emptied(outbox: Outbox): Promise<void> {
  for (;;) {
    const { sinks } = await outbox.statistics(stop.signal);
    if (sinks.every(({ waitingBatches }) => waitingBatches === 0)) return;
    await clock.sleep(STEP_MS, stop.signal);
  }
}

const ownClock = task.clockTimes === undefined ? clock : createFastClock(task.clockTimes);
const logger: Logger = {
  ...silentLogger,
  warn: (fields, message) => say({ say: "trouble", text: `${message} ${JSON.stringify(fields)}` }),
  error: (fields, message) => say({ say: "trouble", text: `${message} ${JSON.stringify(fields)}` }),
  child: () => logger,
};
const outbox = await openOutbox(task.file, ownClock, task.settings, { logger });
say({ say: "open" });
outbox.registerTags(loadTags());
const forward = createForward(
  task.sinks.map(sinkNamed),
  { outbox, clock, random, logger: silentLogger, telemetry: { emit: () => undefined } },
  { ...defaultForwardPolicy, retryFirstMs: 1, retryMostMs: 10 },
);
const forwarding = forward.run(stop.signal);
await produce(outbox);
await emptied(outbox);
const { dropped, trouble } = await outbox.statistics(stop.signal);
say({ say: "counted", rows: dropped.reduce((sum, { rows }) => sum + rows, 0) });
say({ say: "trouble", text: trouble });
stop.abort();
await forwarding;
await outbox.close();
say({ say: "closed" });
