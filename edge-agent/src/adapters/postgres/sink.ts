import type { Clock } from "@stethos/protocol-finger/clock";
import type { OutboxBatch } from "../../core/outbox/outbound.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Random } from "../../ports/random.ts";
import { type Delivery, type Refusal, type Sink, SinkError } from "../../ports/sink.ts";
import { createCaretaker } from "./caretaker.ts";
import { createCopyWriter } from "./copy-writer.ts";
import { dayOf, type Examined, examine, timeWindow } from "./examine.ts";
import { sinkErrorOf } from "./fault.ts";
import { openLedger } from "./ledger.ts";
import type { PostgresOptions } from "./options.ts";
import { createPartitions } from "./partitions.ts";
import { createSessions } from "./session.ts";
import { createTagIds } from "./tags.ts";
import { parseTarget } from "./target.ts";
import { isPartitionMissing, RowFault, writeRows } from "./write-rows.ts";

export interface PostgresSinkDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
}

/** Rows that the database refuses by rules of its own cost a transaction each; beyond so many the table is not ours. */
const MOST_FAULTY_ROWS = 20;

/** Rows refused by the database itself, while one delivery is tried. */
type Faulty = Map<OutboxBatch, Map<number, string>>;

/** Readings, scores, health, alarms and gaps into PostgreSQL or TimescaleDB: each delivery is one transaction of binary
 *  COPY and the ledger, so that each row is there once, whatever breaks.
 *  @throws TypeError where the url is none */
export function createPostgresSink(options: PostgresOptions, deps: PostgresSinkDeps): Sink {
  const { clock, random } = deps;
  const logger = deps.logger.child({ component: "postgres", sink: options.name });
  const target = parseTarget(options.url);
  if (target === undefined) throw new TypeError("the url of the sink names no PostgreSQL database");
  const where = `postgres ${target.servers[0]?.host ?? ""}/${target.database}`;
  // Tells this process and this sink from any other that writes under the same name.
  const owner = Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(16)).join("-");
  const stop = new AbortController();
  const writer = createCopyWriter();
  const ids = createTagIds();
  const partitions = createPartitions(options.schema);
  const caretaker = createCaretaker(target, options, { clock, logger });
  const claimed = new Set<string>();
  const sessions = createSessions(target, options, clock, ({ layout }) => {
    partitions.forget();
    ids.forget();
    logger.info({ where, layout, schema: options.schema }, "connected");
  });

  async function attempt(
    batches: readonly OutboxBatch[],
    faulty: Faulty,
    signal: AbortSignal,
  ): Promise<Refusal[]> {
    const session = await sessions.current(signal);
    const { link, layout } = session;
    const window = timeWindow(session.nowUs(), options.retentionDays);
    const parts = batches.map((batch) => examine(batch, window, faulty.get(batch)));
    if (layout === "plain") {
      const days = parts.flatMap((part) => [...part.days]);
      await partitions.ensure(link, days, dayOf(session.nowUs()), signal);
    }
    const ledger = await openLedger(link, batches, owner, claimed, signal);
    const fresh = onlyOnce(parts.filter(({ batch }) => !ledger.has(batch)));
    await ids.resolve(
      link,
      fresh.map(({ batch }) => batch),
      signal,
    );
    await writeRows(fresh, { link, writer, ids, signal });
    await ledger.commit(fresh, signal);
    ids.commit();
    for (const { node } of batches) claimed.add(node);
    caretaker.after({ nowUs: ledger.nowUs, span: spanOf(fresh) });
    return parts.flatMap((part) =>
      refusals(part.batch, ledger.has(part.batch) ? ledger.refusedOf(part.batch) : part.refused),
    );
  }

  async function deliver(batches: readonly OutboxBatch[], signal: AbortSignal): Promise<Delivery> {
    const either = AbortSignal.any([signal, stop.signal]);
    const faulty: Faulty = new Map();
    for (let attempts = 0; ; attempts += 1) {
      either.throwIfAborted();
      if (batches.length === 0) return { refused: [] };
      try {
        return { refused: await attempt(batches, faulty, either) };
      } catch (thrown) {
        sessions.drop();
        ids.rollback();
        either.throwIfAborted();
        if (!(thrown instanceof RowFault) || attempts === MOST_FAULTY_ROWS) throw faultOf(thrown, where);
        const { batch } = thrown.part;
        faulty.set(batch, new Map(faulty.get(batch)).set(thrown.row, thrown.message));
      }
    }
  }

  return {
    name: options.name,
    kind: "postgres",
    streams: options.streams,
    lane: "in-order",
    rowsAtOnce: options.rowsAtOnce,
    deliver,
    async close() {
      stop.abort(new Error(`the sink ${options.name} is closed`));
      await sessions.close();
      await caretaker.close();
    },
  };
}

/** The same batch twice in one delivery is one batch. */
function onlyOnce(parts: readonly Examined[]): readonly Examined[] {
  const names = new Set<string>();
  return parts.filter(({ batch }) => {
    const name = JSON.stringify([batch.node, batch.epoch, batch.number]);
    const isNew = !names.has(name);
    names.add(name);
    return isNew;
  });
}

function spanOf(parts: readonly Examined[]): Examined["span"] {
  const spans = parts.flatMap(({ batch, span }) =>
    span === undefined || batch.content.stream !== "readings" ? [] : span,
  );
  if (spans.length === 0) return undefined;
  return {
    fromUs: Math.min(...spans.map(({ fromUs }) => fromUs)),
    toUs: Math.max(...spans.map(({ toUs }) => toUs)),
  };
}

const refusals = (batch: OutboxBatch, refused: ReadonlyMap<number, string>): Refusal[] =>
  [...refused].map(([row, reason]) => ({ batch, row, reason }));

function faultOf(thrown: unknown, where: string): SinkError {
  if (isPartitionMissing(thrown))
    return new SinkError("failed", `${where}: a partition is gone`, { cause: thrown });
  return sinkErrorOf(thrown instanceof RowFault ? thrown.cause : thrown, where);
}
