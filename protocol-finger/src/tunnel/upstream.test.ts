import { describe, expect, it } from "vitest";
import { createManualClock } from "../clock/manual-clock.ts";
import { FingerError } from "../finger-error.ts";
import type { TunnelEvent } from "./events.ts";
import { createUpstream, type UpstreamSession } from "./upstream.ts";

interface FakeSession extends UpstreamSession {
  readonly number: number;
  readonly ending: AbortController;
  isClosed: boolean;
}

const gone = (): FingerError => new FingerError("PLC_UNREACHABLE", "gone", { diagnosis: "LINK_LOST" });

/** @param outcomes of the attempts to connect: false is a failure; true when they have run out */
function world(outcomes: readonly boolean[] = []) {
  const clock = createManualClock();
  const events: TunnelEvent[] = [];
  const sessions: FakeSession[] = [];
  const stopping = new AbortController();
  let attempts = 0;
  const upstream = createUpstream<FakeSession>(
    {
      async open() {
        const isGood = outcomes[attempts] ?? true;
        attempts += 1;
        if (!isGood) throw gone();
        const ending = new AbortController();
        const session: FakeSession = {
          number: sessions.length + 1,
          ending,
          ended: ending.signal,
          isClosed: false,
          async close() {
            session.isClosed = true;
          },
        };
        sessions.push(session);
        return session;
      },
      isOver: ({ code }) => code === "PLC_UNREACHABLE",
      backoffFirstMs: 1000,
      backoffMostMs: 4000,
    },
    { clock, random: () => 1, onEvent: (event) => events.push(event) },
    stopping.signal,
  );
  const running = upstream.run();
  return { clock, events, sessions, upstream, running, stopping, attempts: () => attempts };
}

const numberOf = async (session: FakeSession): Promise<number> => session.number;
const waits = (events: readonly TunnelEvent[]): number[] =>
  events.flatMap((event) => (event.kind === "plc-down" ? [event.retryMs] : []));

describe("upstream", () => {
  it("lets those wait who come while it connects", async () => {
    const { upstream, events } = world();
    expect(await upstream.use(numberOf, true)).toBe(1);
    expect([upstream.isUp, upstream.connections, events]).toEqual([true, 1, [{ kind: "plc-up" }]]);
  });

  it("tries again with growing pauses, and says meanwhile why there is nothing", async () => {
    const { upstream, clock, events, attempts } = world([false, false, false, false]);
    await clock.advance(0);
    await expect(upstream.use(numberOf, true)).rejects.toThrow("gone");
    for (let i = 0; i < 4; i += 1) await clock.advance(4000);
    expect(waits(events)).toEqual([1000, 2000, 4000, 4000]);
    expect(attempts()).toBe(5);
    expect(await upstream.use(numberOf, true)).toBe(1);
  });

  it("is new at once after a connection that was of use", async () => {
    const { upstream, clock, sessions, events } = world();
    await upstream.use(numberOf, true);
    await clock.advance(1500);
    sessions[0]?.ending.abort(gone());
    expect(await upstream.use(numberOf, true)).toBe(2);
    expect([sessions[0]?.isClosed, waits(events)]).toEqual([true, [0]]);
  });

  it("does not hurry after one that was of no use, or broke soon", async () => {
    const { upstream, clock, sessions, events } = world();
    await clock.advance(5000);
    sessions[0]?.ending.abort("a reason of another kind");
    await clock.advance(1000);
    await upstream.use(numberOf, true);
    sessions[1]?.ending.abort(gone());
    await clock.advance(0);
    expect(waits(events)).toEqual([1000, 1000]);
    await expect(upstream.use(numberOf, true)).rejects.toThrow("gone");
  });

  it("does work again whose connection turned out to be dead, once, if it may be", async () => {
    const { upstream, clock } = world();
    const work = async (session: FakeSession): Promise<number> => {
      if (session.number === 1) throw gone();
      return session.number;
    };
    await upstream.use(numberOf, true);
    await clock.advance(2000);
    expect(await upstream.use(work, true)).toBe(2);
    await clock.advance(2000);
    let tries = 0;
    const hopeless = async (): Promise<number> => {
      tries += 1;
      throw gone();
    };
    await expect(upstream.use(hopeless, true)).rejects.toThrow("gone");
    expect(tries).toBe(2);
  });

  it("never does work again that may not be", async () => {
    const { upstream, clock, sessions } = world();
    await upstream.use(numberOf, false);
    await clock.advance(2000);
    let tries = 0;
    const write = async (): Promise<void> => {
      tries += 1;
      throw gone();
    };
    await expect(upstream.use(write, false)).rejects.toThrow("gone");
    await clock.advance(0);
    expect([tries, sessions.length, upstream.isUp]).toEqual([1, 2, true]);
  });

  it("keeps the connection over refusals and bugs", async () => {
    const { upstream, clock, sessions } = world();
    const refuse = async (): Promise<void> => {
      throw new FingerError("PLC_REFUSED", "no");
    };
    const stumble = async (): Promise<void> => {
      throw new TypeError("a bug");
    };
    await expect(upstream.use(refuse, true)).rejects.toThrow("no");
    await expect(upstream.use(stumble, true)).rejects.toThrow("a bug");
    await clock.advance(100);
    expect(sessions).toHaveLength(1);
  });

  it.each(["while it works", "while it waits", "before it begins"])(
    "ends when it is told to %s",
    async (when) => {
      const { upstream, clock, sessions, stopping, running } = world(
        when === "while it waits" ? [false] : [],
      );
      if (when !== "before it begins") await clock.advance(0);
      stopping.abort(new DOMException("stop", "AbortError"));
      await clock.advance(0);
      await running;
      expect(sessions.every(({ isClosed }) => isClosed)).toBe(true);
      await expect(upstream.use(numberOf, true)).rejects.toThrow("the tunnel is closing");
      expect([upstream.isUp, clock.waiting]).toEqual([false, 0]);
    },
  );
});
