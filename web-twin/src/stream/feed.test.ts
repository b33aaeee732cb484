import { describe, expect, it } from "vitest";
import { at, makeSnapshot } from "../testing/fixtures.ts";
import { createManualTimers } from "../testing/manual-timers.ts";
import { openFeed, type SocketHandlers } from "./feed.ts";

const HEARTBEAT = JSON.stringify({ kind: "heartbeat", time: at(0) });

interface FakeSocket extends SocketHandlers {
  isClosed: boolean;
}

function setUp() {
  const timers = createManualTimers();
  const sockets: FakeSocket[] = [];
  const log: string[] = [];
  const feed = openFeed(
    {
      timers,
      random: () => 1,
      connect(handlers) {
        const socket = { ...handlers, isClosed: false };
        sockets.push(socket);
        return {
          close() {
            socket.isClosed = true;
          },
        };
      },
    },
    {
      message: ({ kind }) => log.push(kind),
      status: ({ state, heardMs }) => log.push(heardMs === undefined ? state : `${state} ${heardMs}`),
      notes: (notes) => log.push(...notes),
      refused: () => log.push("refused"),
    },
  );
  const last = (): FakeSocket => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error("no socket");
    return socket;
  };
  return { timers, sockets, log, feed, last };
}

describe("the feed", () => {
  it("is connecting until the first message, then live", () => {
    const { timers, log, last } = setUp();
    timers.advance(300);
    last().received(JSON.stringify(makeSnapshot([])));
    expect(log).toEqual(["connecting", "snapshot", "live 300"]);
  });

  it("is stale after three silent seconds and live again with the next message", () => {
    const { timers, log, last } = setUp();
    last().received(HEARTBEAT);
    timers.advance(2_999);
    expect(log).toEqual(["connecting", "heartbeat", "live 0"]);
    timers.advance(1);
    last().received(HEARTBEAT);
    expect(log.slice(3)).toEqual(["stale 0", "heartbeat", "live 3000"]);
  });

  it("does not take garbage for news", () => {
    const { timers, log, last } = setUp();
    last().received(HEARTBEAT);
    timers.advance(2_000);
    last().received("garbage");
    timers.advance(1_000);
    expect(log.at(-1)).toBe("stale 0");
    expect(log.some((line) => line.startsWith("message: no JSON"))).toBe(true);
  });

  it("connects again with growing waits, from the shortest after it was heard again", () => {
    const { timers, sockets, last } = setUp();
    const waits: number[] = [];
    const loseAndWait = (): void => {
      const before = sockets.length;
      const start = timers.now();
      last().closed();
      while (sockets.length === before) timers.advance(100);
      waits.push(timers.now() - start);
    };
    loseAndWait();
    loseAndWait();
    loseAndWait();
    last().received(HEARTBEAT);
    loseAndWait();
    expect(waits).toEqual([500, 1000, 2000, 500]);
  });

  it("says that it was refused where a connection ends before it said anything", () => {
    const { log, last, timers } = setUp();
    last().closed();
    timers.advance(500);
    last().received(HEARTBEAT);
    last().closed();
    expect(log.filter((line) => line === "refused")).toHaveLength(1);
  });

  it("gives up a connection that has gone silent for ten seconds", () => {
    const { timers, sockets, last } = setUp();
    last().received(HEARTBEAT);
    timers.advance(10_000);
    expect(sockets[0]?.isClosed).toBe(true);
    timers.advance(500);
    expect(sockets).toHaveLength(2);
  });

  it("ignores what a connection says after it was given up", () => {
    const { timers, sockets, log } = setUp();
    timers.advance(10_500);
    expect(sockets).toHaveLength(2);
    sockets[0]?.received(HEARTBEAT);
    sockets[0]?.closed();
    expect(log).toEqual(["connecting"]);
    timers.advance(5_000);
    expect(sockets).toHaveLength(2);
  });

  it("connects at once when it is told to", () => {
    const { sockets, feed, last } = setUp();
    last().closed();
    feed.reconnect();
    expect(sockets).toHaveLength(2);
  });

  it("leaves nothing running once it is closed", () => {
    const { timers, sockets, feed, last } = setUp();
    last().received(HEARTBEAT);
    feed.close();
    feed.reconnect();
    timers.advance(60_000);
    expect(sockets).toHaveLength(1);
    expect(last().isClosed).toBe(true);
    expect(timers.waiting).toBe(0);
  });
});
