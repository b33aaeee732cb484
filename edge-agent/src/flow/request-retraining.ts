import { type Clock, slept } from "@stethos/protocol-finger/clock";
import type { DriftVerdict } from "../core/drift/drift-types.ts";
import { describeError } from "../core/errors.ts";
import type { ModelVersion } from "../core/model.ts";
import { rfc3339, type TimeUs } from "../core/time.ts";
import { createBackoff } from "../lib/backoff.ts";
import type { Logger } from "../ports/logger.ts";
import type { ObjectSink } from "../ports/object-sink.ts";
import type { Random } from "../ports/random.ts";
import type {
  Delivery,
  RequestedFrame,
  RetrainingRequest,
  SealRequest,
  Webhook,
} from "../ports/retraining.ts";
import type { StateFile } from "../ports/state-file.ts";
import {
  type PendingRequest,
  parseRetraining,
  type RetrainingJournal,
  retrainingText,
  type Way,
} from "./request-retraining-journal.ts";

export interface RetrainingPolicy {
  readonly site: string;
  readonly node: string;
  /** At most one request in so many hours. */
  readonly requestHours: number;
  /** Of one request; then it is given up, and the next one may come. */
  readonly mostAttempts: number;
}

export const defaultRetrainingPolicy: Omit<RetrainingPolicy, "node" | "site"> = {
  requestHours: 24,
  mostAttempts: 48,
};

export interface RetrainingDeps {
  readonly seal: SealRequest;
  readonly webhook: Webhook | undefined;
  readonly sink: ObjectSink | undefined;
  readonly journal: StateFile;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** 128 random bits, hex; from a source fit for secrets. */
  nonce(): string;
  /** What data sets call the windows of a machine that drifted. */
  frames(machine: string, signal: AbortSignal): Promise<readonly RequestedFrame[]>;
}

/** What drift was confirmed on, and which model was listening. */
export interface Wanted {
  readonly model: ModelVersion;
  readonly machine: string;
  readonly verdicts: readonly DriftVerdict[];
}

/** "recently": one was made within the last hours; "nowhere": neither webhook nor store is configured. */
export type Asked = "made" | "nowhere" | "recently";

export interface RequestRetraining {
  /** Drift is confirmed and there is no candidate. Remembered on disk when it resolves; delivered by `run`. */
  ask(wanted: Wanted, signal: AbortSignal): Promise<Asked>;
  /** Delivers until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Of the newest request. */
  readonly lastUs: TimeUs | undefined;
}

const HOUR_US = 3_600_000_000;
const RETRY_FIRST_MS = 5_000;
const RETRY_MOST_MS = 30 * 60_000;

/** Tells those who train that a machine has moved away from what the model knows. A request is journalled before it goes
 *  out and after each delivery: a restart neither forgets it nor makes another one; a delivery that was cut off between
 *  answer and journal is repeated under the same id. */
