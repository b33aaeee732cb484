import type { TcpFeatures } from "./probes/probe.ts";

/** Sees the answer to a SYN in full, where the process may listen to the link (CAP_NET_RAW). It listens from before the
 *  call on: the connection is made while the promise is pending. */
export interface SynAckSource {
  /** The next SYN-ACK from `host`:`port`; undefined where none was seen by the time `signal` aborts.
   *  @param host an address, no name */
  observe(host: string, port: number, signal: AbortSignal): Promise<TcpFeatures | undefined>;
}
