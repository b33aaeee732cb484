import { describe, expect, it } from "vitest";
import { createPointStore } from "../state/point-store.ts";
import type { PointsChange } from "../state/points.ts";
import { createManualTimers } from "../testing/manual-timers.ts";
import { createModelAgent } from "../testing/model-agent.ts";
import { smallLayout } from "../testing/small-layout.ts";
import { createTwinClient, type TwinClient } from "./twin-client.ts";
import { createTwinHost } from "./twin-host.ts";
import type { TwinNews } from "./twin-news.ts";
import type { TwinSocketHandlers } from "./twin-session.ts";

const layout = smallLayout();
const tag = "S/A/pump-2/flow";

/** Both ends of the feed on one thread, between an agent and a store. */
function setUp({ connects = true } = {}) {
  const timers = createManualTimers();
  const agent = createModelAgent(layout.pointCount, layout.hash);
  const sent: string[] = [];
  const log: string[] = [];
  const changes: PointsChange[] = [];
  let flush: (() => void) | undefined;
  let socket: TwinSocketHandlers | undefined;
  let posted = 0;
  const frame = (): void => {
    const due = flush;
    flush = undefined;
    due?.();
  };
  const post = (news: TwinNews, transfer: ArrayBuffer[]): void => {
    if (news.kind === "picture") posted += 1;
    // As between threads: what was given away cannot be read any more.
    client.hear(structuredClone(news, { transfer }));
  };
  const host = createTwinHost(
    {
      timers,
      random: () => 1,
      connect(url, handlers) {
        log.push(`to ${url}`);
        socket = handlers;
        return { send: (text) => sent.push(text), close() {} };
      },
    },
    post,
  );
  const { store, writer } = createPointStore({
    schedule: (next) => {
      flush = next;
    },
    watch: (points) => client.watch(points),
  });
  const client: TwinClient = createTwinClient(
    (command, transfer) => host(structuredClone(command, { transfer })),
    writer,
    {
      layoutWanted: (hash) => log.push(`layout ${hash}`),
      heard: () => {},
      refused: () => log.push("refused"),
      note: (text) => log.push(text),
      shown: ({ scope, count }) => log.push(`shown ${scope} ${count}`),
    },
  );
  store.subscribe((change) => changes.push(change));
  store.onFreshness((isStale) => log.push(isStale ? "stale" : "live"));
  const deliver = (bytes: ArrayBuffer): void => socket?.received(bytes);
  host({ kind: "open", url: "ws://x" });
  if (connects) {
    socket?.opened();
    client.setLayout(layout);
    frame();
    deliver(agent.snapshot());
    frame();
    log.length = 0;
    changes.length = 0;
  }
  return {
    timers,
    agent,
    sent,
    log,
    changes,
    store,
    writer,
    client,
    host,
    frame,
    deliver,
    socket: () => socket,
    posted: () => posted,
  };
}

