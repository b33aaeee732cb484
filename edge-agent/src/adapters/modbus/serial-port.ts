import type { Clock } from "@stethos/protocol-finger/clock";
import type RtuBufferedPort from "modbus-serial/ports/rtubufferedport.js";
import { EdgeError } from "../../core/errors.ts";
import type { ModbusRtuOptions } from "./options.ts";

export type SerialOptions = Pick<
  ModbusRtuOptions,
  "baudRate" | "connectTimeoutMs" | "dataBits" | "parity" | "path" | "stopBits"
>;

/** @throws EdgeError PLC_UNREACHABLE, PLC_TIMEOUT */
export async function openSerialPort(
  options: SerialOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<RtuBufferedPort> {
  signal.throwIfAborted();
  const { baudRate, connectTimeoutMs, dataBits, parity, path, stopBits } = options;
  const port = new (await loadPort(path))(path, { baudRate, dataBits, parity, stopBits });
  const deadline = clock.deadline(connectTimeoutMs, signal);
  try {
    deadline.signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason), { once: true });
      port.open((cause) => {
        if (cause) reject(unreachable(path, cause));
        // Too late: nobody would ever close it.
        else if (deadline.signal.aborted) port.close(() => undefined);
        else resolve();
      });
    });
  } catch (thrown) {
    if (!deadline.expired) throw thrown;
    throw new EdgeError("PLC_TIMEOUT", `serial port ${path} did not open in ${connectTimeoutMs} ms`, {
      cause: thrown,
    });
  } finally {
    deadline.dispose();
  }
  return port;
}

/** Loaded when first needed: it brings the native serial driver, which a site without serial lines does without. */
async function loadPort(path: string): Promise<typeof RtuBufferedPort> {
  try {
    return (await import("modbus-serial/ports/rtubufferedport.js")).default;
  } catch (cause) {
    throw new EdgeError(
      "PLC_UNREACHABLE",
      `no driver for serial port ${path} on this platform (package serialport)`,
      {
        cause,
      },
    );
  }
}

const unreachable = (path: string, cause: unknown): EdgeError =>
  new EdgeError(
    "PLC_UNREACHABLE",
    `cannot open serial port ${path}; is the adapter plugged in, not in use, and the user in group dialout?`,
    { cause },
  );
