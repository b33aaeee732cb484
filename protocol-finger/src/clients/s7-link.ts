import type { Socket } from "node:net";
import type { Clock } from "../clock/clock.ts";
import { FingerError } from "../finger-error.ts";
import { answerLength, DisconnectError } from "../wire/cotp.ts";
import { WireError } from "../wire/wire-error.ts";
import { part } from "./part.ts";
import type { Explain } from "./s7-failures.ts";

/** Questions and answers over one connection, one at a time, in the order of asking. */
export interface S7Link {
  /** @throws FingerError, as the question explains it: the link is over then, now and ever after; the signal's reason
   *  when it aborts: the next question waits until this one's answer came or is overdue */
  ask<T>(question: S7Question<T>, signal: AbortSignal): Promise<T>;
  /** FIN, and wait for the other side's, half a second at most. Never throws. */
  close(): Promise<void>;
}

export interface S7Question<T> {
  /** Made when its turn has come. */
  readonly packet: () => Buffer;
  /** Makes a result of the whole answer, TPKT and COTP included.
   *  @throws WireError, DisconnectError, FingerError: each ends the link */
  readonly take: (answer: Buffer) => T;
  readonly timeoutMs: number;
  readonly explain: Explain;
}

export interface S7LinkOptions {
  /** Of the device, for messages: "10.0.0.5:102". */
  readonly where: string;
  /** Least pause between an answer and the next question. */
  readonly minGapMs: number;
}

interface Asked {
  readonly explain: Explain;
  onAnswer(bytes: Buffer): void;
  reject(error: FingerError): void;
}

// Callers that wait for their turn; more of them is a bug of the caller.
const MOST_WAITING = 256;
// Nothing that a controller answers is longer.
const MOST_ANSWER_BYTES = 0xffff;

export function createS7Link(socket: Socket, options: S7LinkOptions, clock: Clock): S7Link {
  const { where, minGapMs } = options;
  const ending = new AbortController();
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let asked: Asked | undefined;
  let rest: Buffer = Buffer.alloc(0);
  let notBeforeMs = Number.NEGATIVE_INFINITY;

  function end(error: FingerError): void {
    if (ending.signal.aborted) return;
    ending.abort(error);
    asked?.reject(error);
    asked = undefined;
    socket.destroy();
  }

  function lost(cause: unknown): void {
    const { explain } = asked ?? { explain: undefined };
    end(
      explain?.("closed", cause) ??
        new FingerError("PLC_UNREACHABLE", `${where} closed the connection`, { diagnosis: "LINK_LOST" }),
    );
  }

  function onData(chunk: Buffer): void {
    if (ending.signal.aborted) return;
    try {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const length = answerLength(rest);
      if (length === undefined || length > rest.length) {
        if (rest.length > MOST_ANSWER_BYTES) throw new WireError(rest.length, "an answer has no end");
        return;
      }
      const answer = rest.subarray(0, length);
      rest = rest.subarray(length);
      if (asked === undefined || rest.length > 0)
        throw new WireError(length, "an answer that nobody asked for");
      asked.onAnswer(answer);
    } catch (thrown) {
      onBadAnswer(thrown);
    }
  }

  function onBadAnswer(thrown: unknown): void {
    if (thrown instanceof FingerError) end(thrown);
    else if (thrown instanceof DisconnectError) lost(thrown);
    else if (!(thrown instanceof WireError)) throw thrown;
    else {
      const message = `${where} sent what is no answer (${thrown.message})`;
      const stray = new FingerError("PDU_MALFORMED", message, {
        cause: thrown,
        diagnosis: "MALFORMED_ANSWER",
      });
      end(asked?.explain("malformed", thrown) ?? stray);
    }
  }

  async function send<T>({ packet, take, timeoutMs, explain }: S7Question<T>): Promise<T> {
    const pauseMs = notBeforeMs - clock.monotonicMs();
    if (pauseMs > 0) await clock.sleep(pauseMs, ending.signal);
    ending.signal.throwIfAborted();
    const deadline = clock.deadline(timeoutMs, ending.signal);
    try {
      return await new Promise<T>((resolve, reject) => {
        asked = {
          explain,
          reject,
          onAnswer(bytes) {
            const result = take(bytes);
            asked = undefined;
            resolve(result);
          },
        };
        deadline.signal.addEventListener(
          "abort",
          () => deadline.expired && end(explain("silence", undefined)),
          { once: true },
        );
        socket.write(packet());
      });
    } finally {
      deadline.dispose();
      notBeforeMs = clock.monotonicMs() + minGapMs;
    }
  }

  function ask<T>(question: S7Question<T>, signal: AbortSignal): Promise<T> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (waiting >= MOST_WAITING)
      return Promise.reject(new RangeError(`${waiting} questions wait for ${where}`));
    waiting += 1;
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      const mine = turn.then(async () => {
        // Who gave up before its turn is not asked for; what is under way is waited for, whoever gave up.
        if (!signal.aborted) resolve(await send(question));
      });
      turn = mine.catch(reject).finally(() => {
        waiting -= 1;
        signal.removeEventListener("abort", onAbort);
      });
    });
  }

  async function close(): Promise<void> {
    const error = new FingerError("PLC_UNREACHABLE", `the connection to ${where} is closed`);
    ending.abort(error);
    asked?.reject(error);
    asked = undefined;
    // Class 0 of ISO 8073 has no other way to part (section 6.7.1).
    await part(socket, clock);
  }

  socket.on("data", onData);
  socket.on("error", lost);
  socket.on("close", () => lost(undefined));
  return { ask, close };
}
