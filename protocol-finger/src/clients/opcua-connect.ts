import type { Clock } from "../clock/clock.ts";
import { FingerError } from "../finger-error.ts";
import { tcpChannel } from "../probes/line-tcp.ts";
import { connectTo } from "./connect.ts";
import { createUaLink, type UaLink } from "./opcua-link.ts";

export interface UaPeer {
  readonly endpointUrl: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

const DEFAULT_PORT = 4840;
const ADDRESS =
  /^opc\.tcp:\/\/(?:\[(?<six>[0-9a-f:.]+)\]|(?<host>[^/:\s]+))(?::(?<port>\d{1,5}))?(?:\/.*)?$/i;

/** @throws FingerError OPTION_INVALID, PLC_UNREACHABLE; the signal's reason */
export async function connectUa(
  { endpointUrl, connectTimeoutMs, requestTimeoutMs }: UaPeer,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly where: string; readonly link: UaLink }> {
  const { six, host = six, port: given } = ADDRESS.exec(endpointUrl)?.groups ?? {};
  const port = Number(given ?? DEFAULT_PORT);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new FingerError(
      "OPTION_INVALID",
      `"${endpointUrl}" is no address of a server: write opc.tcp://HOST:4840`,
    );
  }
  const where = `${six === undefined ? host : `[${six}]`}:${port}`;
  const socket = await connectTo({ host, port, connectTimeoutMs }, "the OPC UA server", clock, signal);
  const channel = tcpChannel(socket, clock);
  return { where, link: createUaLink(channel, { where, timeoutMs: requestTimeoutMs, clock }) };
}
