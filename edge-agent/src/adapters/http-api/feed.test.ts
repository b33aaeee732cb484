import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import type { FeedMessage } from "../../core/feed.ts";
import type { Tag } from "../../core/tag.ts";
import {
  ALARM,
  aReading,
  createFakePlant,
  FAN,
  HEALTH,
  OPEN_ALARM,
  PUMP,
  SCORE,
  START_US,
  TAGS,
} from "./fake-plant.ts";
import { createFakeRollouts } from "./fake-rollouts.ts";
import { createFeed } from "./feed.ts";
import { createFakeSocket, type FakeSocket } from "./feed-fake-socket.ts";
import { createListLogger, type LogLine } from "./harness.ts";
import { createPlantView } from "./plant-view.ts";

interface TextSocket extends FakeSocket {
  readonly sent: FeedMessage[];
}

/** @param polite answers a close, as a living peer does */
function createTextSocket(polite?: boolean): TextSocket {
  const sent: FeedMessage[] = [];
  const socket = createFakeSocket(
    (data) => void sent.push(JSON.parse(Buffer.from(data).toString("utf8"))),
    polite,
  );
  return Object.assign(socket, { sent });
}

const changesOf = (socket: TextSocket) => socket.sent.filter((message) => message.kind === "change");

function bench() {
  const plant = createFakePlant();
  const clock = createManualClock();
  const log: LogLine[] = [];
  const rollouts = createFakeRollouts();
  const view = createPlantView(plant, rollouts);
  const feed = createFeed({ plant, rollouts, view, clock, logger: createListLogger(log) });
  const join = (mayListen: () => boolean = () => true, polite = true): TextSocket => {
    const socket = createTextSocket(polite);
    feed.accept(socket, mayListen);
    return socket;
  };
  const read = (tag: number, value: number) =>
    plant.change({ kind: "reading", tag }, aReading(TAGS[tag] as Tag, value));
  return { plant, rollouts, clock, log, feed, join, read };
}

