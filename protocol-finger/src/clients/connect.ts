import type { Socket } from "node:net";
import type { Clock } from "../clock/clock.ts";
import { FingerError } from "../finger-error.ts";
import { connectTcp, type TcpConnected } from "../probes/line-tcp.ts";

export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
}

/** After so long without traffic the kernel asks whether the peer is still there. */
const KEEP_ALIVE_MS = 10_000;

/** A connection to keep.
 *  @param service what should listen there: "the Modbus server"
 *  @throws FingerError PLC_UNREACHABLE (the port is closed, nobody answers); the signal's reason when it aborts */
export async function connectTo(
  peer: Peer,
  service: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port, connectTimeoutMs: timeoutMs } = peer;
  const connected = await connectTcp(host, port, { clock, timeoutMs }, signal);
  if (connected.kind !== "open") throw unreachable(peer, service, connected);
  // A device that says goodbye has nothing more to say: our half ends with its.
  connected.socket.allowHalfOpen = false;
  connected.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return connected.socket;
}

function unreachable(
  { host, port, connectTimeoutMs }: Peer,
  service: string,
  failed: Exclude<TcpConnected, { readonly kind: "open" }>,
): FingerError {
  const where = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (failed.kind === "closed") {
    const text = `${where} is closed: is ${service} of this device switched on, and address and port right?`;
    return new FingerError("PLC_UNREACHABLE", text, { diagnosis: "PORT_CLOSED" });
  }
  const how =
    failed.kind === "filtered" ? ` does not answer within ${connectTimeoutMs} ms` : `: ${failed.reason}`;
  const text = `${where}${how}: is the device on, its name right, and no firewall between?`;
  return new FingerError("PLC_UNREACHABLE", text, { diagnosis: "HOST_SILENT" });
}
