import type { Budget } from "../budget.ts";
import type { Clock } from "../clock/clock.ts";
import type { ProtocolId } from "../fingerprint.ts";
import type { Ledger } from "../ledger.ts";
import { WireError } from "../wire/wire-error.ts";
import type { FrameCheck } from "./line-rules.ts";
import type { Answer, AnswerLength, ProbeLine } from "./probe.ts";

/** A socket as the line sees it. */
export interface Channel {
  listen(onBytes: (chunk: Buffer) => void, onEnd: (by: "fin" | "reset") => void): void;
  send(frame: Buffer): void;
  /** Take no more: what comes is left to the kernel. */
  pause(): void;
  close(): Promise<void>;
}

/** What a port did, told to the visit for its facts. */
export interface LineEvents {
  sent(frame: Buffer, rule: string): void;
  received(bytes: Buffer): void;
  /** Something came before anything was asked. */
  unasked(bytes: Buffer): void;
  /** More came than an answer may have. */
  flooded(): void;
  ended(by: "fin" | "reset"): void;
  answered(): void;
  /** @param partial what came of an answer that did not become whole */
  unanswered(partial: Buffer): void;
}

export interface LineDeps {
  readonly protocol: ProtocolId;
  readonly port: number;
  readonly transport: "tcp" | "udp";
  readonly budget: Budget;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly check: FrameCheck;
  readonly events: LineEvents;
}

const NOTHING: Buffer = Buffer.alloc(0);

/** Asks over a channel: every frame is checked, paid for and timed. */
export function createLine(channel: Channel, deps: LineDeps): ProbeLine {
  const { port, budget, ledger, clock, events } = deps;
  let received = NOTHING;
  let ended: "fin" | "reset" | undefined;
  let isFull = false;
  let firstRttMs: number | undefined;
  let wake: () => void = () => undefined;

  channel.listen(
    (chunk) => {
      const kept = chunk.subarray(0, budget.mostAnswerBytes - received.length);
      received = Buffer.concat([received, kept]);
      if (kept.length > 0) events.received(kept);
      if (received.length >= budget.mostAnswerBytes && !isFull) {
        isFull = true;
        channel.pause();
        events.flooded();
      }
      wake();
    },
    (by) => {
      // The answer to our own FIN says nothing of the device.
      if (ended !== undefined) return;
      ended = by;
      if (by === "reset" && deps.transport === "tcp") ledger.reset(port);
      events.ended(by);
      wake();
    },
  );

  function change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener("abort", done);
        resolve();
      };
      wake = done;
      signal.addEventListener("abort", done, { once: true });
    });
  }

  function take(bytes: number): Buffer {
    const answer = received.subarray(0, bytes);
    received = NOTHING;
    return answer;
  }

  async function awaitAnswer(length: AnswerLength, signal: AbortSignal): Promise<Answer> {
    const startMs = clock.monotonicMs();
    const deadline = clock.deadline(budget.answerTimeoutMs, signal);
    const afterMs = () => clock.monotonicMs() - startMs;
    try {
      for (;;) {
        const whole = wholeBytes(received, length);
        if (whole !== undefined) {
          const rttMs = afterMs();
          const bytes = take(whole);
          firstRttMs ??= rttMs;
          events.answered();
          ledger.answered(port, rttMs, firstRttMs, quickMs(deps.protocol, bytes));
          return { kind: "bytes", bytes, rttMs };
        }
        if (ended !== undefined) {
          return { kind: "closed", by: ended, afterMs: afterMs(), partial: take(received.length) };
        }
        if (isFull || deadline.signal.aborted) break;
        await change(deadline.signal);
      }
    } finally {
      deadline.dispose();
    }
    if (signal.aborted && !isTimeout(signal.reason)) throw signal.reason;
    events.unanswered(received);
    return { kind: "silence", afterMs: afterMs(), partial: take(received.length) };
  }

  return {
    async ask(frame, length, signal) {
      signal.throwIfAborted();
      const rule = deps.check(frame);
      const bar = ledger.frameBar(port);
      if (bar !== undefined) return { kind: "forbidden", reason: bar };
      if (ended !== undefined) {
        return { kind: "closed", by: ended, afterMs: 0, partial: take(received.length) };
      }
      if (received.length > 0) {
        if (firstRttMs === undefined) events.unasked(received);
        received = NOTHING;
      }
      if (isFull) return { kind: "forbidden", reason: `port ${port} sends without end` };
      ledger.frameSent();
      events.sent(frame, rule.name);
      channel.send(frame);
      return await awaitAnswer(length, signal);
    },
    async close() {
      ended ??= "fin";
      await channel.close();
    },
  };
}

/** Bytes of the answer that begins `bytes`, when they are all there. */
function wholeBytes(bytes: Buffer, length: AnswerLength): number | undefined {
  if (bytes.length === 0) return undefined;
  try {
    const whole = length(bytes);
    return whole === undefined || whole > bytes.length ? undefined : whole;
  } catch (thrown) {
    if (thrown instanceof WireError) return bytes.length;
    throw thrown;
  }
}

/** Below this an answer is no sign of distress, however quick the first one was: a cycle at the wrong moment. */
const QUICK_MS = 250;
/** A serial line behind a gateway: of one that was captured with four units, 95 of 100 answers took less than 509 ms
 *  where half of them took 89. */
const QUICK_SERIAL_MS = 600;

function quickMs(protocol: ProtocolId, answer: Buffer): number {
  // A session begins with a private key's work: seconds, on a small controller.
  if (protocol === "opcua") return Number.POSITIVE_INFINITY;
  if (protocol !== "modbus") return QUICK_MS;
  const [code = 0, exception] = answer.subarray(MODBUS_CODE_AT);
  // A gateway has waited for the dead unit behind it (0A, 0B): it is well itself.
  const isDeadUnit = code >= 0x80 && (exception === 0x0a || exception === 0x0b);
  return isDeadUnit ? Number.POSITIVE_INFINITY : QUICK_SERIAL_MS;
}

const MODBUS_CODE_AT = 7;

const isTimeout = (reason: unknown): boolean =>
  reason instanceof DOMException && reason.name === "TimeoutError";