describe("the feed", () => {
  it("begins with a snapshot of all machines and alarms", () => {
    const { join } = bench();
    const [snapshot] = join().sent;
    expect(snapshot).toMatchObject({
      kind: "snapshot",
      time: "2023-11-14T22:13:20.000000Z",
      agent: { version: "0.1.0", model: "listener 1.0.0" },
      machines: [
        {
          id: PUMP,
          health: { state: "alarm", index: 42 },
          scores: [{ anomaly: 0.75 }],
          readings: [{ tag: `${PUMP}/temperature`, value: 61.5 }],
          openAlarms: 1,
          worst: "alarm",
        },
        { id: FAN, health: { state: "unknown" }, scores: [], readings: [], openAlarms: 0 },
      ],
      alarms: [{ id: ALARM, state: "unacknowledged-active" }],
    });
  });

  it("then sends what changed, the newest of each subject, five times a second at most", async () => {
    const { clock, join, read, plant } = bench();
    const socket = join();
    for (let i = 0; i < 1000; i += 1) read(0, i);
    plant.change({ kind: "score", score: { ...SCORE, anomaly: 0.9 } });
    plant.change({ kind: "health", health: { ...HEALTH, index: 40 } });
    plant.change({ kind: "alarm", alarm: { ...OPEN_ALARM, peakAnomaly: 0.9 } });
    await clock.advance(199);
    expect(changesOf(socket)).toEqual([]);
    await clock.advance(1);
    expect(changesOf(socket)).toMatchObject([
      {
        time: "2023-11-14T22:13:20.200000Z",
        health: [{ machine: PUMP, index: 40 }],
        scores: [{ anomaly: 0.9 }],
        readings: [{ value: 999 }],
        alarms: [{ peakAnomaly: 0.9 }],
      },
    ]);
    for (let ms = 0; ms < 1000; ms += 10) {
      read(1, ms);
      await clock.advance(10);
    }
    expect(changesOf(socket)).toHaveLength(6);
  });

  it("is silent but for its heartbeat every two seconds where nothing changes", async () => {
    const { clock, join } = bench();
    const socket = join();
    await clock.advance(6000);
    expect(socket.sent.slice(1)).toEqual([
      { kind: "heartbeat", time: "2023-11-14T22:13:22.000000Z" },
      { kind: "heartbeat", time: "2023-11-14T22:13:24.000000Z" },
      { kind: "heartbeat", time: "2023-11-14T22:13:26.000000Z" },
    ]);
  });

  it("says nothing of a tag that a reload took away", async () => {
    const { clock, join, read, plant } = bench();
    const socket = join();
    read(0, 1);
    plant.readings.clear();
    await clock.advance(200);
    expect(changesOf(socket)).toEqual([]);
  });

  it("sends everybody a new snapshot when a reload brings other machines", async () => {
    const { clock, join, plant, read } = bench();
    const socket = join();
    read(0, 1);
    plant.machines = plant.machines.slice(0, 1);
    await clock.advance(200);
    expect(socket.sent.map(({ kind }) => kind)).toEqual(["snapshot", "snapshot"]);
    expect(socket.sent[1]).toMatchObject({ machines: [{ id: PUMP, readings: [{ value: 1 }] }] });
    read(0, 2);
    await clock.advance(200);
    expect(socket.sent[2]).toMatchObject({ kind: "change", readings: [{ value: 2 }] });
  });

  it("carries readings of tags that belong to a machine, and no others", async () => {
    const { clock, join, plant } = bench();
    const socket = join();
    const loose = { ...(TAGS[0] as Tag), id: "bremen/hall/l1/c1/tank-1/level" };
    plant.tags = [...TAGS, loose];
    plant.change({ kind: "reading", tag: 3 }, aReading(loose, 1));
    await clock.advance(200);
    expect(changesOf(socket)).toEqual([]);
    plant.machines = plant.machines.map((one) =>
      one.id === FAN ? { ...one, tags: [...one.tags, loose.id] } : one,
    );
    await clock.advance(200);
    plant.change({ kind: "reading", tag: 3 }, aReading(loose, 2));
    await clock.advance(200);
    expect(changesOf(socket)).toMatchObject([{ readings: [{ tag: loose.id, value: 2 }] }]);
  });

  it("looks at no tag beyond those of the machines for a snapshot", () => {
    const { join, plant } = bench();
    join();
    const asked: number[] = [];
    const { newestReading } = plant;
    plant.newestReading = (tag) => {
      asked.push(tag);
      return newestReading(tag);
    };
    const status = plant.status;
    plant.status = () => {
      asked.push(-1);
      return status();
    };
    plant.tags = [
      ...TAGS,
      ...Array.from({ length: 1000 }, (_, i) => ({ ...(TAGS[0] as Tag), id: `loose/${i}` })),
    ];
    join();
    expect(asked).toEqual([0, 1, 2]);
  });

  it("makes a message once for all that are equally far", async () => {
    const { clock, join, read } = bench();
    const [a, b] = [join(), join()];
    read(0, 1);
    await clock.advance(200);
    expect(a.raw[1]).toBeDefined();
    expect(a.raw[1]).toBe(b.raw[1]);
  });

  it("listens to the plant only while somebody listens to it", async () => {
    const { clock, join, plant, feed } = bench();
    expect([plant.listeners, clock.waiting]).toEqual([0, 0]);
    const [a, b] = [join(), join()];
    expect([plant.listeners, feed.clients]).toEqual([1, 2]);
    a.emit("close");
    expect(plant.listeners).toBe(1);
    b.emit("close");
    await clock.advance(0);
    expect([plant.listeners, clock.waiting, feed.clients]).toEqual([0, 0, 0]);
    const again = join();
    await clock.advance(2000);
    expect(again.sent.map(({ kind }) => kind)).toEqual(["snapshot", "heartbeat"]);
  });

  it("is full at 64 clients", () => {
    const { feed, join } = bench();
    for (let i = 0; i < 63; i += 1) join();
    expect(feed.full).toBe(false);
    join();
    expect(feed.full).toBe(true);
  });
});

describe("a slow client", () => {
  it("gets nothing while more than 256 KiB wait, then all it missed in one message", async () => {
    const { clock, join, read } = bench();
    const [slow, quick] = [join(), join()];
    slow.bufferedAmount = 256 * 1024 + 1;
    for (let i = 0; i < 20; i += 1) {
      read(i % 2, i);
      await clock.advance(200);
    }
    expect(changesOf(quick)).toHaveLength(20);
    expect(slow.sent.map(({ kind }) => kind)).toEqual(["snapshot"]);
    slow.bufferedAmount = 0;
    await clock.advance(200);
    expect(changesOf(slow)).toMatchObject([{ readings: [{ value: 18 }, { value: 19 }] }]);
    read(0, 100);
    await clock.advance(200);
    expect(changesOf(slow)[1]).toMatchObject({ readings: [{ value: 100 }] });
  });

  it("gets a new snapshot where more alarms changed than are remembered", async () => {
    const { clock, join, plant } = bench();
    const slow = join();
    slow.bufferedAmount = 300_000;
    for (let i = 0; i < 1001; i += 1) {
      plant.change({ kind: "alarm", alarm: { ...OPEN_ALARM, id: `a${i}`, raisedUs: START_US + i } });
    }
    await clock.advance(200);
    slow.bufferedAmount = 0;
    await clock.advance(200);
    expect(slow.sent.map(({ kind }) => kind)).toEqual(["snapshot", "snapshot"]);
  });

  it("is closed with 1013 after fifteen seconds, and cut off where it does not answer", async () => {
    const { clock, join } = bench();
    const slow = join(() => true, false);
    slow.bufferedAmount = 300_000;
    await clock.advance(15_000);
    expect(slow.closes).toEqual([]);
    await clock.advance(200);
    expect(slow.closes).toEqual([[1013, "too slow; connect again"]]);
    expect(slow.terminated).toBe(false);
    await clock.advance(1000);
    expect(slow.terminated).toBe(true);
    expect(slow.closes).toHaveLength(1);
  });

  it("may stall again and again where it catches up between", async () => {
    const { clock, join } = bench();
    const slow = join();
    for (let i = 0; i < 5; i += 1) {
      slow.bufferedAmount = 300_000;
      await clock.advance(14_000);
      slow.bufferedAmount = 0;
      await clock.advance(400);
      slow.emit("pong");
    }
    expect(slow.closes).toEqual([]);
  });
});

