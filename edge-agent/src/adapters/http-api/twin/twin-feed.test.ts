import { createManualClock } from "@stethos/protocol-finger/clock";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planeHash } from "../../../core/twin/point-state.ts";
import { decodeTwin, type TwinMessage } from "../../../core/twin-delta.ts";
import { createFakeSocket, type FakeSocket } from "../feed-fake-socket.ts";
import { createListLogger } from "../harness.ts";
import { createFakePoints } from "./fake-points.ts";
import { createModelScreen, type ModelScreen } from "./model-screen.ts";
import { createTwinFeed } from "./twin-feed.ts";

const HELLO = { kind: "hello", layoutHash: 0, mostHz: 20 };

interface Screen extends FakeSocket {
  readonly got: TwinMessage[];
  ask(request: object): void;
}

function bench(count = 100) {
  const points = createFakePoints(count);
  const clock = createManualClock();
  const feed = createTwinFeed({ points, clock, logger: createListLogger([]) });
  const join = (hello: object | undefined = HELLO, mayListen = () => true, polite = true): Screen => {
    const got: TwinMessage[] = [];
    const fake = createFakeSocket(
      (data) => void got.push(decodeTwin(data.slice().buffer as ArrayBuffer)),
      polite,
    );
    const socket = Object.assign(fake, {
      got,
      ask: (request: object) => fake.emit("message", JSON.stringify(request)),
    });
    feed.accept(socket, mayListen);
    if (hello !== undefined) socket.ask(hello);
    return socket;
  };
  return { points, clock, feed, join };
}

const kinds = ({ got }: Screen) => got.map(({ kind }) => kind);
const news = ({ got }: Screen) => got.filter(({ kind }) => kind !== "heartbeat");

describe("the twin feed", () => {
  it("answers a hello with a snapshot of all points, whatever layout the screen knows", async () => {
    const { points, clock, join } = bench(3);
    points.put(1, 7, 2);
    const screen = join();
    expect(screen.got).toEqual([]);
    await clock.advance(50);
    expect(screen.got).toMatchObject([
      {
        kind: "snapshot",
        epoch: 7,
        timeMs: 1_700_000_000_050,
        layoutHash: points.layout.hash,
        value: Uint16Array.of(65_535, 7, 65_535),
        state: Uint8Array.of(64, 2, 64),
      },
    ]);
  });

  it("then sends what changed, the newest of each point", async () => {
    const { points, clock, join } = bench();
    const screen = join();
    await clock.advance(50);
    points.put(3, 1, 0);
    points.put(3, 2, 0);
    points.put(5, 9, 1);
    await clock.advance(50);
    points.put(3, 4, 0);
    await clock.advance(50);
    await clock.advance(200);
    const [snapshot, first, second] = screen.got;
    expect(screen.got).toHaveLength(3);
    expect(first).toMatchObject({
      kind: "delta",
      since: snapshot?.turn,
      point: Uint32Array.of(3, 5),
      value: Uint16Array.of(2, 9),
      state: Uint8Array.of(0, 1),
    });
    expect(second).toMatchObject({ since: first?.turn, point: Uint32Array.of(3) });
  });

  it("sends a snapshot where more than a third changed", async () => {
    const { points, clock, join } = bench(99);
    const screen = join();
    await clock.advance(50);
    for (let p = 0; p < 33; p += 1) points.put(p, 1, 0);
    await clock.advance(50);
    for (let p = 0; p < 34; p += 1) points.put(p, 2, 0);
    await clock.advance(50);
    expect(kinds(screen)).toEqual(["snapshot", "delta", "snapshot"]);
  });

  it("sends a heartbeat each second with the hash of all states", async () => {
    const { points, clock, join } = bench();
    const screen = join();
    await clock.advance(3000);
    const heartbeats = screen.got.filter(({ kind }) => kind === "heartbeat");
    expect(heartbeats).toHaveLength(3);
    expect(heartbeats[0]).toMatchObject({ planeHash: planeHash(points.state), turn: screen.got[0]?.turn });
  });

  it("keeps to the rate that a screen asks for, and brings it up to date before each heartbeat", async () => {
    const { points, clock, join } = bench();
    const rates = [20, 10, 5, 1, 0.1, 1000];
    const screens = rates.map((mostHz) => join({ ...HELLO, mostHz }));
    await clock.advance(50);
    for (let ms = 0; ms < 5000; ms += 25) {
      points.put(0, ms, 0);
      await clock.advance(25);
    }
    expect(screens.map((screen) => screen.got.filter(({ kind }) => kind === "delta").length)).toEqual([
      100, 50, 25, 5, 5, 100,
    ]);
    const [first] = screens;
    first?.ask({ kind: "rate", mostHz: 1 });
    const before = first?.got.length ?? 0;
    for (let ms = 0; ms < 1000; ms += 50) {
      points.put(0, 10_000 + ms, 0);
      await clock.advance(50);
    }
    expect(first?.got.slice(before).map(({ kind }) => kind)).toEqual(["delta", "heartbeat"]);
  });

  it("makes a message once for all that are equally far", async () => {
    const { points, clock, join } = bench();
    const [a, b, slow] = [join(), join(), join({ ...HELLO, mostHz: 10 })];
    await clock.advance(50);
    expect([a.raw[0], slow.raw[0]]).toEqual([b.raw[0], b.raw[0]]);
    expect(a.raw[0]).toBe(b.raw[0]);
    points.put(1, 1, 1);
    await clock.advance(50);
    expect(a.raw[1]).toBeDefined();
    expect(a.raw[1]).toBe(b.raw[1]);
  });

  it("begins anew when the plant becomes another", async () => {
    const { points, clock, join } = bench();
    const screen = join();
    await clock.advance(50);
    points.replace(5);
    points.put(2, 1, 0);
    await clock.advance(50);
    expect(news(screen)[1]).toMatchObject({ kind: "snapshot", epoch: 8, layoutHash: points.layout.hash });
    points.put(2, 2, 0);
    await clock.advance(50);
    expect(news(screen)[2]).toMatchObject({ kind: "delta", epoch: 8, point: Uint32Array.of(2) });
  });

  it("works while nobody listens only when somebody comes", async () => {
    const { clock, join, feed } = bench();
    expect(clock.waiting).toBe(0);
    const screen = join();
    expect([feed.clients, feed.full]).toEqual([1, false]);
    screen.emit("close");
    await clock.advance(0);
    expect([clock.waiting, feed.clients]).toEqual([0, 0]);
    for (let i = 0; i < 64; i += 1) join();
    expect(feed.full).toBe(true);
    await feed.close();
    expect(feed.clients).toBe(0);
  });
});

