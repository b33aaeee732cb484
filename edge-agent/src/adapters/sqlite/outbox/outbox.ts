import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { describeError, EdgeError } from "../../../core/errors.ts";
import type { Gap, OutboundTag } from "../../../core/outbox/outbound.ts";
import type { Tag } from "../../../core/tag.ts";
import type { Logger } from "../../../ports/logger.ts";
import type { Outbox, OutboxStatistics } from "../../../ports/outbox.ts";
import type { Random } from "../../../ports/random.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import type { Block } from "../block.ts";
import { createCourier } from "../courier.ts";
import { type Link, openLink } from "../link.ts";
import { createOutgoing } from "../outgoing.ts";
import { createPending } from "../pending.ts";
import { createStaging } from "../staging.ts";
import { createGapLedger, gapOfItem } from "./gap-ledger.ts";
import {
  OUTBOX_WORDS,
  type OutboxAnswer,
  type OutboxItem,
  type OutboxQuery,
  type OutboxReply,
  type OutboxRequest,
} from "./messages.ts";
import type { OutboxOptions } from "./options.ts";
import { outboxWeights } from "./outgoing.ts";
import { createArrivals, createReader, type KnownTags } from "./reader.ts";
import type { OutboxSettings } from "./store-types.ts";

export interface OutboxDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Name of this agent: the batches carry it. */
  readonly node: string;
}

export type OutboxLink = Link<OutboxRequest, OutboxReply>;
export type ConnectOutbox = (settings: OutboxSettings) => OutboxLink;

/** Starts a worker thread for the file. */
export const startOutboxWorker: ConnectOutbox = (settings) =>
  openLink(new URL("./outbox.worker.ts", import.meta.url), settings, OUTBOX_WORDS);

const ANSWER_MS = 10_000;
/** How much longer an answer may take while a large file is looked through after an unclean stop. */
const CHECK_MS = 120_000;
const HOUR_MS = 3_600_000;
/** Page of a new file: half of the history's, as every commit writes a handful of pages anew. */
const PAGE_BYTES = 4096;

/** Opens the outbox, or begins a new one; a damaged one is set aside. It returns before a large file is checked: what is
 *  appended until then waits.
 *  @param connect the way to the worker thread; tests may answer in its place
 *  @throws EdgeError OUTBOX_FAILED where an operator has to act: the folder cannot be written to, the file is in use, is
 *  another program's or was written by a newer version */
