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
  let fail: ((reason: unknown) => void) | undefined;
  connection.lost.addEventListener("abort", () => fail?.(connection.lost.reason), { once: true });

  function confirmed(): void {
    waiting -= 1;
    if (waiting > wakeAt) return;
    wake?.();
    wake = undefined;
  }

  /** Until at most `left` are on their way. */
  async function until(left: number, signal: AbortSignal): Promise<void> {
    if (waiting <= left) return;
    connection.lost.throwIfAborted();
    const deadline = clock.deadline(limits.ackTimeoutMs, signal);
    try {
      await new Promise<void>((resolve, reject) => {
        if (deadline.signal.aborted) return reject(deadline.signal.reason);
        deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason), { once: true });
        wakeAt = left;
        wake = resolve;
        fail = reject;
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
      // As soon as one is confirmed: what is sent then carries TCP's own acknowledgement, for which a server's next answer
      // waits (RFC 1122, 4.2.3.2 and 4.2.3.4).
      if (waiting >= limits.most) await until(limits.most - 1, signal);
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
