import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { describeError, EdgeError } from "../../core/errors.ts";
import type { Health } from "../../core/health.ts";
import type { Score } from "../../core/score.ts";
import type { History, TrendQuery } from "../../ports/history.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { createCourier } from "./courier.ts";
import { type Connect, startWorker } from "./link.ts";
import { type Answers, HISTORY_WORDS, type Item, type Point, type Query, type Reply } from "./messages.ts";
import type { HistoryOptions } from "./options.ts";
import { createOutgoing, HISTORY_WEIGHTS, readingsIn } from "./outgoing.ts";
import { createPending } from "./pending.ts";
import { assertQuery } from "./query-check.ts";
import type { SeriesKind } from "./series.ts";
import { createStaging } from "./staging.ts";
import type { StoreSettings } from "./store.ts";

export interface HistoryDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** How much longer an answer may take while a large file is looked through after an unclean stop. */
const CHECK_MS = 120_000;
const DAY_US = 86_400e6;
const MINUTE_MS = 60_000;
/** What the journal may take of the file before it is compacted. */
const JOURNAL_SHARE = 1 / 8;
const MOST_JOURNAL_BYTES = 16 * 2 ** 20;

/** Opens the embedded store, or begins a new one; a damaged one is set aside. It returns before a large file is
 *  checked: what is appended until then waits.
 *  @param connect the way to the worker thread; tests may answer in its place
 *  @throws EdgeError HISTORY_FAILED where an operator has to act: the folder cannot be written to, the file is in use,
 *  is another program's or was written by a newer version */
