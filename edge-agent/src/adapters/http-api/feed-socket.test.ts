import type { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import type { Tag } from "../../core/tag.ts";
import { aReading, type FakePlant, TAGS } from "./fake-plant.ts";
import { type Bench, openFeed, openSocket, startApi, upgradeRequest } from "./harness.ts";

const read = (plant: FakePlant, tag: number, value: string | number): void =>
  plant.change({ kind: "reading", tag }, aReading(TAGS[tag] as Tag, value));

/** A client that takes the handshake and then reads no more. */
async function openDeafClient(api: Bench): Promise<Socket> {
  const socket = await openSocket(api.address);
  socket.write(upgradeRequest(api.address));
  await new Promise((resolve) => socket.once("data", resolve));
  socket.pause();
  socket.on("error", () => {});
  return socket;
}

/** Bytes in buffers that something still holds. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  collect();
  return process.memoryUsage().arrayBuffers;
}

async function clientsOf(api: Bench): Promise<number> {
  const { json } = await api.ask("/v1/status");
  return (json as { feedClients: number }).feedClients;
}

describe("the feed over a real socket", () => {
  it("sends a snapshot, changes and heartbeats as texts", async () => {
    await using api = await startApi();
    const client = await openFeed(api.address);
    expect(await client.next()).toMatchObject({ kind: "snapshot" });
    read(api.plant, 1, 3.5);
    await api.clock.advance(200);
    expect(await client.next()).toMatchObject({ kind: "change", readings: [{ value: 3.5 }] });
    await api.clock.advance(1800);
    expect(await client.next()).toMatchObject({ kind: "heartbeat" });
    client.close();
    expect((await client.closed).code).toBe(1005);
  });

  it("does not compress, whatever the client offers", async () => {
    await using api = await startApi();
    const socket = await openSocket(api.address);
    const answer = await new Promise<string>((resolve) => {
      socket.once("data", (data) => resolve(data.toString("latin1")));
      socket.write(
        upgradeRequest(api.address).replace(
          "\r\n\r\n",
          "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
        ),
      );
    });
    expect(answer).toContain("101 Switching Protocols");
    expect(answer.toLowerCase()).not.toContain("sec-websocket-extensions");
    socket.destroy();
  });

  it("keeps what waits for a deaf client bounded, and serves the others meanwhile", async () => {
    await using api = await startApi();
    await using _ = await openDeafClient(api);
    const quick = await openFeed(api.address);
    await quick.next();
    // 2 MB a message and 60 of them: far more than the buffers of the operating system take.
    const value = "x".repeat(2_000_000);
    const before = heldBytes();
    for (let i = 0; i < 60; i += 1) {
      read(api.plant, 0, `${i}${value}`);
      await api.clock.advance(200);
      for (let message = await quick.next(); ; message = await quick.next()) {
        if ((message as { kind: string }).kind === "change") break;
      }
    }
    // What was collected is given back in the background.
    await vi.waitFor(() => expect(heldBytes() - before).toBeLessThan(20_000_000));
    expect(await clientsOf(api)).toBe(2);
    await api.clock.advance(20_000);
    await vi.waitFor(async () => expect(await clientsOf(api)).toBe(1));
    quick.close();
  });

  it("serves fifty clients from one message, and refuses the 65th with the reason", async () => {
    await using api = await startApi();
    const clients = await Promise.all(Array.from({ length: 50 }, () => openFeed(api.address)));
    await Promise.all(clients.map((client) => client.next()));
    expect(api.plant.listeners).toBe(1);
    for (let i = 0; i < 20; i += 1) {
      read(api.plant, 0, i);
      await api.clock.advance(200);
    }
    const last = await Promise.all(
      clients.map(async (client) => {
        for (;;) {
          const message = (await client.next()) as { readings?: { value: number }[] };
          if (message.readings?.[0]?.value === 19) return true;
        }
      }),
    );
    expect(last).toHaveLength(50);
    const more = await Promise.all(Array.from({ length: 14 }, () => openFeed(api.address)));
    await expect(openFeed(api.address)).rejects.toThrow();
    const socket = await openSocket(api.address);
    const answer = await new Promise<string>((resolve) => {
      socket.once("data", (data) => resolve(data.toString("latin1")));
      socket.write(upgradeRequest(api.address));
    });
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    expect(answer.toLowerCase()).toContain("retry-after: 5");
    socket.destroy();
    for (const client of [...clients, ...more]) client.close();
    await Promise.all([...clients, ...more].map((client) => client.closed));
    await vi.waitFor(() => expect(api.plant.listeners).toBe(0));
  });

  it("closes who talks, and cuts off who sends more than any request is long", async () => {
    await using api = await startApi();
    const chatty = await openFeed(api.address);
    chatty.send("hello");
    expect(await chatty.closed).toMatchObject({ code: 1008 });
    const loud = await openFeed(api.address);
    loud.send("x".repeat(40_000));
    // RFC 6455, 7.4.1: message too big; or the connection is gone before that is said.
    expect([1009, 1006]).toContain((await loud.closed).code);
    await api.clock.advance(200);
    await vi.waitFor(async () => expect(await clientsOf(api)).toBe(0));
  });

  it("outlives a client that sends garbage instead of frames", async () => {
    await using api = await startApi();
    const socket = await openSocket(api.address);
    socket.write(upgradeRequest(api.address));
    await new Promise((resolve) => socket.once("data", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => {});
    socket.resume();
    socket.write(Buffer.alloc(100, 0xff));
    await closed;
    expect((await api.ask("/livez")).status).toBe(200);
    expect(api.log.map(({ message }) => message)).toContain("a feed client broke off");
  });

  it("says goodbye when the agent stops, and the server is gone", async () => {
    const api = await startApi();
    const client = await openFeed(api.address);
    await api.close();
    expect(await client.closed).toEqual({ code: 1001, reason: "the agent stops" });
    await expect(api.ask("/livez")).rejects.toThrow("ECONNREFUSED");
  });

  it("does not keep the agent from stopping where a client is deaf", async () => {
    const api = await startApi();
    await using _ = await openDeafClient(api);
    const closed = api.close();
    while (api.clock.waiting < 2) await new Promise(setImmediate);
    await api.clock.advance(1000);
    await closed;
  });
});
