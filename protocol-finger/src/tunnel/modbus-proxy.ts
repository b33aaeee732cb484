import { openS7, type S7ClientOptions } from "../clients/s7-client.ts";
import { FingerError } from "../finger-error.ts";
import type { TunnelArea } from "./areas.ts";
import { createModbusBackend } from "./modbus-backend.ts";
import { serveModbusGuest } from "./modbus-guest.ts";
import { startTunnel, TUNNEL_DEFAULTS, type Tunnel, type TunnelOptions } from "./tunnel.ts";
import type { TunnelDeps } from "./upstream.ts";
import { type Writable, writablesOf } from "./writable.ts";

export interface ModbusProxyOptions extends Partial<TunnelOptions> {
  readonly listen: { readonly host: string; readonly port: number };
  readonly upstream: S7ClientOptions;
  readonly areas: readonly TunnelArea[];
  /** S7 addresses that may be written, with one request for exactly their registers or bits: none where absent. */
  readonly writable?: readonly string[];
}

/** A Modbus/TCP server over an S7 controller. The controller need not be there yet: while it is not, requests are answered
 *  with exception 0A.
 *  @throws FingerError ADDRESS_INVALID (writable), OPTION_INVALID (the port cannot be listened on) */
export async function startModbusProxy(
  options: ModbusProxyOptions,
  deps: TunnelDeps,
  signal: AbortSignal,
): Promise<Tunnel> {
  const { areas, listen, upstream: peer, writable = [], ...limits } = options;
  const settings = { ...TUNNEL_DEFAULTS, ...limits };
  const writables = writablesOf(writable, areas);
  for (const allowed of writables) checkBits(allowed);
  return await startTunnel(
    {
      listen,
      settings,
      plc: {
        open: (during) => openS7(peer, deps, during),
        isOver: ({ code }) => code !== "PLC_REFUSED",
      },
      backend: (upstream) =>
        createModbusBackend(
          { areas, writables, maxQueue: settings.maxQueue, maxReadBytes: peer.maxReadBytes },
          upstream,
        ),
      serve: serveModbusGuest,
    },
    deps,
    signal,
  );
}

/** An S7 writes one bit, or whole bytes. */
function checkBits({ text, place }: Writable): void {
  if (place.bits === undefined || place.bits === 1) return;
  const message = `"${text}" cannot be written: an S7 writes one bit at once, or whole bytes: name them one by one`;
  throw new FingerError("ADDRESS_INVALID", message);
}