export async function createHistory(
  options: HistoryOptions,
  deps: HistoryDeps,
  connect: Connect = startWorker,
): Promise<History> {
  const { clock, telemetry } = deps;
  const logger = deps.logger.child({ component: "history" });
  const settings = settingsOf(options);
  let lost = 0;
  let closing: Promise<void> | undefined;

  makeFolder(options.file);
  const link = connect(settings);
  const reply = await link.ask({ kind: "open", nowUs: clock.nowUs(), nowMs: clock.monotonicMs() });
  if (!reply.ok && reply.isFinal) {
    await link.end();
    throw new EdgeError(reply.code, reply.message);
  }

  function lose(readings: number): void {
    lost += readings;
    telemetry.emit({ kind: "history-lost", count: readings });
  }

  const outgoing = createOutgoing(options.queueBytes, HISTORY_WEIGHTS, ({ item, number }) => {
    lose(readingsIn(item));
    courier.dropped(number);
  });
  const staging = createStaging((block) => outgoing.push({ kind: "block", block }));

  function collect(): void {
    const block = staging.take();
    if (block !== undefined) outgoing.push({ kind: "block", block });
  }

  const courier = createCourier<Item, Query, Answers[keyof Answers], Reply>(
    { link, reply },
    {
      clock,
      logger,
      outgoing,
      connect: () => connect({ ...settings, isNewRun: false }),
      collect,
      giveBack: staging.giveBack,
      words: HISTORY_WORDS,
      hear(heard) {
        if (heard.lost > 0) lose(heard.lost);
      },
      loseBlock: (block) => lose(block.rows),
      abandon: lose,
      commitIntervalMs: options.commitIntervalMs,
    },
  );

  function pending<T>(what: string, signal: AbortSignal) {
    const timeoutMs = options.queryTimeoutMs + (courier.isChecking ? CHECK_MS : 0);
    return createPending<T>(clock, { timeoutMs, what, words: HISTORY_WORDS }, signal);
  }

  async function ask<K extends Query["kind"]>(
    query: Extract<Query, { kind: K }>,
    signal: AbortSignal,
  ): Promise<Answers[K]> {
    assertQuery(query);
    assertOpen();
    const answer = pending<Answers[keyof Answers]>(query.kind, signal);
    courier.ask(query, answer);
    // The worker answers each kind of question with that kind of answer.
    return (await answer.promise) as Answers[K];
  }

  function assertOpen(): void {
    if (closing !== undefined) throw new EdgeError("HISTORY_FAILED", "the history is closed");
  }

  function push(item: Item): void {
    if (closing === undefined) outgoing.push(item);
    else lose(readingsIn(item));
  }

  const trend = (series: SeriesKind, name: string, query: TrendQuery, signal: AbortSignal) =>
    ask<"trend">({ kind: "trend", series, name, query }, signal);

  return {
    registerTags(tags) {
      // Readings that gather already are of the table before.
      collect();
      push({ kind: "tags", ids: tags.map((tag) => tag.id) });
    },
    append(batch) {
      if (closing === undefined) staging.add(batch);
      else lose(batch.count);
    },
    appendScore: (score) => push({ kind: "point", point: pointOfScore(score) }),
    appendHealth: (health) => push({ kind: "point", point: pointOfHealth(health) }),
    saveAlarm(alarm) {
      const { id, raisedUs } = alarm;
      const state = { id, raisedUs, isOpen: alarm.state !== "normal", json: JSON.stringify(alarm) };
      push({ kind: "alarm", alarm: state, atUs: clock.nowUs() });
    },
    saveWaveform(alarm, stored) {
      // The samples are the caller's and may change before they are written.
      const waveform = { ...stored.waveform, samples: stored.waveform.samples.slice() };
      push({ kind: "waveform", alarm, stored: { ...stored, waveform } });
    },
    saveBaseline: (baseline) => push({ kind: "baseline", baseline }),
    removeBaseline: (sensor) => push({ kind: "no-baseline", sensor }),

    async flush(signal) {
      assertOpen();
      const done = pending<void>("flush", signal);
      courier.flush(done);
      await done.promise;
    },
    trend: (tagId, query, signal) => trend("tag", tagId, query, signal),
    scoreTrend: (sensor, query, signal) => trend("score", sensor, query, signal),
    healthTrend: (machine, query, signal) => trend("health", machine, query, signal),
    alarms: (query, signal) => ask<"alarms">({ kind: "alarms", query }, signal),
    alarm: (id, signal) => ask<"alarm">({ kind: "alarm", id }, signal),
    alarmStates: (id, signal) => ask<"alarm-states">({ kind: "alarm-states", id }, signal),
    waveforms: (alarm, signal) => ask<"waveforms">({ kind: "waveforms", alarm }, signal),
    baselines: (signal) => ask<"baselines">({ kind: "baselines" }, signal),
    async statistics(signal) {
      const file = await ask<"statistics">({ kind: "statistics" }, signal);
      return { ...file, uncommitted: staging.rows + outgoing.readings, lost };
    },
    close() {
      closing ??= courier.close();
      return closing;
    },
  };
}

function settingsOf(options: HistoryOptions): StoreSettings {
  return {
    file: options.file,
    isNewRun: true,
    maxBytes: options.maxBytes,
    maxAgeUs: options.maxAgeDays * DAY_US,
    chunkMs: options.chunkMinutes * MINUTE_MS,
    chunkReadings: options.chunkReadings,
    chunkBytes: Math.min(MOST_JOURNAL_BYTES, options.maxBytes * JOURNAL_SHARE),
  };
}

function makeFolder(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (thrown) {
    throw new EdgeError("HISTORY_FAILED", `the folder of ${file} cannot be made: ${describeError(thrown)}`, {
      cause: thrown,
    });
  }
}

/** The anomaly of a window that was scored; a window that was not is a gap. */
const pointOfScore = (score: Score): Point => ({
  series: "score",
  name: score.sensor,
  timeUs: score.timeUs,
  sequence: score.sequence,
  value: score.state === "scored" ? score.anomaly : Number.NaN,
  json: JSON.stringify(score),
});

const pointOfHealth = (health: Health): Point => ({
  series: "health",
  name: health.machine,
  timeUs: health.timeUs,
  sequence: 0,
  value: health.index ?? Number.NaN,
  json: JSON.stringify(health),
});
