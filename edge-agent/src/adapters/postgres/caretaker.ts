import type { Clock } from "@stethos/protocol-finger/clock";
import { escapeLiteral } from "pg";
import type { Logger } from "../../ports/logger.ts";
import { dayOf, type TimeWindow, timeWindow } from "./examine.ts";
import type { PostgresOptions } from "./options.ts";
import { createPartitions, dropOldDays } from "./partitions.ts";
import { openSession, type Session } from "./session.ts";
import type { Target } from "./target.ts";
import {
  isBeyondPolicies,
  POLICIES_FOUND,
  type PolicyFound,
  policyStatements,
  refreshStatements,
} from "./timescale.ts";

/** Keeps the tables in shape beside the deliveries, on a connection of its own that lives for one round. */
export interface Caretaker {
  /** Told of each delivery: its readings' time, by the database's clock. */
  after(delivery: { readonly nowUs: number; readonly span: TimeWindow | undefined }): void;
  /** Ends the round that is under way. */
  close(): Promise<void>;
}

const EVERY_MS = 3_600_000;
const AGAIN_MS = 600_000;
/** An aggregate of a day with ten thousand tags takes its time on a small server. */
const PATIENCE_MS = 600_000;

export function createCaretaker(
  target: Target,
  options: PostgresOptions,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Caretaker {
  const stop = new AbortController();
  let dueMs = 0;
  let late: TimeWindow | undefined;
  let round: Promise<void> | undefined;

  async function go(touched: TimeWindow | undefined): Promise<void> {
    const session = await openSession(
      target,
      { ...options, answerTimeoutMs: PATIENCE_MS },
      clock,
      stop.signal,
    );
    try {
      await keep(session, options, touched, logger, stop.signal);
    } finally {
      await session.link.end();
    }
  }

  function start(): void {
    const touched = late;
    late = undefined;
    dueMs = clock.monotonicMs() + EVERY_MS;
    round = go(touched)
      .catch((err: unknown) => {
        if (stop.signal.aborted) return;
        late = united(late, touched);
        dueMs = clock.monotonicMs() + AGAIN_MS;
        logger.warn({ err }, "the upkeep of the database failed and is tried again");
      })
      .finally(() => {
        round = undefined;
      });
  }

  return {
    after({ nowUs, span }) {
      const isLate = span !== undefined && isBeyondPolicies(span.fromUs, nowUs);
      if (isLate) late = united(late, span);
      // A backlog is drained before its aggregates are computed, and once.
      const isDrained = late !== undefined && !isLate;
      const isDue = clock.monotonicMs() >= dueMs;
      if (round === undefined && !stop.signal.aborted && (isDrained || isDue)) start();
    },
    async close() {
      stop.abort(new Error("the sink is closed"));
      await round;
    },
  };
}

function united(one: TimeWindow | undefined, other: TimeWindow | undefined): TimeWindow | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { fromUs: Math.min(one.fromUs, other.fromUs), toUs: Math.max(one.toUs, other.toUs) };
}

async function keep(
  { link, nowUs, timescaleSchema }: Session,
  options: PostgresOptions,
  touched: TimeWindow | undefined,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { schema, retentionDays } = options;
  // Held until the connection ends: one agent does it for all.
  const [turn] = await link.query<{ is_mine: boolean }>(
    `SELECT pg_try_advisory_lock(hashtextextended(${escapeLiteral(`stethos:${schema}:upkeep`)}, 0)) AS is_mine`,
    signal,
  );
  if (turn?.is_mine === true) {
    if (timescaleSchema === undefined) {
      const today = dayOf(nowUs());
      await createPartitions(schema).ensure(link, [today], today, signal);
      const dropped = await dropOldDays(link, today - retentionDays, signal);
      if (dropped > 0) logger.info({ dropped }, "partitions beyond the retention were dropped");
    } else {
      const found = await link.query<PolicyFound>(POLICIES_FOUND, signal, [schema]);
      for (const statement of policyStatements(schema, timescaleSchema, options, found)) {
        await link.script(statement, signal);
      }
    }
  }
  if (touched === undefined || timescaleSchema === undefined) return;
  const kept = timeWindow(nowUs(), retentionDays);
  for (const statement of refreshStatements(schema, timescaleSchema, touched, kept)) {
    await link.script(statement, signal);
  }
}