describe("a client", () => {
  it("that answers no ping for thirty seconds is cut off; one that does stays", async () => {
    const { clock, join } = bench();
    const [gone, there] = [join(), join()];
    for (let i = 0; i < 15; i += 1) {
      await clock.advance(2000);
      there.emit("pong");
    }
    expect([gone.terminated, gone.pings]).toEqual([false, 15]);
    await clock.advance(2000);
    expect([gone.terminated, there.terminated]).toEqual([true, false]);
  });

  it("that talks is closed with 1008, once", async () => {
    const { clock, join } = bench();
    const chatty = join(() => true, false);
    chatty.emit("message");
    chatty.emit("message");
    expect(chatty.closes).toEqual([[1008, "the feed takes no messages; commands are HTTP"]]);
    const before = chatty.sent.length;
    await clock.advance(600);
    expect(chatty.sent).toHaveLength(before);
  });

  it("whose session ended is closed with 4401 at the next heartbeat", async () => {
    const { clock, join } = bench();
    let session = true;
    const socket = join(() => session);
    await clock.advance(2000);
    expect(socket.closes).toEqual([]);
    session = false;
    await clock.advance(2000);
    expect(socket.closes).toEqual([[4401, "the session ended; log in again"]]);
  });
});

describe("when the agent stops, the feed", () => {
  it("says goodbye with 1001", async () => {
    const { feed, join } = bench();
    const [a, b] = [join(), join()];
    await feed.close();
    expect([a.closes, b.closes]).toEqual([[[1001, "the agent stops"]], [[1001, "the agent stops"]]]);
    expect(feed.clients).toBe(0);
    await feed.close();
  });

  it("does not wait longer than a second for who does not answer", async () => {
    const { feed, join, clock } = bench();
    const stuck = join(() => true, false);
    const closed = feed.close();
    await clock.advance(999);
    expect(stuck.terminated).toBe(false);
    await clock.advance(1);
    await closed;
    expect(stuck.terminated).toBe(true);
  });
});

describe("when a message cannot be made, the feed", () => {
  it("says so once in the log and cuts its clients off, so that they connect again", async () => {
    const { join, clock, plant, log } = bench();
    const socket = join();
    plant.change({ kind: "health", health: { ...HEALTH, timeUs: Number.NaN } });
    await clock.advance(1000);
    expect(socket.terminated).toBe(true);
    expect(log.filter(({ level }) => level === "error")).toMatchObject([
      { message: "the feed failed; its clients must connect again" },
    ]);
    plant.change({ kind: "health", health: HEALTH });
    const again = join();
    plant.change({ kind: "health", health: { ...HEALTH, index: 7 } });
    await clock.advance(200);
    expect(changesOf(again)).toMatchObject([{ health: [{ index: 7 }] }]);
  });
});

describe("what changes of models", () => {
  it("names the champion of the moment in the snapshot", () => {
    const { join, rollouts } = bench();
    const { champion } = rollouts.state;
    rollouts.state = { ...rollouts.state, champion: { ...champion, version: "1.1.0" } };
    expect(join().sent[0]).toMatchObject({ agent: { model: "listener 1.1.0" } });
  });

  it("comes in the snapshot, then at most once a second, to those who have not heard it", async () => {
    const { join, clock, rollouts, feed } = bench();
    const socket = join();
    expect(socket.sent[0]).toMatchObject({ models: { champion: { version: "1.0.0" } } });
    for (let turn = 0; turn < 10; turn += 1) {
      rollouts.tell();
      await clock.advance(200);
    }
    expect(socket.sent.filter(({ kind }) => kind === "models")).toHaveLength(2);
    await clock.advance(1000);
    expect(socket.sent.filter(({ kind }) => kind === "models")).toHaveLength(2);
    socket.emit("close");
    expect([feed.clients, rollouts.listeners]).toEqual([0, 0]);
  });
});
