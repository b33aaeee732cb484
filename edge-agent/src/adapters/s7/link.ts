import type { Clock } from "@stethos/protocol-finger/clock";
import { createPduJoiner, DisconnectError } from "@stethos/protocol-finger/wire";
import { describeError, EdgeError } from "../../core/errors.ts";
import type { OpenConnection } from "./connect.ts";
import type { S7Options } from "./options.ts";
import { type RefusedItem, replyNumber, takeReply } from "./reply.ts";
import { numberJob, type ReadJob } from "./request.ts";

/** Requests and answers over one connection. The first error ends it: after that every call rejects with it. */
export interface S7Link {
  /** Send `jobs`, as many at once as the controller granted; the bytes of the answers go into `image`.
   *  One call at a time.
   *  @returns the items that the device refused
   *  @throws EdgeError PLC_TIMEOUT, PLC_UNREACHABLE, PDU_MALFORMED; the signal's reason when it aborts, after which
   *  the link is still good: answers that come late are recognised by their numbers and dropped */
  run(jobs: readonly ReadJob[], image: Uint8Array, signal: AbortSignal): Promise<RefusedItem[]>;
  /** Say goodbye and wait for the other side to do so too, half a second at most. Never throws. */
  close(): Promise<void>;
}

type LinkOptions = Pick<S7Options, "minGapMs" | "requestTimeoutMs"> & { readonly device: string };

/** Jobs that were handed to one call of run. */
interface Batch {
  readonly jobs: readonly ReadJob[];
  readonly image: Uint8Array;
  readonly refused: RefusedItem[];
  readonly signal: AbortSignal;
  next: number;
  unanswered: number;
  end(error: unknown): void;
}

const GOODBYE_MS = 500;
const LAST_NUMBER = 0xffff;

export function createLink(connection: OpenConnection, options: LinkOptions, clock: Clock): S7Link {
  const { socket, jobsInFlight } = connection;
  /** By number; undefined where nobody waits for the answer any more. */
  const inFlight = new Map<number, ReadJob | undefined>();
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
    const found = replyNumber(pdu);
    if (!inFlight.has(found)) {
      throw new EdgeError("PDU_MALFORMED", `${options.device} answered request ${found}, which nobody sent`);
    }
    const job = inFlight.get(found);
    inFlight.delete(found);
    lastAnswerMs = clock.monotonicMs();
    if (batch !== undefined && job !== undefined) {
      takeReply(pdu, job, batch.image, batch.refused);
      batch.unanswered -= 1;
      if (batch.unanswered === 0) batch.end(undefined);
    }
    sendMore();
  }

  function sendMore(): void {
    while (batch !== undefined && !isPausing && inFlight.size < jobsInFlight) {
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

  function send(job: ReadJob): void {
    do number = number === LAST_NUMBER ? 1 : number + 1;
    while (inFlight.has(number));
    if (inFlight.size === 0) lastAnswerMs = clock.monotonicMs();
    inFlight.set(number, job);
    numberJob(job, number);
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
      else die(silence(options));
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
  socket.on("error", (error) => die(lost(options.device, error)));
  socket.on("close", () => die(lost(options.device)));

  return {
    run(jobs, image, signal) {
      if (death !== undefined) return Promise.reject(death);
      if (signal.aborted) return Promise.reject(signal.reason);
      if (jobs.length === 0) return Promise.resolve([]);
      return new Promise((resolve, reject) => {
        const refused: RefusedItem[] = [];
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

function fault(thrown: unknown, device: string): EdgeError {
  if (thrown instanceof EdgeError) return thrown;
  const code = thrown instanceof DisconnectError ? "PLC_UNREACHABLE" : "PDU_MALFORMED";
  return new EdgeError(code, `${device}: ${describeError(thrown)}`, { cause: thrown });
}

const silence = ({ device, requestTimeoutMs }: LinkOptions): EdgeError =>
  new EdgeError(
    "PLC_TIMEOUT",
    `${device} left a request unanswered for ${requestTimeoutMs} ms: the connection is given up`,
  );

const lost = (device: string, cause?: unknown): EdgeError =>
  new EdgeError("PLC_UNREACHABLE", `${device} closed the connection`, { cause });
