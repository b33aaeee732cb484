import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createManualTimers } from "../testing/manual-timers.ts";
import { createModelAgent, type ModelAgent } from "../testing/model-agent.ts";
import { createTwinPlanes } from "./twin-planes.ts";
import { createTwinSession, type TwinSocketHandlers } from "./twin-session.ts";

const POINTS = 8;

interface FakeSocket extends TwinSocketHandlers {
  readonly sent: string[];
  isClosed: boolean;
}

function setUp({ layoutHash = 77 } = {}) {
  const timers = createManualTimers();
  const agent = createModelAgent(POINTS, layoutHash);
  const planes = createTwinPlanes(Uint32Array.from([0, POINTS]));
  const sockets: FakeSocket[] = [];
  const log: string[] = [];
  const session = createTwinSession(
    {
      timers,
      random: () => 1,
      connect(handlers) {
        const socket: FakeSocket = { ...handlers, sent: [], isClosed: false };
        sockets.push(socket);
        return {
          send: (text) => socket.sent.push(text),
          close() {
            socket.isClosed = true;
          },
        };
      },
    },
    {
      changed: (ms) => log.push(`changed ${ms - 1_000_000}`),
      watched: ({ point, value }) => log.push(`watched ${[...point]} ${[...value]}`),
      freshness: (isStale) => log.push(isStale ? "stale" : "live"),
      layoutWanted: (hash) => log.push(`layout ${hash}`),
      refused: () => log.push("refused"),
      note: (text) => log.push(text),
    },
  );
  const last = (): FakeSocket => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error("no socket");
    return socket;
  };
  const kinds = () => last().sent.map((text) => (JSON.parse(text) as { kind: string }).kind);
  const begin = (): void => {
    session.setLayout(77, planes);
    last().opened();
    last().received(agent.snapshot());
    log.length = 0;
  };
  return { timers, agent, planes, sockets, log, session, last, kinds, begin };
}