export async function createRequestRetraining(
  policy: RetrainingPolicy,
  deps: RetrainingDeps,
): Promise<RequestRetraining> {
  const { clock, logger } = deps;
  const ways: readonly Way[] = [
    ...(deps.webhook ? (["webhook"] as const) : []),
    ...(deps.sink ? (["store"] as const) : []),
  ];
  let journal = await readJournal();
  let wake: (() => void) | undefined;

  async function readJournal(): Promise<RetrainingJournal> {
    const text = await deps.journal.read();
    const known = text === undefined ? {} : parseRetraining(text);
    if (known === undefined) logger.warn({}, "the journal of retraining requests cannot be read");
    return known ?? {};
  }

  async function remember(next: RetrainingJournal): Promise<void> {
    await deps.journal.write(retrainingText(next));
    journal = next;
  }

  async function deliver(way: Way, pending: PendingRequest, signal: AbortSignal): Promise<Delivery> {
    if (way === "webhook") {
      return (await deps.webhook?.post(pending.id, pending.envelope, signal)) ?? { kind: "delivered" };
    }
    const key = `requests/${policy.site}/${policy.node}/${pending.id}.json`;
    try {
      await deps.sink?.put(key, new TextEncoder().encode(pending.envelope), signal);
      return { kind: "delivered" };
    } catch (thrown) {
      signal.throwIfAborted();
      return { kind: "unreachable", why: describeError(thrown) };
    }
  }

  function tell(way: Way, pending: PendingRequest, delivery: Delivery): void {
    const to = way === "webhook" ? deps.webhook?.name : deps.sink?.name;
    const facts = { id: pending.id, to, ...(delivery.kind !== "delivered" && { why: delivery.why }) };
    if (delivery.kind === "delivered") logger.info(facts, "retraining requested");
    else if (delivery.kind === "refused") logger.error(facts, "the retraining request was refused");
    // An outage is told once.
    else if (pending.attempts === 0) logger.warn(facts, "the retraining request could not be delivered yet");
  }

  /** One attempt on every open way. */
  async function attempt(pending: PendingRequest, signal: AbortSignal): Promise<void> {
    let open = pending.open.filter((way) => ways.includes(way));
    for (const way of open) {
      const delivery = await deliver(way, pending, signal);
      tell(way, pending, delivery);
      if (delivery.kind === "unreachable") continue;
      open = open.filter((other) => other !== way);
      await rememberPending({ ...pending, open });
    }
    const attempts = pending.attempts + 1;
    const isGivenUp = open.length > 0 && attempts >= policy.mostAttempts;
    if (isGivenUp) logger.error({ id: pending.id, attempts }, "the retraining request was given up");
    await rememberPending({ ...pending, open: isGivenUp ? [] : open, attempts });
  }

  /** Unless a newer request has taken its place. */
  async function rememberPending(pending: PendingRequest): Promise<void> {
    if (journal.pending?.id !== pending.id) return;
    const { pending: _, ...rest } = journal;
    await remember(pending.open.length > 0 ? { ...rest, pending } : rest);
  }

  return {
    async ask(wanted, signal) {
      if (ways.length === 0) return "nowhere";
      const nowUs = clock.nowUs();
      const since = journal.last && nowUs - journal.last.timeUs;
      // A wall clock that was set back must not silence it for long: only what lies within the hours counts.
      if (since !== undefined && Math.abs(since) < policy.requestHours * HOUR_US) return "recently";
      const nonce = deps.nonce();
      const time = rfc3339(nowUs);
      const id = `${time.slice(0, 19).replaceAll(/[-:]/g, "")}Z-${nonce.slice(0, 8)}`;
      const frames = await deps.frames(wanted.machine, signal);
      const envelope = await deps.seal(requestOf(policy, wanted, { id, time, nonce, frames }));
      await remember({ last: { id, timeUs: nowUs }, pending: { id, envelope, open: ways, attempts: 0 } });
      wake?.();
      return "made";
    },
    async run(signal) {
      const backoff = createBackoff(RETRY_FIRST_MS, RETRY_MOST_MS, deps.random);
      signal.addEventListener("abort", () => wake?.(), { once: true });
      while (!signal.aborted) {
        const { pending } = journal;
        if (pending === undefined) {
          backoff.reset();
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        try {
          await attempt(pending, signal);
        } catch (thrown) {
          if (signal.aborted) return;
          logger.error(
            { err: describeError(thrown) },
            "the journal of retraining requests cannot be written",
          );
        }
        if (journal.pending !== undefined && !(await slept(clock, backoff.next(), signal))) return;
      }
    },
    get lastUs() {
      return journal.last?.timeUs;
    },
  };
}

function requestOf(
  { site, node }: RetrainingPolicy,
  { model, machine, verdicts }: Wanted,
  facts: Pick<RetrainingRequest, "frames" | "id" | "nonce" | "time">,
): RetrainingRequest {
  return {
    schemaVersion: 1,
    ...facts,
    site,
    node,
    model: { name: model.name, version: model.version, digest: model.digest, sequence: model.sequence },
    machine,
    sensors: [...new Set(verdicts.map(({ sensor }) => sensor))].sort(),
    verdicts: verdicts.map(({ machine: _, ...verdict }) => verdict),
  };
}
