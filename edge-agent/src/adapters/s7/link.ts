import type { Clock } from "@stethos/protocol-finger/clock";
import type { PlannedItem } from "@stethos/protocol-finger/s7";
import {
  answerNumber,
  createPduJoiner,
  numberReadJob,
  type ReadJob,
  type RefusedItem,
  takeReadAnswer,
} from "@stethos/protocol-finger/wire";
import { EdgeError } from "../../core/errors.ts";
import type { OpenConnection } from "./connect.ts";
import type { S7Limits } from "./limits.ts";
import { fault, lost, silence } from "./link-errors.ts";
import type { S7Options } from "./options.ts";

type Job = ReadJob<PlannedItem>;
type Refused = RefusedItem<PlannedItem>;

/** Requests and answers over one connection. The first error ends it: after that every call rejects with it. */
export interface S7Link {
  /** Send `jobs`, as many at once as the controller granted; the bytes of the answers go into `image`.
   *  One call at a time.
   *  @returns the items that the device refused
   *  @throws EdgeError PLC_TIMEOUT, PLC_UNREACHABLE, PDU_MALFORMED; the signal's reason when it aborts, after which
   *  the link is still good: answers that come late are recognised by their numbers and dropped */
  run(jobs: readonly Job[], image: Uint8Array, signal: AbortSignal): Promise<Refused[]>;
  /** Say goodbye and wait for the other side to do so too, half a second at most. Never throws. */
  close(): Promise<void>;
}

type LinkOptions = Pick<S7Options, "minGapMs" | "requestTimeoutMs"> & { readonly device: string };

/** Jobs that were handed to one call of run. */
interface Batch {
  readonly jobs: readonly Job[];
  readonly image: Uint8Array;
  readonly refused: Refused[];
  readonly signal: AbortSignal;
  next: number;
  unanswered: number;
  end(error: unknown): void;
}

const GOODBYE_MS = 500;
const LAST_NUMBER = 0xffff;