describe("the session of the twin", () => {
  it("greets as soon as it is connected and knows the layout, whichever comes first", () => {
    const { session, planes, last } = setUp();
    last().opened();
    expect(last().sent).toEqual([]);
    session.setLayout(77, planes);
    expect(last().sent).toEqual(['{"kind":"hello","layoutHash":77,"mostHz":20}']);
  });

  it("follows snapshot, deltas and heartbeats", () => {
    const { session, planes, agent, last, log, kinds } = setUp();
    session.setLayout(77, planes);
    last().opened();
    last().received(agent.snapshot());
    last().received(agent.change([1, 2], 500, 3));
    last().received(agent.heartbeat());
    expect(log).toEqual(["changed 0", "changed 1", "changed 1"]);
    expect(planes.hash()).toBe(agent.hash());
    expect(kinds()).toEqual(["hello"]);
    expect(session.figures()).toEqual({ turn: 1, applied: 3, lost: 0, resyncs: 0 });
  });

  it("asks for everything once where something was missed, and ignores what comes before it", () => {
    const { begin, agent, last, planes, kinds, session } = setUp();
    begin();
    agent.change([1], 1, 3);
    last().received(agent.change([2], 1, 3));
    last().received(agent.change([3], 1, 3));
    expect(kinds()).toEqual(["hello", "resync"]);
    last().received(agent.snapshot());
    last().received(agent.change([4], 1, 1));
    expect(planes.hash()).toBe(agent.hash());
    expect(session.figures()).toMatchObject({ lost: 1, resyncs: 1, turn: 4 });
  });

  it("takes a delta once though it comes twice", () => {
    const { begin, agent, last, kinds, log } = setUp();
    begin();
    const bytes = agent.change([1], 1, 3);
    last().received(bytes);
    last().received(bytes.slice(0));
    expect(log).toEqual(["changed 1"]);
    expect(kinds()).toEqual(["hello"]);
  });

  it("does not go back to an older snapshot", () => {
    const { begin, agent, last, planes } = setUp();
    begin();
    const old = agent.snapshot();
    last().received(agent.change([1], 1, 3));
    last().received(old);
    expect(planes.hash()).toBe(agent.hash());
  });

  it("asks for everything where a heartbeat has another hash or is further", () => {
    const { begin, agent, last, kinds } = setUp();
    begin();
    last().received(agent.heartbeat(1));
    expect(kinds()).toEqual(["hello", "resync"]);
    last().received(agent.snapshot());
    agent.change([1], 1, 3);
    last().received(agent.heartbeat());
    expect(kinds()).toEqual(["hello", "resync", "resync"]);
  });

  it("asks again, ever slower, for a snapshot that does not come", () => {
    const { begin, agent, last, kinds, timers } = setUp();
    begin();
    last().received(agent.heartbeat(1));
    timers.advance(2_000);
    timers.advance(4_000);
    expect(kinds()).toEqual(["hello", "resync", "resync", "resync"]);
    last().received(agent.snapshot());
    timers.advance(2_500);
    expect(kinds()).toHaveLength(4);
  });

  it("begins anew with the epoch of an agent that was started again", () => {
    const { begin, agent, last, planes, kinds } = setUp();
    begin();
    last().received(agent.change([1], 1, 3));
    agent.restart();
    last().received(agent.change([2], 1, 1));
    expect(kinds()).toEqual(["hello", "resync"]);
    last().received(agent.snapshot());
    expect(planes.hash()).toBe(agent.hash());
  });

  it("wants the layout that the agent speaks of, once, and greets anew with it", () => {
    const { session, planes, agent, last, log, kinds } = setUp({ layoutHash: 99 });
    session.setLayout(77, planes);
    last().opened();
    last().received(agent.snapshot());
    last().received(agent.change([1], 1, 1));
    expect(log).toEqual(["layout 99"]);
    const other = createTwinPlanes(Uint32Array.from([0, POINTS]));
    session.setLayout(99, other);
    last().received(agent.snapshot());
    expect(kinds()).toEqual(["hello", "hello"]);
    expect(other.hash()).toBe(agent.hash());
  });

  it("does not take a snapshot of another number of points", () => {
    const { begin, last, kinds, planes } = setUp();
    begin();
    const before = planes.hash();
    last().received(createModelAgent(POINTS + 1).snapshot());
    expect(kinds()).toEqual(["hello", "resync"]);
    expect(planes.hash()).toBe(before);
  });

  it("is stale after three seconds of silence and live with the next good message", () => {
    const { begin, agent, last, log, timers } = setUp();
    begin();
    timers.advance(2_999);
    expect(log).toEqual([]);
    timers.advance(1);
    expect(log).toEqual(["stale"]);
    last().received(agent.heartbeat());
    expect(log).toEqual(["stale", "live", "changed 0"]);
  });

  it("stays stale while messages come that it cannot use", () => {
    const { session, planes, last, log, timers } = setUp();
    session.setLayout(77, planes);
    last().opened();
    for (let i = 0; i < 4; i += 1) {
      timers.advance(1_000);
      last().received(new ArrayBuffer(3));
      last().received("text");
    }
    expect(log.filter((line) => line === "stale")).toHaveLength(1);
    expect(log).toContain("twin: a twin message has 28 bytes at least, not 3");
    expect(log).toContain("twin: expected binary data, got a text");
  });

  it("connects again after a break, with what it watched", () => {
    const { begin, session, sockets, last, timers, log, kinds, agent, planes } = setUp();
    begin();
    session.watch([4]);
    session.setRate(5);
    session.setRate(5);
    expect(kinds()).toEqual(["hello", "watch", "rate"]);
    last().closed();
    timers.advance(500);
    expect(sockets).toHaveLength(2);
    last().opened();
    expect(last().sent).toEqual([
      '{"kind":"hello","layoutHash":77,"mostHz":5}',
      '{"kind":"watch","points":[4]}',
    ]);
    agent.change([1], 9, 2);
    last().received(agent.snapshot());
    expect(planes.hash()).toBe(agent.hash());
    expect(log).not.toContain("refused");
  });

  it("tells full values of what is watched", () => {
    const { begin, agent, last, log } = setUp();
    begin();
    last().received(agent.watched([4, 5], [1.5, 2.5]));
    expect(log).toEqual(["watched 4,5 1.5,2.5", "changed 0"]);
  });

  it("says that it was refused where a connection ends before a word, and waits longer each time", () => {
    const { sockets, last, timers, log } = setUp();
    last().closed();
    timers.advance(500);
    last().closed();
    timers.advance(500);
    expect(sockets).toHaveLength(2);
    timers.advance(500);
    expect(sockets).toHaveLength(3);
    expect(log).toEqual(["refused", "refused"]);
  });

  it("gives up a connection that is silent for ten seconds", () => {
    const { begin, sockets, timers } = setUp();
    begin();
    timers.advance(10_500);
    expect(sockets).toHaveLength(2);
    expect(sockets[0]?.isClosed).toBe(true);
  });

  it("does not listen to a connection that it gave up", () => {
    const { begin, session, sockets, agent, planes } = setUp();
    begin();
    session.reconnect();
    const before = planes.hash();
    sockets[0]?.opened();
    sockets[0]?.received(agent.change([1], 1, 3));
    sockets[0]?.closed();
    expect(planes.hash()).toBe(before);
    expect(sockets).toHaveLength(2);
  });

  it("is silent once closed", () => {
    const { begin, session, sockets, timers } = setUp();
    begin();
    session.close();
    session.reconnect();
    timers.advance(60_000);
    expect(timers.waiting).toBe(0);
    expect(sockets).toHaveLength(1);
  });

  it("ends equal to the agent within one resync, whatever was dropped, doubled, delayed or swapped", () => {
    const fault = fc.constantFrom("none", "none", "drop", "double", "swap", "hold");
    const step = fc.record({ point: fc.nat(POINTS - 1), value: fc.nat(65_535), state: fc.nat(127), fault });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), fc.boolean(), (steps, restarts) => {
        const { begin, agent, last, planes, session } = setUp();
        begin();
        const network = createBadNetwork(last(), agent);
        for (const [i, { point, value, state, fault: each }] of steps.entries()) {
          if (restarts && i === 20) agent.restart();
          network.carry(agent.change([point], value, state), each);
          // Answers come late too: several changes happen before them.
          if (i % 3 === 0) network.answer();
        }
        // The network behaves again: the next heartbeat shows what is missing, and one snapshot mends it.
        network.answer();
        const before = session.figures().resyncs;
        network.carry(agent.heartbeat(), "none");
        network.answer();
        network.carry(agent.heartbeat(), "none");
        expect(session.figures().resyncs - before).toBeLessThanOrEqual(1);
        const columns = planes.makeColumns();
        planes.forget();
        planes.fill(columns);
        expect([columns.state, columns.value]).toEqual([agent.state, agent.value]);
      }),
    );
  });
});

function createBadNetwork(socket: FakeSocket, agent: ModelAgent) {
  const held: ArrayBuffer[] = [];
  let answered = 1;
  const deliver = (bytes: ArrayBuffer): void => socket.received(bytes.slice(0));
  return {
    carry(bytes: ArrayBuffer, fault: string): void {
      if (fault === "none" || fault === "double") deliver(bytes);
      if (fault === "double") deliver(bytes);
      if (fault === "hold" || fault === "swap") held.push(bytes);
      if (fault !== "hold") for (const late of held.splice(0).reverse()) deliver(late);
    },
    answer(): void {
      for (const text of socket.sent.slice(answered)) {
        const bytes = agent.answer(text);
        if (bytes !== undefined) deliver(bytes);
      }
      answered = socket.sent.length;
    },
  };
}
