import { DisconnectError } from "@stethos/protocol-finger/wire";
import { describeError, EdgeError } from "../../core/errors.ts";

interface Waiting {
  readonly device: string;
  readonly requestTimeoutMs: number;
}

/** What was thrown over an answer. */
export function fault(thrown: unknown, device: string): EdgeError {
  if (thrown instanceof EdgeError) return thrown;
  const text = `${device}: ${describeError(thrown)}`;
  return thrown instanceof DisconnectError
    ? new EdgeError("PLC_UNREACHABLE", text, { cause: thrown, diagnosis: "LINK_LOST" })
    : new EdgeError("PDU_MALFORMED", text, { cause: thrown, diagnosis: "MALFORMED_ANSWER" });
}

/** No answer came in time. */
export function silence({ device, requestTimeoutMs }: Waiting, isOverloaded: boolean): EdgeError {
  const what = isOverloaded ? "several requests at once" : "a request";
  return new EdgeError(
    "PLC_TIMEOUT",
    `${device} left ${what} unanswered for ${requestTimeoutMs} ms: the connection is given up`,
    { diagnosis: isOverloaded ? "S7_OVERLOADED" : "LINK_LOST" },
  );
}

/** The connection ended. */
export const lost = (device: string, cause: unknown): EdgeError =>
  new EdgeError("PLC_UNREACHABLE", `${device} closed the connection`, { cause, diagnosis: "LINK_LOST" });
