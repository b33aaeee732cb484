import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import { planeHash } from "../../../core/twin/point-state.ts";
import { type Bench, openSocket, startApi, upgradeRequest } from "../harness.ts";
import { createModelScreen, type ModelScreen } from "./model-screen.ts";

interface OpenScreen {
  readonly screen: ModelScreen;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(text: string): void;
  close(): void;
}

/** A screen that reads over a real socket; resolves with its first snapshot. */
function openScreen({ address, clock }: Bench): Promise<OpenScreen> {
  const socket = new WebSocket(`${address.replace(/^http/, "ws")}/v1/twin`);
  socket.binaryType = "arraybuffer";
  const ask = (request: object): void => socket.send(JSON.stringify(request));
  const screen = createModelScreen(ask);
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
  });
  return new Promise((resolve, reject) => {
    socket.addEventListener("error", () => reject(new Error("the twin refused the connection")));
    socket.addEventListener("open", async () => {
      ask({ kind: "hello", layoutHash: 1, mostHz: 20 });
      await vi.waitFor(async () => {
        await clock.advance(50);
        expect(screen.messages.length).toBeGreaterThan(0);
      });
      resolve({ screen, closed, send: (text) => socket.send(text), close: () => socket.close() });
    });
    socket.addEventListener("message", ({ data }) => screen.take(new Uint8Array(data as ArrayBuffer)));
  });
}

const twinUpgrade = (api: Bench): string => upgradeRequest(api.address).replace("/v1/feed", "/v1/twin");

/** A client that says hello by hand and then reads no more. */
async function openDeafScreen(api: Bench) {
  const socket = await openSocket(api.address);
  socket.write(twinUpgrade(api));
  await new Promise((resolve) => socket.once("data", resolve));
  // RFC 6455, 5.2: a final text frame, masked with zeros.
  const text = Buffer.from('{"kind":"hello","layoutHash":1,"mostHz":20}');
  socket.write(Buffer.concat([Buffer.of(0x81, 0x80 | text.length, 0, 0, 0, 0), text]));
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

describe("the twin over a real socket", () => {
  it("carries points to a screen as binary messages", async () => {
    await using api = await startApi();
    const { screen, close, closed } = await openScreen(api);
    api.points.put(7, 70, 3);
    await api.clock.advance(50);
    await vi.waitFor(() => expect([screen.value[7], screen.state[7]]).toEqual([70, 3]));
    expect(screen.hash()).toBe(planeHash(api.points.state));
    close();
    await closed;
  });

  it("serves fifty screens without growing the agent's memory, and refuses the 65th with the reason", async () => {
    await using api = await startApi();
    const points = 20_000;
    api.points.replace(points);
    const screens = await Promise.all(Array.from({ length: 50 }, () => openScreen(api)));
    const seconds = async (count: number) => {
      for (let i = 0; i < count * 20; i += 1) {
        for (let p = 0; p < points; p += 1) api.points.put(p, (i + p) % 60_000, 0);
        await api.clock.advance(50);
        await new Promise(setImmediate);
      }
      await vi.waitFor(() => {
        for (const { screen } of screens) expect(screen.value[0]).toBe(api.points.value[0]);
      });
      // What the screens of this very process keep does not count.
      for (const { screen } of screens) (screen.messages as unknown[]).length = 0;
    };
    await seconds(1);
    const before = heldBytes();
    await seconds(4);
    await vi.waitFor(() => expect(heldBytes() - before).toBeLessThan(10_000_000));
    for (const { screen } of screens) expect(screen.hash()).toBe(planeHash(api.points.state));
    const more = await Promise.all(Array.from({ length: 14 }, () => openScreen(api)));
    await expect(openScreen(api)).rejects.toThrow();
    const socket = await openSocket(api.address);
    const answer = await new Promise<string>((resolve) => {
      socket.once("data", (data) => resolve(data.toString("latin1")));
      socket.write(twinUpgrade(api));
    });
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    socket.destroy();
    for (const one of [...screens, ...more]) one.close();
  }, 60_000);

  it("keeps what waits for a deaf screen bounded, and serves the others meanwhile", async () => {
    await using api = await startApi();
    const points = 200_000;
    api.points.replace(points);
    const deaf = await openDeafScreen(api);
    const quick = await openScreen(api);
    const before = heldBytes();
    for (let i = 0; i < 40; i += 1) {
      for (let p = 0; p < points; p += 2) api.points.put(p, i, 0);
      await api.clock.advance(50);
      await vi.waitFor(() => expect(quick.screen.value[0]).toBe(i));
      (quick.screen.messages as unknown[]).length = 0;
    }
    await vi.waitFor(() => expect(heldBytes() - before).toBeLessThan(10_000_000));
    quick.close();
    deaf.destroy();
  }, 30_000);

  it("tells an ordinary request that it is a WebSocket", async () => {
    await using api = await startApi();
    expect((await api.ask("/v1/twin")).status).toBe(426);
  });

  it("closes who sends nonsense with the reason", async () => {
    await using api = await startApi();
    const { send, closed } = await openScreen(api);
    send('{"kind":"watch","points":"all"}');
    expect(await closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^request\.points: /) });
  });

  it("says goodbye when the agent stops", async () => {
    const api = await startApi();
    const { closed } = await openScreen(api);
    await api.close();
    expect(await closed).toEqual({ code: 1001, reason: "the agent stops" });
  });
});