describe("a screen that watches points", () => {
  it("gets their full values at once, and then those that changed", async () => {
    const { points, clock, join } = bench();
    points.put(4, 4.25, 0);
    const screen = join();
    screen.ask({ kind: "watch", points: [4, 5, 999_999] });
    await clock.advance(50);
    expect(screen.got[1]).toMatchObject({
      kind: "watched",
      point: Uint32Array.of(4, 5),
      value: Float32Array.of(4.25, Number.NaN),
    });
    points.put(4, 4.5, 0);
    await clock.advance(50);
    expect(screen.got.at(-1)).toMatchObject({ point: Uint32Array.of(4), value: Float32Array.of(4.5) });
    screen.ask({ kind: "watch", points: [] });
    points.put(4, 5, 0);
    await clock.advance(50);
    expect(screen.got.at(-1)?.kind).toBe("delta");
  });

  it("gets a change that is too small to be drawn", async () => {
    const { points, clock, join } = bench();
    points.put(4, 4, 0);
    const screen = join();
    screen.ask({ kind: "watch", points: [4] });
    await clock.advance(50);
    points.exact[4] = 4.125;
    await clock.advance(50);
    expect(screen.got.at(-1)).toMatchObject({ kind: "watched", value: Float32Array.of(4.125) });
  });

  it("watches nothing once the plant is another: its numbers mean others", async () => {
    const { points, clock, join } = bench();
    const screen = join();
    screen.ask({ kind: "watch", points: [4] });
    await clock.advance(50);
    points.replace(10);
    points.put(4, 1, 0);
    await clock.advance(50);
    expect(screen.got.at(-1)?.kind).toBe("snapshot");
  });
});

describe("a screen that missed something", () => {
  it("gets a snapshot when it asks, four a second at most", async () => {
    const { clock, join, points } = bench();
    const screen = join();
    await clock.advance(1000);
    for (let i = 0; i < 20; i += 1) {
      screen.ask({ kind: "resync", why: "a gap" });
      points.put(1, i, 0);
      await clock.advance(50);
    }
    expect(news(screen).length).toBe(1 + 4);
    await clock.advance(50);
    expect(news(screen).length).toBe(1 + 4 + 1);
    expect(news(screen).at(-1)).toMatchObject({ kind: "snapshot" });
  });

  it("because it did not read gets all of it in one message", async () => {
    const { points, clock, join } = bench();
    const [slow, quick] = [join(), join()];
    await clock.advance(50);
    slow.bufferedAmount = 256 * 1024 + 1;
    for (let i = 0; i < 40; i += 1) {
      points.put(i % 10, i, 0);
      await clock.advance(50);
    }
    expect(slow.got).toHaveLength(1);
    expect(news(quick)).toHaveLength(41);
    slow.bufferedAmount = 0;
    await clock.advance(50);
    expect(slow.got[1]).toMatchObject({
      kind: "delta",
      since: slow.got[0]?.turn,
      value: Uint16Array.of(30, 31, 32, 33, 34, 35, 36, 37, 38, 39),
    });
  });

  it("for fifteen seconds is closed with 1013, and cut off where it does not answer", async () => {
    const { clock, join } = bench();
    const slow = join(HELLO, () => true, false);
    slow.bufferedAmount = 300_000;
    await clock.advance(15_000);
    expect(slow.closes).toEqual([]);
    await clock.advance(1100);
    expect(slow.closes).toEqual([[1013, "too slow; connect again"]]);
    expect(slow.terminated).toBe(true);
  });
});

