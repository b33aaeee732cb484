import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createSystemClock } from "../clock/system-clock.ts";
import type { TunnelEvent } from "./events.ts";
import { type Guest, type Listener, type ListenerOptions, startListener } from "./listener.ts";

const clock = createSystemClock();
const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listening(serve: (guest: Guest) => Promise<void>, options: Partial<ListenerOptions> = {}) {
  const events: TunnelEvent[] = [];
  const listener = await startListener(
    {
      host: "127.0.0.1",
      port: 0,
      maxClients: 4,
      idleTimeoutMs: 60_000,
      requestTimeoutMs: 60_000,
      ...options,
    },
    serve,
    { clock, onEvent: (event) => events.push(event) },
  );
  cleanups.push(() => listener.close());
  return { listener, events };
}

async function guestAt(listener: Listener): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: listener.port });
  socket.on("error", () => undefined);
  cleanups.push(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

const reasons = (events: readonly TunnelEvent[]): string[] =>
  events.flatMap((event) => (event.kind === "guest-left" ? [event.reason] : []));

async function echo(guest: Guest): Promise<void> {
  for await (const chunk of guest.chunks) {
    guest.asked();
    await guest.send(chunk);
  }
}

describe("listener", () => {
  it("hands over what a guest says, and what it is told", async () => {
    const { listener, events } = await listening(echo);
    const socket = await guestAt(listener);
    socket.write("hello");
    expect(String((await once(socket, "data"))[0])).toBe("hello");
    socket.end();
    await expect.poll(() => reasons(events)).toEqual(["it left"]);
    expect(listener).toMatchObject({ guests: 0, guestsServed: 1, guestsRefused: 0, address: "127.0.0.1" });
  });

  it("sends away who does not take its answers", async () => {
    const answer = Buffer.alloc(1 << 20);
    const { listener, events } = await listening(
      async (guest) => {
        for (;;) await guest.send(answer);
      },
      { requestTimeoutMs: 300 },
    );
    const socket = await guestAt(listener);
    socket.pause();
    await expect
      .poll(() => reasons(events), { timeout: 10_000 })
      .toEqual(["sent away: it does not take its answers"]);
  });

  it("takes nothing more from the network while it works", async () => {
    const gate = Promise.withResolvers<void>();
    let taken = 0;
    const { listener } = await listening(async (guest) => {
      for await (const chunk of guest.chunks) {
        taken += chunk.length;
        guest.asked();
        await gate.promise;
      }
    });
    const socket = await guestAt(listener);
    const sent = 32 << 20;
    socket.write(Buffer.alloc(sent));
    await expect.poll(() => taken).toBeGreaterThan(0);
    // By the time that another guest has come and been heard, more of the first could have been too.
    const heard = taken;
    (await guestAt(listener)).write("x");
    await expect.poll(() => taken).toBeGreaterThan(heard);
    expect(taken).toBeLessThan(1 << 20);
    expect(socket.writableLength).toBeGreaterThan(0);
    gate.resolve();
    await expect.poll(() => taken, { timeout: 10_000 }).toBe(sent + 1);
  });

  it("speaks of a guest whose connection broke", async () => {
    const { listener, events } = await listening(echo);
    const socket = await guestAt(listener);
    socket.write("x");
    await once(socket, "data");
    socket.resetAndDestroy();
    await expect
      .poll(() => reasons(events))
      .toEqual([expect.stringMatching(/^it left \((ECONNRESET|ERR_\w+)\)$/)]);
  });

  it("sends everybody away when it closes, also who is being served", async () => {
    const { listener, events } = await listening(echo);
    const sockets = [await guestAt(listener), await guestAt(listener)];
    await expect.poll(() => listener.guests).toBe(2);
    await listener.close();
    expect(reasons(events)).toEqual(["sent away: the tunnel is closing", "sent away: the tunnel is closing"]);
    await expect.poll(() => sockets.every(({ destroyed }) => destroyed)).toBe(true);
  });
});