describe("the page's end of the twin feed", () => {
  it("shows what the agent tells, with the next picture", () => {
    const { store, changes, agent, deliver, frame, log } = setUp();
    const point = store.find(tag) ?? -1;
    deliver(agent.change([point], 1234, 3));
    expect(changes).toEqual([]);
    frame();
    expect(changes).toEqual([{ kind: "some", points: expect.anything(), count: 1, reshaped: true }]);
    expect(store.view()?.state[point]).toBe(3);
    expect(store.view()?.rollUp[1]).toBe(3);
    expect(store.valueOf(point)).toBe(1234);
    expect(store.view()?.timeMs).toBe(1_000_001);
    expect(log).toEqual(["shown some 1"]);
  });

  it("is told at most one picture at a time, and then all that came between", () => {
    const { agent, deliver, frame, changes, posted } = setUp();
    const before = posted();
    for (let i = 1; i <= 50; i += 1) deliver(agent.change([i % 3], i, i % 2));
    expect(posted() - before).toBe(1);
    frame();
    expect(posted() - before).toBe(2);
    frame();
    expect(changes.map((change) => change.kind === "some" && change.count)).toEqual([1, 3]);
    frame();
    expect(changes).toHaveLength(2);
  });

  it("tells nobody of a heartbeat, and keeps its time", () => {
    const { agent, deliver, frame, changes, store } = setUp();
    deliver(agent.heartbeat());
    frame();
    expect(changes).toEqual([]);
    expect(store.view()?.timeMs).toBe(1_000_000);
  });

  it("asks for one picture a second while it is hidden, and for all when it is seen", () => {
    const { client, sent } = setUp();
    sent.length = 0;
    client.setHidden(true);
    client.setHidden(false);
    expect(sent).toEqual(['{"kind":"rate","mostHz":1}', '{"kind":"rate","mostHz":20}']);
  });

  it("asks for less where it draws slowly, and for all once it is fast again", () => {
    const { agent, deliver, frame, timers, sent } = setUp();
    const run = (pictures: number, ms: number): void => {
      for (let i = 0; i < pictures; i += 1) {
        deliver(agent.change([1], i + ms, 0));
        timers.advance(ms);
        frame();
      }
    };
    sent.length = 0;
    run(20, 400);
    expect(sent).toEqual(['{"kind":"rate","mostHz":5}']);
    run(200, 40);
    expect(sent).toEqual(['{"kind":"rate","mostHz":5}', '{"kind":"rate","mostHz":20}']);
  });

  it("shows the full values of watched points, for as long as they are watched", () => {
    const { client: _, store, agent, deliver, frame, sent, changes } = setUp();
    sent.length = 0;
    store.watch([2]);
    deliver(agent.watched([2], [3.25]));
    frame();
    expect(sent).toEqual(['{"kind":"watch","points":[2]}']);
    expect(store.valueOf(2)).toBe(3.25);
    expect(changes).toHaveLength(1);
    store.watch([]);
    expect(store.valueOf(2)).toBe(0);
  });

  it("has no value where the agent has none", () => {
    const { store, agent, deliver, frame } = setUp();
    deliver(agent.change([1], 65_535, 64));
    frame();
    expect(store.valueOf(1)).toBeUndefined();
    expect(store.valueOf(9_999)).toBeUndefined();
  });

  it("passes on staleness, refusals, notes and another layout", () => {
    const { timers, socket, log, deliver, store } = setUp();
    timers.advance(3_000);
    expect(store.view()?.isStale).toBe(true);
    deliver(new ArrayBuffer(1));
    deliver(createModelAgent(12, 5).snapshot());
    socket()?.closed();
    timers.advance(500);
    socket()?.closed();
    expect(log.map((line) => line.split(" ")[0])).toEqual(["stale", "twin:", "layout", "to", "refused"]);
  });

  it("gives back the columns of a plant that is gone without showing them", () => {
    const { client, agent, deliver, frame, changes, store } = setUp();
    deliver(agent.change([1], 5, 3));
    client.setLayout(smallLayout(2));
    frame();
    expect(changes).toEqual([{ kind: "layout" }]);
    expect(store.view()?.timeMs).toBeUndefined();
    expect(store.view()?.layout.assetCount).toBe(2);
  });

  it("shows nothing live while something else is shown, and everything on return", () => {
    const { client, writer, agent, deliver, frame, changes, store, sent } = setUp();
    writer.showOnly("replay");
    deliver(agent.change([1], 5, 3));
    frame();
    expect(changes).toEqual([]);
    expect(store.view()?.state[1]).toBe(0);
    sent.length = 0;
    writer.showOnly("live");
    client.resync();
    frame();
    expect(store.view()?.state[1]).toBe(3);
    expect(sent).toEqual(['{"kind":"resync","why":"the page asks"}']);
  });

  it("calls kept points stale whatever the feed says", () => {
    const { writer, store, log } = setUp();
    writer.showOnly("kept");
    expect([store.view()?.isStale, log]).toEqual([true, ["stale"]]);
    writer.showOnly("live");
    writer.showOnly("live");
    expect([store.view()?.isStale, log]).toEqual([false, ["stale", "live"]]);
  });

  it("connects at once when asked, and ends when told", () => {
    const { client, host, log, timers } = setUp();
    client.reconnect();
    expect(log).toEqual(["to ws://x"]);
    host({ kind: "close" });
    expect(timers.waiting).toBe(0);
  });

  it("knows the layout before the connection as well as after it", () => {
    const { client, host, socket, sent, deliver, agent, frame, store } = setUp({ connects: false });
    expect(store.find(tag)).toBeUndefined();
    expect(store.valueOf(1)).toBeUndefined();
    client.setLayout(layout);
    host({ kind: "open", url: "ws://y" });
    socket()?.opened();
    expect(sent).toHaveLength(1);
    deliver(agent.snapshot());
    frame();
    expect(client.figures()).toMatchObject({ applied: 1, resyncs: 0 });
  });
});
