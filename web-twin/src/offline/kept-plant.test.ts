import { decodeTwin } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import { createPointStore } from "../state/point-store.ts";
import { createStore } from "../state/store.ts";
import { createTwinPlanes } from "../stream/twin-planes.ts";
import { createFakeCaches } from "../testing/fake-caches.ts";
import { makeAlarm, makeMachine, makeSnapshot } from "../testing/fixtures.ts";
import { createModelAgent } from "../testing/model-agent.ts";
import { smallLayout } from "../testing/small-layout.ts";
import { createKeptPlant } from "./kept-plant.ts";

const layout = smallLayout();

function setUp() {
  const kept = createKeptPlant(
    createFakeCaches(() => Promise.reject(new Error("no network"))),
    "https://agent/",
  );
  const store = createStore((flush) => flush());
  store.receive({ ...makeSnapshot([makeMachine("M1")]), alarms: [makeAlarm("a1", "M1")] });
  const { store: points, writer } = createPointStore({ schedule: (flush) => flush(), watch: () => {} });
  writer.setLayout(layout);
  const agent = createModelAgent(layout.pointCount, layout.hash);
  agent.change([1, 7], 4711, 3);
  const planes = createTwinPlanes(layout.firstPoint);
  const message = decodeTwin(agent.snapshot());
  if (message.kind !== "snapshot") throw new Error("not a snapshot");
  planes.apply(message);
  const columns = planes.makeColumns();
  writer.adopt(
    "live",
    {
      kind: "picture",
      layoutHash: layout.hash,
      ...planes.fill(columns),
      columns,
      timeMs: message.timeMs,
      figures: { turn: 1, applied: 1, lost: 0, resyncs: 0 },
    },
    () => {},
  );
  const view = points.view();
  if (view === undefined) throw new Error("no points");
  return { kept, store, view };
}

describe("what a screen keeps", () => {
  it("comes back as a snapshot of the feed and a picture of the points", async () => {
    const { kept, store, view } = setUp();
    expect(await kept.keep(store.view().plant, view)).toBe(true);
    const other = createStore((flush) => flush());
    const message = await kept.plant();
    if (message === undefined) throw new Error("nothing kept");
    other.receive(message);
    expect(other.view().plant).toEqual(store.view().plant);
    const picture = await kept.points(view);
    expect(picture).toMatchObject({ scope: "all", timeMs: 1_000_001 });
    expect([picture?.columns.state, picture?.columns.value, picture?.columns.rollUp]).toEqual([
      view.state,
      view.value,
      view.rollUp,
    ]);
  });

  it("is nothing before the agent spoke, and nothing where it was forgotten", async () => {
    const { kept, store, view } = setUp();
    expect(await kept.keep(createStore(() => {}).view().plant, undefined)).toBe(false);
    expect([await kept.plant(), await kept.points(view)]).toEqual([undefined, undefined]);
    await kept.keep(store.view().plant, view);
    await kept.forget();
    expect([await kept.plant(), await kept.points(view)]).toEqual([undefined, undefined]);
  });

  it("does not put another plant's points into this one's", async () => {
    const { kept, store, view } = setUp();
    await kept.keep(store.view().plant, view);
    expect(await kept.points({ ...view, layout: smallLayout(2) })).toBeUndefined();
  });

  it("does not take old points for the last ones", async () => {
    const { kept, store, view } = setUp();
    await kept.keep(store.view().plant, { ...view, isStale: true });
    expect(await kept.points(view)).toBeUndefined();
  });

  it("is nothing where the browser keeps nothing", async () => {
    const { store, view } = setUp();
    const none = createKeptPlant(undefined, "https://agent/");
    expect(await none.keep(store.view().plant, view)).toBe(false);
    expect([await none.plant(), await none.points(view)]).toEqual([undefined, undefined]);
    await expect(none.forget()).resolves.toBeUndefined();
  });
});
