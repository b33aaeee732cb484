import { PointState } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import { at, makeAlarm, makeMachine, makeSnapshot, T0 } from "../testing/fixtures.ts";
import { smallLayout } from "../testing/small-layout.ts";
import { createPointStore } from "./point-store.ts";
import { createReplayedStore, recordedHealth } from "./replayed-plant.ts";
import { createStore } from "./store.ts";

describe("what the recording tells of a machine", () => {
  it.each([
    [0, "healthy"],
    [1, "healthy"],
    [2, "warning"],
    [3, "alarm"],
    [3 | PointState.unacknowledged, "alarm"],
    [PointState.stale, "unknown"],
    [2 | PointState.stale, "warning"],
    [3 | PointState.silenced, "unknown"],
    [PointState.outOfService, "unknown"],
    [undefined, "unknown"],
  ] as const)("calls the state %s %s", (state, health) => {
    expect(recordedHealth(state)).toBe(health);
  });
});

describe("the store beside a replay", () => {
  const layout = smallLayout(2);
  const PUMP = "S/A/pump-1";

  function setUp() {
    const now = (run: () => void): void => run();
    const store = createStore(now);
    const { store: points, writer } = createPointStore({ schedule: now, watch: () => {} });
    const tags = ["flow", "level"].map((name) => ({ id: `${PUMP}/${name}`, name, unit: "%" }));
    store.receive(makeSnapshot([makeMachine(PUMP, { tags })], [makeAlarm("one", PUMP)]));
    writer.setLayout(layout);
    const replay = (ms: number, value: number, state: number): void => {
      writer.showOnly("replay");
      const columns = {
        point: new Uint32Array(),
        value: new Uint16Array(layout.pointCount).fill(value),
        state: new Uint8Array(layout.pointCount).fill(state),
        asset: new Uint32Array(),
        rollUp: new Uint8Array(layout.assetCount).fill(state),
      };
      const scope = { scope: "all", count: layout.pointCount, assetCount: 2, reshaped: true } as const;
      const figures = { turn: 1, applied: 1, lost: 0, resyncs: 0 };
      const head = { kind: "picture", layoutHash: layout.hash, timeMs: ms, figures } as const;
      writer.adopt("replay", { ...head, ...scope, columns }, () => {});
    };
    return { store, replay, replayed: createReplayedStore(store, points) };
  }
  const readingsOf = (replayed: ReturnType<typeof createReplayedStore>) =>
    replayed
      .view()
      .plant.machines.get(PUMP)
      ?.readings.map(({ tag, value }) => [tag, value]);

  it("is the live one until a replay begins, and after it", () => {
    const { store, replay, replayed } = setUp();
    expect(replayed.view()).toBe(store.view());
    replay(T0, 7, 2);
    store.setReplay(T0);
    expect(replayed.view()).not.toBe(store.view());
    store.setReplay(undefined);
    expect(replayed.view()).toBe(store.view());
  });

  it("shows state and measurements of the replayed moment, and nothing that is not recorded", () => {
    const { store, replay, replayed } = setUp();
    store.setReplay(T0);
    replay(T0, 7, 2);
    const { plant } = replayed.view();
    expect(plant.machines.get(PUMP)).toMatchObject({
      health: { state: "warning", time: "2026-11-22T08:00:00.000Z" },
      scores: [],
    });
    expect(plant.machines.get(PUMP)?.health).not.toHaveProperty("index");
    expect(plant.machines.get(PUMP)).toMatchObject({ openAlarms: 0 });
    expect(plant.alarms.size).toBe(0);
    expect(readingsOf(replayed)).toEqual([
      [`${PUMP}/flow`, 7],
      [`${PUMP}/level`, 7],
    ]);
  });

  it("shows the alarms and the index of that moment, where they were kept", () => {
    const { store, replay, replayed } = setUp();
    store.setReplay(T0 + 59_000);
    replay(T0 + 59_000, 7, 2);
    store.setRecorded({
      alarms: [makeAlarm("then", PUMP), makeAlarm("later", PUMP, { raisedTime: at(61) })],
      health: new Map([[PUMP, { time: [T0 / 1000 + 30, T0 / 1000 + 90], mean: [81, 40] }]]),
    });
    const { plant } = replayed.view();
    expect([...plant.alarms.keys()]).toEqual(["then"]);
    expect(plant.machines.get(PUMP)).toMatchObject({ openAlarms: 1, health: { index: 81 } });
    store.setRecorded({ health: new Map() });
    expect(replayed.view().plant.alarms.size).toBe(0);
    expect(replayed.view().recorded).not.toHaveProperty("alarms");
    store.setReplay(undefined);
    expect(store.view()).not.toHaveProperty("recorded");
  });

  it("does not choose an alarm that is over today", () => {
    const { store, replayed } = setUp();
    store.selectMachine(PUMP);
    const { selection } = store.view();
    replayed.selectAlarm("over");
    expect(store.view().selection).toEqual(selection);
    replayed.selectAlarm("one");
    expect(store.view().selection).toMatchObject({ alarm: "one" });
  });

  it("follows the next picture of the same view, and keeps what did not change", () => {
    const { store, replay, replayed } = setUp();
    store.setReplay(T0);
    replay(T0, 7, 0);
    expect(replayed.view()).toBe(replayed.view());
    replay(T0 + 1, 9, 0);
    expect(readingsOf(replayed)?.[0]).toEqual([`${PUMP}/flow`, 9]);
  });

  it("has no measurement where there was none that could be believed", () => {
    const { store, replay, replayed } = setUp();
    store.setReplay(T0);
    replay(T0, 7, PointState.stale);
    expect(readingsOf(replayed)).toEqual([]);
  });
});
