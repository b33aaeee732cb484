import type RtuBufferedPort from "modbus-serial/ports/rtubufferedport.js";
import crc16 from "modbus-serial/utils/crc16.js";
import { EdgeError } from "../../core/errors.ts";
import type { DriverDeps } from "../../ports/driver.ts";
import type { Line, Outcome } from "./line.ts";
import { CRC_BYTES, encodeRequest, type ReadRequest, readReply, requestText } from "./request.ts";
import { openSerialPort, type SerialOptions } from "./serial-port.ts";

export interface RtuLineOptions extends SerialOptions {
  readonly requestTimeoutMs: number;
}

type LineDeps = Pick<DriverDeps, "clock" | "logger">;
type Heard = { readonly kind: "corrupt"; readonly reason: string } | Outcome;

const CLOSE_MS = 500;
/** A late answer has ended when the line was quiet for so long: far above the 3.5 characters of the standard, because
 *  USB adapters hand bytes over in bursts. */
const QUIET_MS = 50;

/** @throws EdgeError PLC_UNREACHABLE, PLC_TIMEOUT */
export async function openRtuLine(
  options: RtuLineOptions,
  deps: LineDeps,
  signal: AbortSignal,
): Promise<Line> {
  const port = await openSerialPort(options, deps.clock, signal);
  return createRtuLine(port, options, deps);
}

/** One question at a time. RTU answers carry no transaction id: after an unanswered question the line is listened
 *  to until it is quiet before the next one, so that a late answer is not taken for that one's. */
function createRtuLine(port: RtuBufferedPort, options: RtuLineOptions, { clock, logger }: LineDeps): Line {
  const { path, requestTimeoutMs } = options;
  const life = new AbortController();
  let failure: EdgeError | undefined;
  let isDirty = false;
  let bytesHeard = 0;
  let lateAtMs: number | undefined;

  port._client.on("data", (bytes) => {
    bytesHeard += bytes.length;
  });
  port.on("error", (cause) => fail(lost(`serial port ${path} failed`, cause)));
  port.on("close", () => fail(lost(`serial port ${path} closed; was the adapter unplugged?`)));

  function lost(message: string, cause?: unknown): EdgeError {
    return new EdgeError("PLC_UNREACHABLE", message, { cause });
  }

  function fail(error: EdgeError): void {
    if (failure !== undefined) return;
    failure = error;
    life.abort(error);
    if (port.isOpen) port.close(() => undefined);
  }

  async function exchange(request: ReadRequest, signal: AbortSignal): Promise<Outcome> {
    const either = AbortSignal.any([signal, life.signal]);
    const first = await ask(request, either);
    if (first.kind !== "corrupt") return first;
    // One disturbed answer is daily life on a serial line; two in a row are a wrong setting or a broken cable.
    logger.debug(
      { request: requestText(request), reason: first.reason },
      "modbus reply disturbed, asking again",
    );
    const second = await ask(request, either);
    if (second.kind !== "corrupt") return second;
    const error = new EdgeError(
      "PDU_MALFORMED",
      `${path}: no proper reply for ${requestText(request)}: ${second.reason}; check baud rate, parity and wiring`,
    );
    fail(error);
    throw error;
  }

  async function ask(request: ReadRequest, signal: AbortSignal): Promise<Heard> {
    signal.throwIfAborted();
    if (isDirty || port._buffer.length > 0) await listenUntilQuiet(signal);
    // Until a proper answer says otherwise.
    isDirty = true;
    const frame = encodeRequest(request);
    frame.writeUInt16LE(crc16(frame.subarray(0, -CRC_BYTES)), frame.length - CRC_BYTES);
    const heard = judge(request, await transmit(frame, signal));
    isDirty = heard.kind !== "data" && heard.kind !== "exception";
    return heard;
  }

  async function transmit(frame: Buffer, signal: AbortSignal): Promise<Buffer | number> {
    const sentAtMs = clock.monotonicMs();
    const deadline = clock.deadline(requestTimeoutMs, signal);
    let onData: (reply: Buffer) => void = () => undefined;
    try {
      deadline.signal.throwIfAborted();
      return await new Promise<Buffer>((resolve, reject) => {
        onData = resolve;
        port.on("data", onData);
        deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason), { once: true });
        port.write(frame);
      });
    } catch (thrown) {
      if (!deadline.expired) throw thrown;
      return sentAtMs;
    } finally {
      port.off("data", onData);
      deadline.dispose();
    }
  }

  /** @param frame the answer, or when the unanswered question was sent */
  function judge(request: ReadRequest, frame: Buffer | number): Heard {
    if (typeof frame === "number") {
      const rest = port._buffer.length;
      if (rest === 0) return { kind: "timeout", sentAtMs: frame };
      return { kind: "corrupt", reason: `${rest} bytes came that are no whole reply` };
    }
    if (frame.readUInt16LE(frame.length - CRC_BYTES) !== crc16(frame.subarray(0, -CRC_BYTES))) {
      return { kind: "corrupt", reason: "the check sum (CRC) is wrong" };
    }
    const reply = readReply(request, frame);
    return reply.kind === "malformed" ? { kind: "corrupt", reason: reply.reason } : reply;
  }

  async function listenUntilQuiet(signal: AbortSignal): Promise<void> {
    // As long again as an answer may take; but once something comes, only to its end.
    const untilMs = clock.monotonicMs() + requestTimeoutMs;
    let before = bytesHeard;
    let hasHeard = port._buffer.length > 0;
    while (clock.monotonicMs() < untilMs) {
      await clock.sleep(QUIET_MS, signal);
      if (hasHeard && bytesHeard === before) break;
      hasHeard = hasHeard || bytesHeard !== before;
      before = bytesHeard;
    }
    if (hasHeard) lateAtMs = clock.monotonicMs();
    await new Promise<void>((resolve) => port._client.flush(() => resolve()));
    port._buffer = Buffer.alloc(0);
  }

  async function close(): Promise<void> {
    failure ??= lost(`serial port ${path}: the session is closed`);
    life.abort(failure);
    if (!port.isOpen) return;
    const deadline = clock.deadline(CLOSE_MS, new AbortController().signal);
    await new Promise<void>((resolve) => {
      deadline.signal.addEventListener("abort", () => resolve(), { once: true });
      port.close(() => resolve());
    });
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