describe("a screen is closed", () => {
  const closedAfter = (text: string, hello: object | undefined = HELLO) => {
    const screen = bench().join(hello, () => true, false);
    screen.emit("message", text);
    return screen.closes[0];
  };

  it("with 1008 and the reason where it sends what is no request", () => {
    expect(closedAfter("{")).toEqual([1008, "a request is JSON"]);
    expect(closedAfter('{"kind":"fly"}')?.[1]).toMatch(/^request\.kind: /);
    expect(closedAfter('{"kind":"rate","mostHz":0}')?.[1]).toMatch(/^request\.mostHz: /);
    expect(closedAfter('{"kind":"watch","points":[1,-1]}')?.[1]).toMatch(/^request\.points\.1: /);
    expect(closedAfter(JSON.stringify({ kind: "watch", points: Array(2001).fill(1) }))?.[0]).toBe(1008);
    expect(closedAfter('{"kind":"resync","why":"x","more":1}')?.[0]).toBe(1008);
    const long = closedAfter(JSON.stringify({ kind: "rate", mostHz: 1, ["x".repeat(500)]: 1 }))?.[1] ?? "";
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(123);
  });

  it("with 1008 where it asks without an end", async () => {
    const { clock, join } = bench();
    const screen = join(HELLO, () => true, false);
    for (let i = 0; i < 49; i += 1) screen.ask({ kind: "rate", mostHz: 10 });
    expect(screen.closes).toEqual([]);
    await clock.advance(1000);
    for (let i = 0; i < 60; i += 1) screen.ask({ kind: "rate", mostHz: 10 });
    expect(screen.closes).toEqual([[1008, "too many requests; connect again"]]);
  });

  it("with 4401 when its session ended", async () => {
    const { clock, join } = bench();
    let session = true;
    const screen = join(HELLO, () => session);
    await clock.advance(1000);
    session = false;
    await clock.advance(1000);
    expect(screen.closes).toEqual([[4401, "the session ended; log in again"]]);
  });
});

describe("a screen that says nothing", () => {
  it("gets nothing, and is closed after ten seconds; one that asks before its hello at once", async () => {
    const { clock, feed } = bench();
    const silent = createFakeSocket(() => {}, false);
    feed.accept(silent, () => true);
    await clock.advance(9000);
    expect([silent.raw, silent.closes]).toEqual([[], []]);
    await clock.advance(1000);
    expect(silent.closes).toEqual([[1008, "say hello first"]]);
    const rude = createFakeSocket(() => {}, false);
    feed.accept(rude, () => true);
    rude.emit("message", '{"kind":"rate","mostHz":5}');
    expect(rude.closes).toEqual([[1008, "say hello first"]]);
  });
});

type LineEvent =
  | { readonly kind: "double" | "drop" | "heal" | "stall" }
  | { readonly kind: "put"; readonly point: number; readonly value: number; readonly state: number }
  | { readonly kind: "rate"; readonly mostHz: number }
  | { readonly kind: "replace"; readonly points: number }
  | { readonly kind: "turn"; readonly turns: number };

const lineEvent: fc.Arbitrary<LineEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("put"),
      point: fc.nat(29),
      value: fc.nat(9),
      state: fc.nat(127),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("turn"), turns: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("drop", "double", "stall", "heal") }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("replace"), points: fc.integer({ min: 30, max: 40 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rate"), mostHz: fc.integer({ min: 1, max: 20 }) }) },
);

/** One screen behind a line that loses, doubles or holds up what is sent. */
function badLine() {
  const { points, clock, feed } = bench(30);
  let mode: LineEvent["kind"] = "heal";
  const ask = (request: object): void => socket.emit("message", JSON.stringify(request));
  const screen: ModelScreen = createModelScreen(ask);
  const socket: FakeSocket = createFakeSocket((data) => {
    if (mode === "drop") return;
    screen.take(data);
    if (mode === "double") screen.take(data);
  });
  feed.accept(socket, () => true);
  ask(HELLO);

  async function happen(event: LineEvent): Promise<void> {
    switch (event.kind) {
      case "put":
        points.put(event.point, event.value, event.state);
        break;
      case "rate":
        ask(event);
        break;
      case "replace":
        points.replace(event.points);
        break;
      case "turn":
        await clock.advance(50 * event.turns);
        break;
      default:
        mode = event.kind;
        socket.bufferedAmount = mode === "stall" ? 300_000 : 0;
    }
    socket.emit("pong");
  }
  return { points, clock, feed, screen, socket, happen };
}

describe("a screen on a bad line", () => {
  it("shows the agent's states again by a heartbeat or two, whatever was lost, doubled or held up", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lineEvent, { maxLength: 60 }), async (events) => {
        const { points, clock, feed, screen, socket, happen } = badLine();
        for (const event of events) await happen(event);
        await happen({ kind: "heal" });
        // A line that stood still for too long was closed: then the page connects again.
        if (socket.closes.length > 0) return;
        await clock.advance(2100);
        expect(screen.hash()).toBe(planeHash(points.state));
        expect(screen.value).toEqual(points.value);
        expect(screen.wrongHashes).toBe(0);
        await feed.close();
      }),
    );
  }, 30_000);
});