export async function createOutbox(
  options: OutboxOptions,
  deps: OutboxDeps,
  connect: ConnectOutbox = startOutboxWorker,
): Promise<Outbox> {
  const { clock, telemetry, random } = deps;
  const logger = deps.logger.child({ component: "outbox" });
  const tags: KnownTags = new Map();
  const arrivals = createArrivals();
  const gaps = createGapLedger();
  const stop = new AbortController();
  let closing: Promise<void> | undefined;
  let last: OutboxStatistics | undefined;

  makeFolder(options.file);
  const link = connect(settingsOf(options, deps.node, random, true));
  const reply = await link.ask({ kind: "open", nowUs: clock.nowUs(), nowMs: clock.monotonicMs() });
  if (!reply.ok && reply.isFinal) {
    await link.end();
    throw new EdgeError(reply.code, reply.message);
  }

  /** Given up before it reached the file: told as soon as the file can be written. */
  function lose(gap: Gap): void {
    gaps.add(gap);
    telemetry.emit({ kind: "outbox-dropped", stream: gap.stream, cause: gap.cause, rows: gap.rows });
  }

  function loseBlock(block: Block): void {
    lose(gapOfItem({ kind: "block", block }, "write-failed", clock.nowUs()));
  }

  const outgoing = createOutgoing<OutboxItem>(
    options.queueBytes,
    outboxWeights(options.policy),
    ({ item, number }) => {
      lose(gapOfItem(item, "queue-full", clock.nowUs()));
      courier.dropped(number);
    },
  );
  const staging = createStaging((block) => outgoing.push({ kind: "block", block }));

  function collect(): void {
    const block = staging.take();
    if (block !== undefined) outgoing.push({ kind: "block", block });
    const lost = gaps.take();
    if (lost.length > 0) outgoing.push({ kind: "gaps", gaps: lost });
  }

  let quarantinedUs: number | undefined;
  function hear(heard: OutboxReply): void {
    for (const drop of heard.dropped) telemetry.emit({ kind: "outbox-dropped", ...drop });
    // Also where whoever asked no longer waits: the worker names each tag once.
    if (heard.ok && heard.answer?.kind === "next") {
      for (const [key, tag] of heard.answer.tags) tags.set(key, tag);
    }
    if (heard.isQuarantined) {
      quarantinedUs = clock.nowUs();
      telemetry.emit({ kind: "outbox-quarantined" });
    }
    if (heard.isQuarantined || heard.dropped.length > 0) arrivals.announce();
  }

  let sentMs = 0;
  const courier = createCourier<OutboxItem, OutboxQuery, OutboxAnswer, OutboxReply>(
    { link, reply },
    {
      clock,
      logger,
      outgoing,
      words: OUTBOX_WORDS,
      connect: () => connect(settingsOf(options, deps.node, random, false)),
      collect,
      hear,
      sending() {
        sentMs = clock.monotonicMs();
      },
      committed({ committed }) {
        const ms = clock.monotonicMs() - sentMs;
        if (committed.rows === 0) return;
        telemetry.emit({ kind: "outbox-committed", ...committed, ms });
        arrivals.announce();
      },
      giveBack: staging.giveBack,
      loseBlock,
      abandon(rows) {
        telemetry.emit({ kind: "outbox-dropped", stream: "readings", cause: "write-failed", rows });
      },
      commitIntervalMs: options.commitMs,
    },
  );

  const pending = <T>(what: string, signal: AbortSignal) => {
    const timeoutMs = ANSWER_MS + (courier.isChecking ? CHECK_MS : 0);
    return createPending<T>(clock, { timeoutMs, what, words: OUTBOX_WORDS }, signal);
  };

  async function ask(query: OutboxQuery, signal: AbortSignal): Promise<OutboxAnswer> {
    assertOpen();
    const answer = pending<OutboxAnswer>(query.kind, signal);
    courier.ask(query, answer);
    return answer.promise;
  }

  function assertOpen(): void {
    if (closing !== undefined) throw new EdgeError("OUTBOX_FAILED", "the outbox is closed");
  }

  function push(item: OutboxItem): void {
    if (closing === undefined) outgoing.push(item);
    else lose(gapOfItem(item, "write-failed", clock.nowUs()));
  }

  const document = (
    stream: Extract<OutboxItem, { kind: "document" }>["stream"],
    atUs: number,
    row: unknown,
  ) => push({ kind: "document", stream, atUs, json: JSON.stringify(row) });

  const empty = (): OutboxStatistics => ({
    file: options.file,
    bytes: 0,
    epoch: "",
    batches: 0,
    rows: 0,
    oldestUs: undefined,
    uncommitted: 0,
    dropped: [],
    sinks: [],
    trouble: undefined,
  });

  return {
    registerTags(list) {
      // Readings that gather already are of the table before.
      collect();
      push({ kind: "tags", tags: list.map(outbound) });
    },
    append(batch) {
      if (closing !== undefined) {
        const { count: rows, agentTimeUs: fromUs } = batch;
        lose({
          stream: "readings",
          cause: "write-failed",
          rows,
          fromUs,
          toUs: fromUs,
          noticedUs: clock.nowUs(),
        });
        return;
      }
      const before = staging.rows;
      staging.add(batch);
      if (before < options.commitReadings && staging.rows >= options.commitReadings) courier.hurry();
    },
    appendScore: (score) => document("scores", score.timeUs, score),
    appendHealth: (health) => document("health", health.timeUs, health),
    appendAlarm: (alarm) => document("alarms", clock.nowUs(), alarm),
    reportGap: lose,
    reader(sink, readerOptions) {
      push({ kind: "sink", sink, options: readerOptions });
      // Before it asks for anything: a file that is begun anew must know all its sinks.
      if (closing === undefined) courier.hurry();
      return createReader(sink, readerOptions, { clock, tags, ask, arrivals, closed: stop.signal });
    },
    async flush(signal) {
      assertOpen();
      const done = pending<void>("flush", signal);
      courier.flush(done);
      await done.promise;
    },
    async statistics(signal) {
      const uncommitted = staging.rows + outgoing.readings;
      try {
        const answer = await ask({ kind: "statistics" }, signal);
        if (answer.kind === "statistics") {
          last = { file: options.file, ...answer.statistics, uncommitted, trouble: courier.trouble };
        }
      } catch (thrown) {
        signal.throwIfAborted();
        if (closing !== undefined) throw thrown;
        // The disk fails: what was known last, and why there is nothing newer.
        last = { ...(last ?? empty()), uncommitted, trouble: courier.trouble ?? describeError(thrown) };
      }
      return {
        ...(last ?? empty()),
        uncommitted: staging.rows + outgoing.readings,
        ...(quarantinedUs !== undefined && { quarantinedUs }),
      };
    },
    close() {
      closing ??= courier.close();
      stop.abort(new EdgeError("OUTBOX_FAILED", "the outbox is closed"));
      return closing;
    },
  };
}

const outbound = ({ id, unit, device, protocol, address }: Tag): OutboundTag => ({
  id,
  unit,
  device,
  protocol,
  address,
});

function settingsOf(options: OutboxOptions, node: string, random: Random, isNewRun: boolean): OutboxSettings {
  const word = () => Math.floor(random() * 2 ** 32).toString(16);
  return {
    file: options.file,
    node,
    isNewRun,
    seed: [word(), word(), word(), word()].join("-"),
    maxBytes: options.maxBytes,
    pageBytes: PAGE_BYTES,
    maxAgeMs: options.maxAgeHours * HOUR_MS,
    minFreeBytes: options.minFreeBytes,
    policy: options.policy,
  };
}

function makeFolder(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (thrown) {
    throw new EdgeError("OUTBOX_FAILED", `the folder of ${file} cannot be made: ${describeError(thrown)}`, {
      cause: thrown,
    });
  }
}
