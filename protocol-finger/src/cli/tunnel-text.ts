import type { TunnelEvent } from "../tunnel/events.ts";
import { describeError } from "./describe-error.ts";

/** One line of the log of a tunnel. */
export function eventText(event: TunnelEvent): string {
  switch (event.kind) {
    case "guest-came":
      return `client ${event.guest} (${event.from}) has come`;
    case "guest-left":
      return `client ${event.guest} (${event.from}) has gone: ${event.reason}`;
    case "guest-refused":
      return `${event.from} was turned away: there are as many clients as the tunnel takes`;
    case "accept-failed":
      return `a client could not be let in: ${event.reason}`;
    case "plc-up":
      return "connected to the PLC";
    case "plc-down":
      return `no PLC: ${describeError(event.error)}; next attempt in ${Math.round(event.retryMs / 1000)} s`;
    case "written":
      return `client ${event.guest} wrote ${event.what}`;
    case "write-failed":
      return `client ${event.guest} may write ${event.what}, and the PLC did not take it`;
    case "write-refused":
      return `client ${event.guest} may not write ${event.what}; the PLC has not seen it`;
  }
}