export function createLink(
  connection: OpenConnection,
  options: LinkOptions,
  limits: Pick<S7Limits, "dropped" | "jobsInFlight" | "overloaded">,
  clock: Clock,
): S7Link {
  const { socket, jobsInFlight: granted } = connection;
  /** By number; undefined where nobody waits for the answer any more. */
  const inFlight = new Map<number, Job | undefined>();
  const joiner = createPduJoiner(connection.pduSize);
  let batch: Batch | undefined;
  let death: EdgeError | undefined;
  let number = 0;
  let lastAnswerMs = 0;
  let lastSentMs = Number.NEGATIVE_INFINITY;
  let isPausing = false;

  function die(error: EdgeError): void {
    if (death !== undefined) return;
    death = error;
    inFlight.clear();
    socket.destroy();
    batch?.end(error);
  }

  function onLost(cause?: unknown): void {
    if (death !== undefined) return;
    limits.dropped(inFlight.size);
    die(lost(options.device, cause));
  }

  function onSilence(): void {
    const isOverloaded = inFlight.size > 1;
    if (isOverloaded) limits.overloaded();
    die(silence(options, isOverloaded));
  }

  function onData(chunk: Buffer): void {
    if (death !== undefined) return;
    // The requests that the answers of one chunk make room for leave together: one system call.
    socket.cork();
    try {
      joiner.push(chunk, onReply);
    } catch (thrown) {
      die(fault(thrown, options.device));
    } finally {
      socket.uncork();
    }
  }

  function onReply(pdu: Buffer): void {
    const found = answerNumber(pdu);
    if (!inFlight.has(found)) {
      const what = `${options.device} answered request ${found}, which nobody sent`;
      throw new EdgeError("PDU_MALFORMED", what, { diagnosis: "MALFORMED_ANSWER" });
    }
    const job = inFlight.get(found);
    inFlight.delete(found);
    lastAnswerMs = clock.monotonicMs();
    if (batch !== undefined && job !== undefined) {
      takeReadAnswer(pdu, job, batch.image, batch.refused);
      batch.unanswered -= 1;
      if (batch.unanswered === 0) batch.end(undefined);
    }
    sendMore();
  }

  function sendMore(): void {
    while (batch !== undefined && !isPausing && inFlight.size < Math.min(granted, limits.jobsInFlight)) {
      const job = batch.jobs[batch.next];
      if (job === undefined) return;
      const waitMs = options.minGapMs === 0 ? 0 : lastSentMs + options.minGapMs - clock.monotonicMs();
      if (waitMs > 0) {
        pause(waitMs, batch.signal);
        return;
      }
      batch.next += 1;
      send(job);
    }
  }

  function send(job: Job): void {
    do number = number === LAST_NUMBER ? 1 : number + 1;
    while (inFlight.has(number));
    if (inFlight.size === 0) lastAnswerMs = clock.monotonicMs();
    inFlight.set(number, job);
    numberReadJob(job, number);
    if (options.minGapMs > 0) lastSentMs = clock.monotonicMs();
    socket.write(job.bytes);
  }

  function pause(ms: number, signal: AbortSignal): void {
    isPausing = true;
    const goOn = (): void => {
      isPausing = false;
      sendMore();
    };
    // An abort ends the batch by itself; there is nothing left to send then.
    clock.sleep(ms, signal).then(goOn, goOn);
  }

  /** Ends when no answer came for the request timeout while one was due. */
  function watch(watched: Batch, ms: number): () => void {
    let stop = (): void => undefined;
    const deadline = clock.deadline(ms, watched.signal);
    const onAbort = (): void => {
      deadline.dispose();
      if (deadline.expired) onExpired();
      else watched.end(watched.signal.reason);
    };
    const onExpired = (): void => {
      const leftMs = lastAnswerMs + options.requestTimeoutMs - clock.monotonicMs();
      if (leftMs > 0) stop = watch(watched, leftMs);
      // Between two requests of a paced link nothing is due.
      else if (inFlight.size === 0) stop = watch(watched, options.requestTimeoutMs);
      else onSilence();
    };
    deadline.signal.addEventListener("abort", onAbort, { once: true });
    stop = () => {
      deadline.signal.removeEventListener("abort", onAbort);
      deadline.dispose();
    };
    return () => stop();
  }

  socket.setNoDelay(true);
  socket.on("data", onData);
  socket.on("error", onLost);
  socket.on("close", () => onLost());

  return {
    run(jobs, image, signal) {
      if (death !== undefined) return Promise.reject(death);
      if (signal.aborted) return Promise.reject(signal.reason);
      if (jobs.length === 0) return Promise.resolve([]);
      return new Promise((resolve, reject) => {
        const refused: Refused[] = [];
        let unwatch = (): void => undefined;
        const started: Batch = {
          jobs,
          image,
          refused,
          signal,
          next: 0,
          unanswered: jobs.length,
          end(error) {
            batch = undefined;
            unwatch();
            for (const key of inFlight.keys()) inFlight.set(key, undefined);
            if (error === undefined) resolve(refused);
            else reject(error);
          },
        };
        batch = started;
        lastAnswerMs = clock.monotonicMs();
        unwatch = watch(started, options.requestTimeoutMs);
        socket.cork();
        sendMore();
        socket.uncork();
      });
    },
    async close() {
      if (death !== undefined) return;
      death = new EdgeError("PLC_UNREACHABLE", `the session with ${options.device} is closed`);
      inFlight.clear();
      batch?.end(death);
      await sayGoodbye(connection, clock);
    },
  };
}

/** FIN, then until the other side's FIN: class 0 of ISO 8073 has no other way to part (section 6.7.1). */
async function sayGoodbye({ socket }: OpenConnection, clock: Clock): Promise<void> {
  if (socket.destroyed) return;
  const waiting = new AbortController();
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  socket.end();
  // The sleep ends by abort when the other side closed in time.
  const patience = clock.sleep(GOODBYE_MS, waiting.signal).catch(() => undefined);
  await Promise.race([closed, patience]);
  waiting.abort();
  socket.destroy();
}
