import { type ModbusOptions, openModbus } from "../clients/modbus-client.ts";
import type { TunnelArea } from "./areas.ts";
import { createS7Backend } from "./s7-backend.ts";
import { serveS7Guest } from "./s7-guest.ts";
import type { TunnelledPlc } from "./s7-identity.ts";
import { startTunnel, TUNNEL_DEFAULTS, type Tunnel, type TunnelOptions } from "./tunnel.ts";
import type { TunnelDeps } from "./upstream.ts";
import { writablesOf } from "./writable.ts";

export interface S7ProxyOptions extends Partial<TunnelOptions> {
  readonly listen: { readonly host: string; readonly port: number };
  readonly upstream: ModbusOptions;
  readonly areas: readonly TunnelArea[];
  /** S7 addresses that may be written, exactly as long as they are: none where absent. */
  readonly writable?: readonly string[];
  /** What is known of the PLC, for clients that ask. */
  readonly plc?: TunnelledPlc;
  /** Registers that may be read along between two wanted ones. */
  readonly maxGap?: number;
}

const MAX_GAP = 8;

/** An ISO-on-TCP server for S7 clients over a PLC that speaks Modbus/TCP. The PLC need not be there yet: while it is not,
 *  items are answered with a hardware fault.
 *  @throws FingerError ADDRESS_INVALID (writable), OPTION_INVALID (the port cannot be listened on) */
export async function startS7Proxy(
  options: S7ProxyOptions,
  deps: TunnelDeps,
  signal: AbortSignal,
): Promise<Tunnel> {
  const { areas, listen, upstream: peer, plc = {}, maxGap = MAX_GAP, writable = [], ...limits } = options;
  const settings = { ...TUNNEL_DEFAULTS, ...limits };
  const writables = writablesOf(writable, areas);
  return await startTunnel(
    {
      listen,
      settings,
      plc: {
        open: (during) => openModbus(peer, deps, during),
        isOver: ({ code }) => code === "PLC_UNREACHABLE" || code === "PDU_MALFORMED",
      },
      backend: (upstream) =>
        createS7Backend({ areas, writables, maxGap, maxQueue: settings.maxQueue }, upstream),
      serve: (guest, backend, watch) =>
        serveS7Guest(guest, { plc, maxClients: settings.maxClients }, { backend, ...watch }),
    },
    deps,
    signal,
  );
}
