import { slept } from "@stethos/protocol-finger/clock";
import { type Diagnosis, diagnosisFrom } from "@stethos/protocol-finger/diagnosis";
import { describeError, EdgeError, likelyCause } from "../../core/errors.ts";
import { StatusCode } from "../../core/quality.ts";
import { rowsOfStatus } from "../../core/reading.ts";
import { type Backoff, createBackoff } from "../../lib/backoff.ts";
import type { Driver, DriverDeps, DriverEvent, ScanPlan } from "../../ports/driver.ts";
import { connect } from "./connect.ts";
import { createEventQueue, type EventQueue } from "./event-queue.ts";
import { type Items, itemsOf } from "./items.ts";
import type { OpcuaOptions } from "./options.ts";
import { serve } from "./serve.ts";

export interface ReconnectPolicy {
  /** First and longest wait between connection attempts. */
  readonly backoffFirstMs: number;
  readonly backoffMostMs: number;
}

export const defaultReconnectPolicy: ReconnectPolicy = { backoffFirstMs: 1000, backoffMostMs: 60_000 };

/** A Driver for an OPC UA server: one subscription for each scan group, made anew with every connection.
 *  @throws EdgeError ADDRESS_INVALID */
export function createOpcuaDriver(
  plan: ScanPlan,
  options: OpcuaOptions,
  deps: DriverDeps,
  policy: ReconnectPolicy = defaultReconnectPolicy,
): Driver {
  const items = itemsOf(plan);
  return {
    device: plan.device,
    events: (signal) => stream({ plan, items, options, deps, policy }, signal),
  };
}

interface Job {
  readonly plan: ScanPlan;
  readonly items: Items;
  readonly options: OpcuaOptions;
  readonly deps: DriverDeps;
  readonly policy: ReconnectPolicy;
}

async function* stream(job: Job, signal: AbortSignal): AsyncGenerator<DriverEvent> {
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const queue = createEventQueue(job.plan);
  const running = keepConnected(job, queue, stop.signal).finally(() => queue.close());
  try {
    yield* queue;
    await running;
  } finally {
    signal.removeEventListener("abort", onAbort);
    // A consumer that leaves early ends the session too.
    stop.abort();
    await Promise.allSettled([running]);
  }
}

/** Until the signal aborts: connects, serves, and comes back when the server is lost. */
async function keepConnected(job: Job, queue: EventQueue, signal: AbortSignal): Promise<void> {
  const { plan, deps, policy } = job;
  const backoff = createBackoff(policy.backoffFirstMs, policy.backoffMostMs, deps.random);
  const last = new Map<number, number>();
  // Undefined until the first attempt: only a change is worth an event.
  let told: boolean | undefined;
  let reason = "";
  let cause: Diagnosis | undefined;
  const push = (event: DriverEvent) => {
    if (event.kind === "link") told = event.up;
    queue.push(event);
  };
  while (!signal.aborted) {
    try {
      await serveOnce(job, push, last, backoff, signal);
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof EdgeError)) throw thrown;
      const before = { reason, cause };
      reason = thrown.message;
      cause = diagnosisFrom(likelyCause(thrown, told === true), reason);
      if (told === false) tellStill(job, push, before, { reason, cause });
      deps.logger.debug({ device: plan.device, err: describeError(thrown) }, "link lost");
    }
    if (told !== false) {
      push({ kind: "link", up: false, reason, ...(cause && { diagnosis: cause }) });
      push({
        kind: "batch",
        batch: rowsOfStatus(plan.tags.length, StatusCode.BadNotConnected, deps.clock.nowUs()),
      });
    }
    if (!(await slept(deps.clock, backoff.next(), signal))) return;
  }
}

interface Away {
  readonly reason: string;
  readonly cause: Diagnosis | undefined;
}

/** A server that is still away, where that has another reason than before. */
function tellStill({ plan, deps }: Job, push: (event: DriverEvent) => void, before: Away, now: Away): void {
  const { reason, cause } = now;
  if (reason !== before.reason) deps.logger.warn({ device: plan.device, reason }, "still not connected");
  if (cause !== undefined && cause.code !== before.cause?.code) push({ kind: "diagnosis", diagnosis: cause });
}

async function serveOnce(
  job: Job,
  push: (event: DriverEvent) => void,
  last: Map<number, number>,
  backoff: Backoff,
  signal: AbortSignal,
): Promise<void> {
  const connection = await connect(job.plan.device, job.options, job.deps, signal);
  try {
    await serve({ ...job, connection, last, push, onAlive: () => backoff.reset() }, signal);
  } finally {
    await connection.close();
  }
}
