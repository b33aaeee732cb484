import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError } from "../core/errors.ts";
import { type FleetNews, fleetReportOf } from "../core/fleet-report-of.ts";
import { createBackoff } from "../lib/backoff.ts";
import type { ReportPlace, SealReport } from "../ports/fleet.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import type { StateFile } from "../ports/state-file.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { openReportSequence } from "./report-fleet-sequence.ts";

export interface ReportPolicy {
  /** A sign of life at least so often. */
  readonly everyMs: number;
  /** From one report to the next at least: what changes meanwhile is told at once by the next. */
  readonly leastGapMs: number;
  /** An attempt that takes longer has failed. */
  readonly timeoutMs: number;
}

export const defaultReportPolicy: ReportPolicy = {
  everyMs: 300_000,
  leastGapMs: 5000,
  timeoutMs: 30_000,
};

export interface ReportDeps {
  /** What there is to tell now. */
  readonly news: () => FleetNews;
  /** Calls back when there may be news, until the returned function is called. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly seal: SealReport;
  readonly place: ReportPlace;
  /** Keeps the sequence of reports. */
  readonly sequence: StateFile;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

export interface ReportFleet {
  /** Tells until the signal aborts. Never fails: whatever is wrong is tried again. */
  run(signal: AbortSignal): Promise<void>;
}

const RETRY_FIRST_MS = 5000;
const RETRY_MOST_MS = 300_000;
/** So that a thousand devices that were switched on together do not speak together for ever. */
const JITTER = 0.2;

/** Tells those who lead the fleet what became of the models on this device. There is no queue: what is told is always how
 *  things are now, so an outage costs nothing but the states in between. */
export async function createReportFleet(policy: ReportPolicy, deps: ReportDeps): Promise<ReportFleet> {
  const { clock, logger, telemetry, place } = deps;
  const retryMost = Math.min(RETRY_MOST_MS, policy.everyMs);
  const backoff = createBackoff(Math.min(RETRY_FIRST_MS, retryMost), retryMost, deps.random);
  const sequence = await openReportSequence(
    deps.sequence,
    () => clock.nowUs() / 1000,
    () => logger.warn({}, "the number of the last fleet report cannot be read; counting on from the clock"),
  );
  let told = "";
  let dueMs = clock.monotonicMs();
  let failure = "";

  async function send(news: FleetNews, signal: AbortSignal): Promise<void> {
    const report = fleetReportOf(news, await sequence.next(), clock.nowUs());
    const body = await deps.seal(report);
    const deadline = clock.deadline(policy.timeoutMs, signal);
    try {
      await place.put(body, deadline.signal);
    } finally {
      deadline.dispose();
    }
  }

  /** @returns how long to rest before the next look */
  async function tellIfDue(signal: AbortSignal): Promise<number> {
    try {
      const news = deps.news();
      const text = JSON.stringify(news);
      if (text === told && clock.monotonicMs() < dueMs) return 0;
      await send(news, signal);
      told = text;
    } catch (thrown) {
      // Whatever it is, it must not end more than the telling.
      if (signal.aborted) return 0;
      dueMs = clock.monotonicMs();
      onFailure(describeError(thrown));
      return backoff.next();
    }
    onTold();
    dueMs = clock.monotonicMs() + policy.everyMs * (1 - JITTER * deps.random());
    return Math.min(policy.leastGapMs, policy.everyMs);
  }

  function onTold(): void {
    telemetry.emit({ kind: "fleet-report", isSent: true });
    backoff.reset();
    if (failure !== "") logger.info({ to: place.name }, "the fleet is told again how the models are");
    failure = "";
  }

  /** Each reason once, not with every attempt. */
  function onFailure(why: string): void {
    telemetry.emit({ kind: "fleet-report", isSent: false });
    if (why === failure) return;
    failure = why;
    logger.warn({ to: place.name, err: why }, "the fleet cannot be told how the models are; trying again");
  }

  return {
    async run(signal) {
      let hasNews = false;
      let wake: () => void = () => undefined;
      const off = deps.subscribe(() => {
        hasNews = true;
        wake();
      });
      try {
        while (!signal.aborted) {
          hasNews = false;
          const restMs = await tellIfDue(signal);
          if (restMs > 0 && !(await slept(clock, restMs, signal))) return;
          if (hasNews) continue;
          const news = new AbortController();
          wake = () => news.abort();
          const leftMs = Math.max(1, dueMs - clock.monotonicMs());
          await slept(clock, leftMs, AbortSignal.any([signal, news.signal]));
        }
      } finally {
        off();
      }
    },
  };
}
