import { describe, expect, it } from "vitest";
import { createPointStore } from "../state/point-store.ts";
import { createStore } from "../state/store.ts";
import type { TwinPicture } from "../stream/twin-news.ts";
import { createTwinPlanes } from "../stream/twin-planes.ts";
import { at, makeMachine, makeSnapshot, T0 } from "../testing/fixtures.ts";
import { createManualTimers } from "../testing/manual-timers.ts";
import { settled } from "../testing/settled.ts";
import { smallLayout } from "../testing/small-layout.ts";
import type { KeptPlant } from "./kept-plant.ts";
import { createOfflinePage } from "./offline-page.ts";

const layout = smallLayout();

function keptPicture(): TwinPicture {
  const planes = createTwinPlanes(layout.firstPoint);
  const columns = planes.makeColumns();
  const scope = planes.fill(columns);
  columns.state[2] = 3;
  const figures = { turn: 0, applied: 0, lost: 0, resyncs: 0 };
  return { kind: "picture", layoutHash: layout.hash, ...scope, columns, timeMs: T0, figures };
}

function setUp(more: Partial<KeptPlant> = {}) {
  const timers = createManualTimers();
  const store = createStore((flush) => flush());
  const { store: points, writer } = createPointStore({ schedule: (flush) => flush(), watch: () => {} });
  const log: string[] = [];
  const page = createOfflinePage({
    store,
    points,
    writer,
    timers,
    wallMs: () => T0 + 90_000,
    kept: {
      async keep() {
        log.push("kept");
        return true;
      },
      plant: async () => makeSnapshot([makeMachine("M1")]),
      points: async () => keptPicture(),
      async forget() {
        log.push("forgotten");
      },
      ...more,
    },
  });
  return { timers, store, points, writer, page, log };
}

describe("a page whose agent cannot be reached", () => {
  it("shows what it kept, as stale since then", async () => {
    const { page, store, points, writer } = setUp();
    writer.setLayout(layout);
    page.unreachable();
    page.unreachable();
    await settled();
    expect(store.view().plant.machines.size).toBe(1);
    expect(store.view().feed).toEqual({ state: "stale", heardMs: -90_000 });
    expect(points.view()).toMatchObject({ isStale: true, timeMs: T0 });
    expect(points.view()?.state[2]).toBe(3);
  });

  it("shows the points as soon as it knows where they stand", async () => {
    const { page, points, writer } = setUp();
    page.layoutLoaded();
    page.unreachable();
    await settled();
    writer.setLayout(layout);
    page.layoutLoaded();
    await settled();
    expect(points.view()?.state[2]).toBe(3);
  });

  it("lets the agent's word go before what it kept", async () => {
    const { page, store, points, writer } = setUp();
    writer.setLayout(layout);
    page.unreachable();
    page.heard();
    await settled();
    expect(store.view().plant.machines.size).toBe(0);
    expect(points.view()?.isStale).toBe(false);
    page.unreachable();
    page.heard();
    await settled();
    expect(store.view().plant.machines.size).toBe(0);
  });

  it("shows nothing where nothing was kept", async () => {
    const { page, store } = setUp({ plant: async () => undefined });
    page.unreachable();
    await settled();
    expect(store.view().feed.state).toBe("connecting");
  });

  it("notes that the browser lost it", async () => {
    const { page, store } = setUp({ plant: () => Promise.reject(new Error("quota")) });
    page.unreachable();
    await settled();
    expect(store.view().notes).toEqual(["offline: Error: quota"]);
  });
});

describe("a page that hears its agent", () => {
  it("keeps what it shows once a minute and when it goes, while it is live", async () => {
    const { page, store, timers, log } = setUp();
    timers.advance(60_000);
    page.keepNow();
    expect(log).toEqual([]);
    store.receive({ ...makeSnapshot([]), time: at(1) });
    store.setFeed({ state: "live", heardMs: 0 });
    timers.advance(60_000);
    timers.advance(60_000);
    page.keepNow();
    expect(log).toEqual(["kept", "kept", "kept"]);
    page.forget();
    expect(log).toHaveLength(4);
  });
});
