import type { Clock } from "@stethos/protocol-finger/clock";
import { SinkError } from "../../ports/sink.ts";
import type { MqttConnection, OutMessage } from "./connection.ts";

/** Messages on their way over one connection: at most so many at a time, and none for ever. */
export interface InFlight {
  /** Resolves when one more may be sent.
   *  @throws SinkError when the connection is lost or the server confirms nothing; the signal's reason */
  room(signal: AbortSignal): Promise<void>;
  /** `done` is told when it is confirmed, or what the server said instead. @throws SinkError when the connection is lost */
  sendNow(message: OutMessage, done: (error?: Error) => void): void;
  /** Resolves when all is confirmed. @throws as room */
  settle(signal: AbortSignal): Promise<void>;
  readonly waiting: number;
}

export function createInFlight(
  connection: MqttConnection,
  limits: { readonly most: number; readonly ackTimeoutMs: number },
  clock: Clock,
): InFlight {
  let waiting = 0;
  let wake: (() => void) | undefined;
  let wakeAt = 0;

  function confirmed(): void {
    waiting -= 1;
    if (waiting > wakeAt) return;
    wake?.();
    wake = undefined;
  }

  /** Until at most `left` are on their way. */
  async function until(left: number, signal: AbortSignal): Promise<void> {
    if (waiting <= left) return;
    const deadline = clock.deadline(limits.ackTimeoutMs, AbortSignal.any([signal, connection.lost]));
    try {
      await new Promise<void>((resolve, reject) => {
        if (deadline.signal.aborted) return reject(deadline.signal.reason);
        deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason), { once: true });
        wakeAt = left;
        wake = resolve;
      });
    } catch (thrown) {
      if (!deadline.expired) throw thrown;
      throw new SinkError(
        "unreachable",
        `${connection.server} confirms nothing: ${waiting} messages wait for ${limits.ackTimeoutMs} ms`,
      );
    } finally {
      deadline.dispose();
    }
  }

  return {
    async room(signal) {
      // Half of them at a time: one wait for many messages.
      if (waiting >= limits.most) await until(Math.floor(limits.most / 2), signal);
    },
    sendNow(message, done) {
      connection.lost.throwIfAborted();
      waiting += 1;
      connection.publish(message, (error) => {
        confirmed();
        done(error);
      });
    },
    settle: (signal) => until(0, signal),
    get waiting() {
      return waiting;
    },
  };
}
