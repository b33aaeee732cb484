import { describe, expect, it } from "vitest";
import { createManualTimers } from "../testing/manual-timers.ts";
import { type ConnectionHandlers, keepConnected } from "./kept-connection.ts";

interface FakeSocket extends ConnectionHandlers {
  readonly name: number;
  isClosed: boolean;
  close(): void;
}

function setUp() {
  const timers = createManualTimers();
  const sockets: FakeSocket[] = [];
  const log: string[] = [];
  const connection = keepConnected<FakeSocket>(
    {
      timers,
      random: () => 1,
      connect(handlers) {
        const socket: FakeSocket = {
          ...handlers,
          name: sockets.length,
          isClosed: false,
          close() {
            socket.isClosed = true;
          },
        };
        sockets.push(socket);
        return socket;
      },
    },
    {
      opened: () => log.push("opened"),
      received: (data) => log.push(`received ${String(data)}`),
      dropped: () => log.push("dropped"),
      refused: () => log.push("refused"),
    },
  );
  log.length = 0;
  return { timers, sockets, log, connection };
}

describe("a kept connection", () => {
  it("hands on what its socket tells", () => {
    const { sockets, log, connection } = setUp();
    sockets[0]?.opened();
    sockets[0]?.received("news");
    expect(log).toEqual(["opened", "received news"]);
    expect(connection.socket()?.name).toBe(0);
  });

  it("connects again with growing waits, which begin anew once a connection served", () => {
    const { timers, sockets, connection } = setUp();
    const failAfter = (waitMs: number): void => {
      const before = sockets.length;
      sockets.at(-1)?.closed();
      timers.advance(waitMs - 1);
      expect(sockets).toHaveLength(before);
      timers.advance(1);
      expect(sockets).toHaveLength(before + 1);
    };
    for (const waitMs of [500, 1_000, 2_000]) failAfter(waitMs);
    connection.serves();
    failAfter(500);
  });

  it("says that it was refused only of a connection that never spoke", () => {
    const { timers, sockets, log } = setUp();
    sockets[0]?.received("news");
    sockets[0]?.closed();
    expect(log).toEqual(["received news", "dropped"]);
    timers.advance(500);
    log.length = 0;
    sockets[1]?.closed();
    expect(log).toEqual(["dropped", "refused"]);
  });

  it("gives up a connection without a sign of life for ten seconds", () => {
    const { timers, sockets, connection } = setUp();
    timers.advance(9_000);
    connection.lives();
    timers.advance(9_999);
    expect(sockets[0]?.isClosed).toBe(false);
    timers.advance(1);
    expect(sockets[0]?.isClosed).toBe(true);
    expect(connection.socket()).toBeUndefined();
    timers.advance(500);
    expect(connection.socket()?.name).toBe(1);
  });

  it("does not listen to a connection that it gave up", () => {
    const { sockets, log, connection } = setUp();
    connection.reconnect();
    log.length = 0;
    sockets[0]?.opened();
    sockets[0]?.received("late");
    sockets[0]?.closed();
    expect(log).toEqual([]);
    expect(connection.socket()?.name).toBe(1);
  });

  it("leaves no timer behind and stays closed", () => {
    const { timers, sockets, connection } = setUp();
    sockets[0]?.closed();
    connection.close();
    connection.reconnect();
    expect(timers.waiting).toBe(0);
    expect(sockets).toHaveLength(1);
  });
});
