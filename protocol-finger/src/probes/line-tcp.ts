import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Clock } from "../clock/clock.ts";
import type { Channel } from "./line.ts";

export type TcpConnected =
  | { readonly kind: "open"; readonly socket: Socket; readonly connectMs: number }
  /** `wasAccepted`: reset when the handshake was over, not in its place. */
  | { readonly kind: "closed"; readonly afterMs: number; readonly wasAccepted: boolean }
  | { readonly kind: "filtered"; readonly afterMs: number }
  | { readonly kind: "unreachable"; readonly reason: string };

const CLOSE_MS = 500;

/** One full three-way handshake, no more.
 *  @param address no name: what the allow-list has admitted
 *  @throws the signal's reason */
export async function connectTcp(
  address: string,
  port: number,
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<TcpConnected> {
  signal.throwIfAborted();
  const startMs = clock.monotonicMs();
  const deadline = clock.deadline(timeoutMs, signal);
  // Half open, so that the device's FIN is answered by ours and not by a reset.
  const socket = connect({ host: address, port, noDelay: true, allowHalfOpen: true });
  try {
    await once(socket, "connect", { signal: deadline.signal });
    return { kind: "open", socket, connectMs: clock.monotonicMs() - startMs };
  } catch (thrown) {
    socket.destroy();
    signal.throwIfAborted();
    const afterMs = clock.monotonicMs() - startMs;
    return deadline.expired ? { kind: "filtered", afterMs } : failed(thrown, afterMs);
  } finally {
    deadline.dispose();
  }
}

function failed(thrown: unknown, afterMs: number): TcpConnected {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (code === "ECONNREFUSED") return { kind: "closed", afterMs, wasAccepted: false };
  if (code === "ECONNRESET") return { kind: "closed", afterMs, wasAccepted: true };
  if (code === "ETIMEDOUT") return { kind: "filtered", afterMs };
  if (typeof code !== "string") throw thrown;
  const isNameless = code === "ENOTFOUND" || code === "EAI_AGAIN";
  return { kind: "unreachable", reason: isNameless ? "no such name" : `the network says ${code}` };
}

export function tcpChannel(socket: Socket, clock: Clock): Channel {
  return {
    listen(onBytes, onEnd) {
      let isOver = false;
      const end = (by: "fin" | "reset") => {
        if (!isOver) onEnd(by);
        isOver = true;
      };
      socket.on("data", onBytes);
      socket.on("end", () => end("fin"));
      // Whatever the error is (ECONNRESET, EPIPE, ETIMEDOUT): the connection is gone without a FIN.
      socket.on("error", () => end("reset"));
    },
    send: (frame) => void socket.write(frame),
    pause: () => void socket.pause(),
    async close() {
      if (socket.destroyed) return;
      // Not once(): that would throw what a late reset reports.
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      // Bytes that nobody has read would make the kernel send a reset in place of the FIN.
      socket.removeAllListeners("data").resume().end();
      const deadline = clock.deadline(CLOSE_MS, new AbortController().signal);
      const destroy = () => socket.destroy();
      deadline.signal.addEventListener("abort", destroy, { once: true });
      try {
        await closed;
      } finally {
        deadline.dispose();
      }
    },
  };
}
