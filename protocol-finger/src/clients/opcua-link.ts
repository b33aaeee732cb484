import type { Clock } from "../clock/clock.ts";
import { FingerError } from "../finger-error.ts";
import type { Channel } from "../probes/line.ts";
import { decodeMessage, messageLength, type UaMessage } from "../wire/opcua-chunk.ts";
import { WireError } from "../wire/wire-error.ts";
import { uaLinkLost, uaRefusal } from "./opcua-failures.ts";

/** One message at a time over one connection to an OPC UA server. */
export interface UaLink {
  /** @param request number of the request, or undefined for a hello
   *  @throws FingerError PLC_TIMEOUT: the link is still good
   *  @throws FingerError PLC_REFUSED, PLC_UNREACHABLE, PDU_MALFORMED: it is not, now and ever after
   *  @throws the signal's reason */
  exchange(frame: Buffer, request: number | undefined, signal: AbortSignal): Promise<UaMessage>;
  close(): Promise<void>;
}

export interface UaLinkOptions {
  /** For messages: "10.0.0.5:4840". */
  readonly where: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

interface Waiting {
  readonly request: number | undefined;
  resolve(message: UaMessage): void;
  reject(reason: unknown): void;
}

export function createUaLink(channel: Channel, { where, timeoutMs, clock }: UaLinkOptions): UaLink {
  let received: Buffer = Buffer.alloc(0);
  let waiting: Waiting | undefined;
  let failure: FingerError | undefined;

  function end(error: FingerError): void {
    failure ??= error;
    channel.pause();
    received = Buffer.alloc(0);
    waiting?.reject(failure);
    waiting = undefined;
  }

  function take(message: UaMessage): void {
    if (message.kind === "error") {
      end(uaRefusal(where, "to go on", message.status, message.reason));
      return;
    }
    const request = message.kind === "acknowledge" ? undefined : message.request;
    // An answer to a question that was given up is nobody's.
    if (waiting?.request !== request) return;
    waiting?.resolve(message);
    waiting = undefined;
  }

  function onBytes(chunk: Buffer): void {
    if (failure !== undefined) return;
    // No more than one message waits here: messageLength refuses longer ones by their headers.
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    try {
      for (let length = messageLength(received); length !== undefined && length <= received.length; ) {
        const message = decodeMessage(received.subarray(0, length));
        received = received.subarray(length);
        take(message);
        length = messageLength(received);
      }
    } catch (thrown) {
      if (!(thrown instanceof WireError)) throw thrown;
      const text = `${where} sent what is no OPC UA, ${thrown.message}: is the port right?`;
      end(new FingerError("PDU_MALFORMED", text, { cause: thrown, diagnosis: "MALFORMED_ANSWER" }));
    }
  }

  channel.listen(onBytes, (by) =>
    end(uaLinkLost(where, by === "fin" ? "was ended by the server" : "was lost")),
  );

  return {
    async exchange(frame, request, signal) {
      signal.throwIfAborted();
      if (failure !== undefined) throw failure;
      const deadline = clock.deadline(timeoutMs, signal);
      try {
        return await new Promise<UaMessage>((resolve, reject) => {
          waiting = { request, resolve, reject };
          deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason), { once: true });
          channel.send(frame);
        });
      } catch (thrown) {
        waiting = undefined;
        if (!deadline.expired || thrown instanceof FingerError) throw thrown;
        throw new FingerError("PLC_TIMEOUT", `${where} left a request unanswered for ${timeoutMs} ms`, {
          cause: thrown,
        });
      } finally {
        deadline.dispose();
      }
    },
    close() {
      failure ??= uaLinkLost(where, "is closed");
      return channel.close();
    },
  };
}
