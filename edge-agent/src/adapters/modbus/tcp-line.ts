import type { Socket } from "node:net";
import TcpPort from "modbus-serial/ports/tcpport.js";
import { EdgeError } from "../../core/errors.ts";
import type { DriverDeps } from "../../ports/driver.ts";
import type { Line, Outcome } from "./line.ts";
import { createMbapWatch } from "./mbap-watch.ts";
import { createPending, type Waiting } from "./pending.ts";
import { encodeRequest, type ReadRequest, readReply, requestText } from "./request.ts";
import { connectTcp, type TcpPeer } from "./tcp-connect.ts";
import { createTransactionIds } from "./transaction-ids.ts";

export interface TcpLineOptions extends TcpPeer {
  readonly requestTimeoutMs: number;
}

type LineDeps = Pick<DriverDeps, "clock" | "logger">;

const CLOSE_MS = 500;

/** @throws EdgeError PLC_UNREACHABLE, PLC_REFUSED, PLC_TIMEOUT */
export async function openTcpLine(
  options: TcpLineOptions,
  deps: LineDeps,
  signal: AbortSignal,
): Promise<Line> {
  const socket = await connectTcp(options, deps.clock, signal);
  return createTcpLine(socket, options, deps);
}

/** modbus-serial's TcpPort packs and unpacks the frames; the transactions are kept here, because its client knows
 *  only 256 ids and takes any answer with the right id and length. */
function createTcpLine(socket: Socket, options: TcpLineOptions, { clock, logger }: LineDeps): Line {
  const where = `${options.host}:${options.port}`;
  const ids = createTransactionIds();
  const watch = createMbapWatch();
  const pending = createPending(options.requestTimeoutMs, clock, onExpired);
  let failure: EdgeError | undefined;
  let lastSocketError: Error | undefined;
  let lateAtMs: number | undefined;

  // Before TcpPort's own listener, which comes with its constructor: it must not see what this one refuses.
  socket.on("data", (bytes) => {
    const fault = watch.see(bytes);
    if (fault !== undefined) fail(malformed(fault));
  });
  socket.on("error", (error) => {
    lastSocketError = error;
  });
  socket.on("close", () => {
    const told = watch.isInsideFrame ? "in the middle of a reply" : "by the device or the network";
    fail(new EdgeError("PLC_UNREACHABLE", `${where}: connection closed ${told}`, { cause: lastSocketError }));
  });
  const port = new TcpPort({ socket });
  port.on("data", onReply);

  function malformed(reason: string): EdgeError {
    return new EdgeError("PDU_MALFORMED", `${where} sent what is no Modbus reply: ${reason}`);
  }

  function fail(error: EdgeError): void {
    if (failure !== undefined) return;
    failure = error;
    for (const waiting of pending.drain()) waiting.reject(error);
    socket.destroy();
  }

  function onReply(frame: Buffer): void {
    if (failure !== undefined) return;
    const id = port._transactionIdRead;
    const waiting = pending.take(id);
    const isLate = ids.release(id);
    if (waiting === undefined) {
      if (isLate) lateAtMs = clock.monotonicMs();
      // Late, doubled or never asked for: with its own id it cannot be taken for anything else.
      logger.debug({ id, bytes: frame.length }, "modbus reply that nobody waits for");
      return;
    }
    const reply = readReply(waiting.request, frame);
    if (reply.kind === "malformed") desynchronised(waiting, `${reply.reason} (byte ${reply.at})`);
    else waiting.resolve(reply);
  }

  function onExpired(waiting: Waiting): void {
    ids.abandon(waiting.id, clock.monotonicMs());
    // What is missing of a frame would be taken from the next one.
    if (watch.isInsideFrame) desynchronised(waiting, "it breaks off");
    else waiting.resolve({ kind: "timeout", sentAtMs: waiting.sentAtMs });
  }

  function desynchronised(waiting: Waiting, reason: string): void {
    const error = malformed(`${reason}, asked for ${requestText(waiting.request)}`);
    waiting.reject(error);
    fail(error);
  }

  async function exchange(request: ReadRequest, signal: AbortSignal): Promise<Outcome> {
    signal.throwIfAborted();
    if (failure !== undefined) throw failure;
    const sentAtMs = clock.monotonicMs();
    const id = ids.take(sentAtMs);
    if (id === undefined) {
      const error = new EdgeError("PLC_TIMEOUT", `${where} owes answers to all 65536 transaction ids`);
      fail(error);
      throw error;
    }
    return await new Promise<Outcome>((resolve, reject) => {
      const onAbort = () => {
        pending.take(id);
        ids.abandon(id, clock.monotonicMs());
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      const done = () => signal.removeEventListener("abort", onAbort);
      pending.add({
        id,
        request,
        sentAtMs,
        resolve: (outcome) => {
          done();
          resolve(outcome);
        },
        reject: (reason) => {
          done();
          reject(reason);
        },
      });
      port._transactionIdWrite = id;
      port.write(encodeRequest(request));
    });
  }

  async function close(): Promise<void> {
    if (socket.closed) return;
    const closed = new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
    });
    const deadline = clock.deadline(CLOSE_MS, new AbortController().signal);
    deadline.signal.addEventListener("abort", () => socket.destroy(), { once: true });
    const closing = new EdgeError("PLC_UNREACHABLE", `${where}: the session is closed`);
    if (failure === undefined) {
      failure = closing;
      for (const waiting of pending.drain()) waiting.reject(closing);
      port.close();
    }
    await closed;
    deadline.dispose();
  }

  return {
    exchange,
    fail,
    close,
    get lateAtMs() {
      return lateAtMs;
    },
  };
}
