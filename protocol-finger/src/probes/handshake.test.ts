import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { createManualClock } from "../clock/manual-clock.ts";
import type { SynAckSource } from "../syn-ack-source.ts";
import { watchHandshake } from "./handshake.ts";

const never = new AbortController().signal;
// TEST-NET-3 (RFC 5737): not our own, and nobody's.
const DEVICE = "203.0.113.7";

async function socketPair() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as { port: number }).port, "127.0.0.1");
  await once(socket, "connect");
  return {
    socket,
    close() {
      socket.destroy();
      server.close();
    },
  };
}

async function featuresWith(synAck: SynAckSource | undefined, address = DEVICE) {
  const socketInfo = vi.fn(async () => ({ mss: 1460, window: 4096 }));
  const pair = await socketPair();
  const deps = { clock: createManualClock(), socketInfo, ...(synAck !== undefined && { synAck }) };
  const watch = watchHandshake(address, 102, deps);
  try {
    const handshake = await watch.features(pair.socket, 2, never);
    return { handshake, socketInfo, local: `127.0.0.1:${pair.socket.localPort}` };
  } finally {
    watch.stop();
    pair.close();
  }
}

describe("the view of a handshake", () => {
  it("is the kernel's where nobody listens to the link", async () => {
    const { handshake, socketInfo, local } = await featuresWith(undefined);
    expect(handshake).toEqual({ tcp: { connectMs: 2, mss: 1460, window: 4096 }, view: "ss" });
    expect(socketInfo).toHaveBeenCalledWith(
      { local, remote: expect.stringMatching(/^127\.0\.0\.1:/) },
      never,
    );
  });

  it("is the SYN-ACK in full where it was seen, with our own measure of the time", async () => {
    const seen = { connectMs: 0, window: 4096, ttl: 30, dontFragment: false, options: "M" };
    const { handshake, socketInfo } = await featuresWith({ observe: async () => seen });
    expect(handshake).toEqual({ tcp: { ...seen, connectMs: 2 }, view: "syn-ack" });
    expect(socketInfo).not.toHaveBeenCalled();
  });

  it("falls back to the kernel's where no SYN-ACK was seen", async () => {
    const { handshake } = await featuresWith({ observe: async () => undefined });
    expect(handshake.view).toBe("ss");
  });

  it("tells what went wrong with the listener", async () => {
    const broken: SynAckSource = { observe: () => Promise.reject(new Error("tcpdump ended")) };
    await expect(featuresWith(broken)).rejects.toThrow("tcpdump ended");
  });

  it("does not wait for a SYN-ACK for longer than it takes to come through", async () => {
    const clock = createManualClock();
    const silent: SynAckSource = {
      observe: (_host, _port, signal) =>
        new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined))),
    };
    const pair = await socketPair();
    const watch = watchHandshake(DEVICE, 102, { clock, synAck: silent, socketInfo: async () => undefined });
    const features = watch.features(pair.socket, 2, never);
    await clock.advance(300);
    expect(await features).toEqual({ tcp: { connectMs: 2 }, view: "none" });
    pair.close();
  });

  it("is not asked for where the peer is this machine", async () => {
    const observe = vi.fn(async () => undefined);
    const { handshake, socketInfo } = await featuresWith({ observe }, "127.0.0.1");
    expect(handshake).toEqual({ tcp: { connectMs: 2 }, view: "loopback" });
    expect(observe).not.toHaveBeenCalled();
    expect(socketInfo).not.toHaveBeenCalled();
  });

  it("lets the listener go when no connection comes of it", async () => {
    let isOver = false;
    const observe: SynAckSource["observe"] = (_host, _port, signal) => {
      signal.addEventListener("abort", () => {
        isOver = true;
      });
      return new Promise(() => undefined);
    };
    const deps = { clock: createManualClock(), synAck: { observe }, socketInfo: async () => undefined };
    watchHandshake(DEVICE, 102, deps).stop();
    expect(isOver).toBe(true);
  });
});
