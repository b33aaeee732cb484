import type { Clock } from "@stethos/protocol-finger/clock";
import type { OutboxStatistics } from "../../edge-agent/src/ports/outbox.ts";
import { type Line, tell } from "./lines.ts";
import { ALARM_EVERY, alarmOf, loadTags, roundOf } from "./load.ts";
import { inProcess, type OutboxSettings, openOutbox } from "./real-outbox.ts";

/** An outbox in the test's own process, with sinks that tell an oracle. */
export interface Session {
  /** Appends so many rounds and waits until they are accepted. */
  put(rounds: number): Promise<void>;
  /** Delivers, and confirms, until nothing waits; or at most so many batches a sink. */
  drain(most?: number): Promise<void>;
  statistics(): Promise<OutboxStatistics>;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly sinks: readonly string[];
  /** An oracle's ear. */
  hear(line: Line): void;
  readonly fromRound: number;
  readonly settings?: OutboxSettings | undefined;
}

const STREAMS = ["readings", "alarms", "gaps"] as const;
/** What waits and does not come within this will never come; machines may be busy. */
const PATIENCE_MS = 20_000;
/** Nothing here puts in as many: whoever gets more is given the same again and again. */
const MOST_BATCHES = 20_000;
/** Whoever meets the damage is told so, and may ask again: by then the file is another. */
const TRIES = 3;
/** A file that seems to be full is looked through before it is written to again. */
const AGAIN_MS = 700;

const never = new AbortController().signal;

async function patiently(clock: Clock, work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (thrown) {
      const isFull = /no room/.test(String(thrown));
      if (tries === TRIES || !(isFull || /is damaged/.test(String(thrown)))) throw thrown;
      if (isFull) await clock.sleep(AGAIN_MS, never);
    }
  }
}

export async function openSession(options: SessionOptions): Promise<Session> {
  const outbox = await openOutbox(options.file, options.clock, options.settings, { connect: inProcess });
  options.hear({ say: "open" });
  outbox.registerTags(loadTags());
  const readers = options.sinks.map((sink) => ({
    sink,
    reader: outbox.reader(sink, { streams: STREAMS, lane: "in-order" }),
  }));
  let next = options.fromRound;
  const statistics = () => outbox.statistics(never);

  async function waits(sink: string): Promise<boolean> {
    const { sinks } = await statistics();
    return sinks.some((each) => each.sink === sink && each.waitingBatches > 0);
  }

  return {
    async put(rounds) {
      if (rounds === 0) return;
      const last = next + rounds - 1;
      options.hear({ say: "appending", round: last });
      for (; next <= last; next += 1) {
        outbox.append(roundOf(next));
        if (next % ALARM_EVERY === 0) outbox.appendAlarm(alarmOf(next));
      }
      await patiently(options.clock, () => outbox.flush(never));
      options.hear({ say: "accepted", round: last });
    },
    async drain(most = Number.POSITIVE_INFINITY) {
      for (const { sink, reader } of readers) {
        for (let taken = 0; taken < most && (await waits(sink)); ) {
          const batches = await reader.next({ rows: 10_000 }, AbortSignal.timeout(PATIENCE_MS));
          for (const batch of batches) options.hear({ say: "delivered", sink, batch: tell(batch) });
          await patiently(options.clock, () => reader.confirm(batches));
          taken += batches.length;
          if (taken > MOST_BATCHES) throw new Error("what was confirmed comes again, without end");
        }
      }
    },
    statistics,
    close: () => outbox.close(),
  };
}
