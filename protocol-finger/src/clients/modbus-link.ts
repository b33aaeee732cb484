import type { Socket } from "node:net";
import type { Clock } from "../clock/clock.ts";
import { FingerError } from "../finger-error.ts";
import { type Adu, createAduCutter, encodeAdu } from "../wire/mbap.ts";
import {
  decodeModbusReply,
  encodeModbusRequest,
  type ModbusRead,
  type ModbusWrite,
} from "../wire/modbus-pdu.ts";
import { WireError } from "../wire/wire-error.ts";
import { ModbusException, requestText } from "./modbus-exception.ts";
import { part } from "./part.ts";

/** One transaction at a time over one connection. */
export interface ModbusLink {
  /** @param unit which of the devices behind the connection
   *  @returns what was read; nothing for a write
   *  @throws ModbusException, FingerError PLC_TIMEOUT: the link is still good
   *  @throws FingerError PLC_UNREACHABLE, PDU_MALFORMED: it is not, now and ever after
   *  @throws the signal's reason when it aborts; the next transaction waits until this one's answer came or is overdue */
  exchange(unit: number, request: ModbusRead | ModbusWrite, signal: AbortSignal): Promise<Buffer>;
  /** Aborts, with the FingerError, when the link is over. */
  readonly ended: AbortSignal;
  /** Requests that were sent. */
  readonly requests: number;
  /** Answers that nobody waited for: late, doubled, or of another unit. */
  readonly strayReplies: number;
  /** FIN, and wait for the other side's, half a second at most. Never throws. */
  close(): Promise<void>;
}

export interface ModbusLinkOptions {
  /** Of the device, for messages: "10.0.0.5:502". */
  readonly where: string;
  readonly requestTimeoutMs: number;
  /** Least pause between an answer and the next request. */
  readonly minGapMs: number;
}

interface InFlight {
  readonly id: number;
  readonly unit: number;
  readonly request: ModbusRead | ModbusWrite;
  resolve(bytes: Buffer): void;
  reject(error: FingerError): void;
}

const IDS = 65_536;
/** As many unanswered requests in a row, and nobody is there any more. */
const TIMEOUTS_IN_A_ROW = 3;
/** Callers that wait for their turn; more of them is a bug of the caller. */
const MOST_WAITING = 256;

export function createModbusLink(socket: Socket, options: ModbusLinkOptions, clock: Clock): ModbusLink {
  const { where } = options;
  const ending = new AbortController();
  const cutter = createAduCutter();
  let turn: Promise<void> = Promise.resolve();
  let waiting = 0;
  let inFlight: InFlight | undefined;
  let nextId = 1;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let timeouts = 0;
  let requests = 0;
  let strayReplies = 0;

  function end(error: FingerError): void {
    if (ending.signal.aborted) return;
    ending.abort(error);
    inFlight?.reject(error);
    inFlight = undefined;
    socket.destroy();
  }

  function onAdu(adu: Adu): void {
    const asked = inFlight;
    // With an id or unit of its own an answer cannot be taken for another one; it is never made to fit by guess.
    if (asked === undefined || adu.transaction !== asked.id || adu.unit !== asked.unit) {
      strayReplies += 1;
      return;
    }
    const reply = decodeModbusReply(asked.request, adu.pdu);
    inFlight = undefined;
    timeouts = 0;
    if (reply.kind === "exception") asked.reject(new ModbusException(where, asked.request, reply.code));
    else asked.resolve(reply.kind === "data" ? reply.bytes : Buffer.alloc(0));
  }

  function onData(chunk: Buffer): void {
    try {
      if (!ending.signal.aborted) cutter.push(chunk, onAdu);
    } catch (thrown) {
      if (!(thrown instanceof WireError)) throw thrown;
      const message = `${where} sent what is no Modbus answer, ${thrown.message}: does it speak Modbus/TCP?`;
      end(new FingerError("PDU_MALFORMED", message, { cause: thrown, diagnosis: "MALFORMED_ANSWER" }));
    }
  }

  async function send(unit: number, request: ModbusRead | ModbusWrite): Promise<Buffer> {
    const pauseMs = notBeforeMs - clock.monotonicMs();
    if (pauseMs > 0) await clock.sleep(pauseMs, ending.signal);
    ending.signal.throwIfAborted();
    const id = nextId;
    nextId = (nextId + 1) % IDS;
    const deadline = clock.deadline(options.requestTimeoutMs, ending.signal);
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        inFlight = { id, unit, request, resolve, reject };
        deadline.signal.addEventListener("abort", () => deadline.expired && onTimeout(unit, request), {
          once: true,
        });
        requests += 1;
        socket.write(encodeAdu({ transaction: id, unit, pdu: encodeModbusRequest(request) }));
      });
    } finally {
      deadline.dispose();
      notBeforeMs = clock.monotonicMs() + options.minGapMs;
    }
  }

  function onTimeout(unit: number, request: ModbusRead | ModbusWrite): void {
    const asked = inFlight;
    inFlight = undefined;
    timeouts += 1;
    const silence = `${where} left ${requestText(request)} unanswered for ${options.requestTimeoutMs} ms`;
    if (timeouts >= TIMEOUTS_IN_A_ROW) {
      const error = lost(`${silence}, ${timeouts} times in a row: is it still there?`);
      asked?.reject(error);
      end(error);
      return;
    }
    const isLate = strayReplies > 0;
    const mend = isLate ? "its answers come late: raise the request timeout" : `is unit ${unit} right?`;
    const diagnosis = isLate ? "MODBUS_LATE_REPLY" : "MODBUS_UNIT_SILENT";
    asked?.reject(new FingerError("PLC_TIMEOUT", `${silence}: ${mend}`, { diagnosis }));
  }

  function exchange(unit: number, request: ModbusRead | ModbusWrite, signal: AbortSignal): Promise<Buffer> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (waiting >= MOST_WAITING)
      return Promise.reject(new RangeError(`${waiting} requests wait for ${where}`));
    waiting += 1;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      const mine = turn.then(() => (signal.aborted ? undefined : send(unit, request)));
      turn = mine
        .then((bytes) => bytes && resolve(bytes), reject)
        .finally(() => {
          waiting -= 1;
          signal.removeEventListener("abort", onAbort);
        });
    });
  }

  async function close(): Promise<void> {
    const error = new FingerError("PLC_UNREACHABLE", `the connection to ${where} is closed`);
    ending.abort(error);
    inFlight?.reject(error);
    inFlight = undefined;
    await part(socket, clock);
  }

  socket.on("data", onData);
  socket.on("error", (cause) => end(lost(`the connection to ${where} broke`, cause)));
  socket.on("close", () => end(lost(`${where} closed the connection`)));

  return {
    exchange,
    ended: ending.signal,
    get requests() {
      return requests;
    },
    get strayReplies() {
      return strayReplies;
    },
    close,
  };
}

const lost = (message: string, cause?: unknown): FingerError =>
  new FingerError("PLC_UNREACHABLE", message, {
    diagnosis: "LINK_LOST",
    ...(cause !== undefined && { cause }),
  });
