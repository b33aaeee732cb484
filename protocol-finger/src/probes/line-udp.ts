import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import type { Channel } from "./line.ts";

/** Two sockets on one port of ours: what the device sends from the port that was asked, and its network's word that
 *  nobody listens there, come to the connected one; HART-IP answers from another port, which comes to the open one. */
export interface UdpPair {
  readonly connected: Socket;
  readonly open: Socket;
}

export type UdpOpened =
  | { readonly kind: "open"; readonly pair: UdpPair }
  | { readonly kind: "unreachable"; readonly reason: string };

/** @throws the signal's reason */
export async function openUdp(address: string, port: number, signal: AbortSignal): Promise<UdpOpened> {
  signal.throwIfAborted();
  const type = isIPv6(address) ? "udp6" : "udp4";
  const open = createSocket({ type, reuseAddr: true });
  const connected = createSocket({ type, reuseAddr: true });
  try {
    await settled(open, "listening", () => open.bind(0), signal);
    await settled(connected, "listening", () => connected.bind(open.address().port), signal);
    await settled(connected, "connect", () => connected.connect(port, address), signal);
    return { kind: "open", pair: { open, connected } };
  } catch (thrown) {
    open.close();
    connected.close();
    signal.throwIfAborted();
    if (!(thrown instanceof Error) || !("code" in thrown)) throw thrown;
    return { kind: "unreachable", reason: `the network says ${String(thrown.code)}` };
  }
}

async function settled(socket: Socket, event: string, start: () => void, signal: AbortSignal): Promise<void> {
  const happened = once(socket, event, { signal });
  start();
  await happened;
}

export function udpChannel({ open, connected }: UdpPair, address: string): Channel {
  let isClosed = false;
  return {
    listen(onBytes, onEnd) {
      connected.on("message", onBytes);
      // ECONNREFUSED: ICMP says that nobody listens.
      connected.on("error", () => onEnd("reset"));
      open.on("message", (bytes, from) => {
        if (from.address === address) onBytes(bytes);
      });
      open.on("error", () => onEnd("reset"));
    },
    send: (frame) => void connected.send(frame),
    // Datagrams that nobody takes are lost, as UDP has it.
    pause() {
      connected.removeAllListeners("message");
      open.removeAllListeners("message");
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      const closed = [once(open, "close"), once(connected, "close")];
      open.close();
      connected.close();
      await Promise.all(closed);
    },
  };
}
