import { describe, expect, it } from "vitest";
import {
  makeAlarm,
  makeChange,
  makeMachine,
  makeModels,
  makeScore,
  makeSnapshot,
} from "../testing/fixtures.ts";
import { firstSelection, shownAlarm } from "./selection.ts";
import { type Changes, createStore, type View } from "./store.ts";

function setUp() {
  const frames: (() => void)[] = [];
  const store = createStore((flush) => frames.push(flush));
  const seen: { view: View; changes: Changes }[] = [];
  const unsubscribe = store.subscribe((view, changes) => seen.push({ view, changes }));
  const frame = (): Changes | undefined => {
    for (const flush of frames.splice(0)) flush();
    return seen.at(-1)?.changes;
  };
  return { store, seen, frames, frame, unsubscribe };
}

const health = (state: "alarm" | "healthy" | "warning") => ({
  health: { machine: "", time: "2026-11-22T08:00:00Z", state, baselineProgress: 1 },
});
const plant = makeSnapshot(
  [
    makeMachine("M1", health("healthy")),
    makeMachine("M2", health("alarm")),
    makeMachine("M3", health("warning")),
  ],
  [makeAlarm("a2", "M2")],
);

describe("the store", () => {
  it("tells all changes of a frame as one", () => {
    const { store, seen, frames, frame } = setUp();
    store.receive(plant);
    store.receive(makeChange({ scores: [makeScore("M1")] }));
    store.setFeed({ state: "live", heardMs: 1 });
    expect(frames).toHaveLength(1);
    expect(seen).toHaveLength(0);
    expect(frame()).toEqual({
      structure: true,
      machines: new Set(["M1", "M2", "M3"]),
      alarms: true,
      models: true,
      feed: true,
      selection: true,
      setting: false,
      notes: false,
    });
    store.receive(makeChange({ scores: [makeScore("M1")] }));
    expect(frame()).toMatchObject({ structure: false, machines: new Set(["M1"]), selection: false });
  });

  it("looks at the machine that is worst off until somebody chooses", () => {
    const { store } = setUp();
    store.receive(plant);
    expect(store.view().selection).toEqual({
      machine: "M2",
      asset: "M2",
      sensor: "M2/vibration",
      alarm: "a2",
    });
  });

  it("opens the models and goes back to the plant with whatever is chosen", () => {
    const { store, frame } = setUp();
    store.receive(plant);
    frame();
    expect(store.view().page).toBe("plant");
    store.openPage("models");
    expect(frame()).toMatchObject({ selection: true, models: false });
    expect(store.view().page).toBe("models");
    store.selectAlarm("a2");
    expect(store.view().page).toBe("plant");
  });

  it("takes what a command came to, and what was said of alarms", () => {
    const { store, frame } = setUp();
    store.receive(plant);
    frame();
    const models = makeModels();
    store.receiveModels(models);
    expect(store.view().plant.models).toBe(models);
    expect(frame()).toMatchObject({ models: true, alarms: false });
    for (let i = 0; i < 600; i += 1) store.labelAlarm(`x${i}`, "false");
    store.labelAlarm("a2", "real");
    expect(frame()).toMatchObject({ models: false, alarms: true });
    expect(store.view().labels.get("a2")).toBe("real");
    expect(store.view().labels.size).toBe(500);
  });

  it("keeps what the operator chose through a new snapshot", () => {
    const { store, frame } = setUp();
    store.receive(plant);
    store.selectMachine("M1");
    frame();
    store.receive(plant);
    expect(frame()?.selection).toBe(false);
    expect(store.view().selection).toEqual({ machine: "M1", asset: "M1", sensor: "M1/vibration" });
  });

  it("chooses again where the chosen machine or alarm is gone", () => {
    const { store } = setUp();
    store.receive(plant);
    store.receive(makeSnapshot([makeMachine("M2")]));
    expect(store.view().selection).toEqual({ machine: "M2", asset: "M2", sensor: "M2/vibration" });
    store.receive(makeSnapshot([makeMachine("M7")]));
    expect(store.view().selection.machine).toBe("M7");
  });

  it("looks at nothing while there is no machine", () => {
    const { store, frame } = setUp();
    store.receive(makeSnapshot([]));
    expect(frame()?.selection).toBe(false);
    expect(store.view().selection).toEqual({});
  });

  it("selects a machine's loudest sensor, an alarm's own sensor, or the sensor that was named", () => {
    const { store } = setUp();
    store.receive(
      makeSnapshot(
        [
          makeMachine("M1", {
            scores: [makeScore("M1"), makeScore("M1", { sensor: "M1/loud", anomaly: 0.4 })],
          }),
          makeMachine("M2"),
        ],
        [makeAlarm("a2", "M2", { sensor: "M2/fan-end" })],
      ),
    );
    store.selectMachine("M1");
    expect(store.view().selection.sensor).toBe("M1/loud");
    store.selectAlarm("a2");
    expect(store.view().selection).toEqual({
      machine: "M2",
      asset: "M2",
      sensor: "M2/fan-end",
      alarm: "a2",
    });
    store.selectSensor("M2/vibration");
    expect(store.view().selection.sensor).toBe("M2/vibration");
  });

  it("selects nothing where it is asked for what is not there", () => {
    const { store } = setUp();
    store.receive(plant);
    store.selectAlarm("nowhere");
    expect(store.view().selection).toEqual({});
    store.selectMachine("nowhere");
    expect(store.view().selection).toEqual({});
  });

  it("selects a machine without sensors", () => {
    const { store } = setUp();
    store.receive(makeSnapshot([makeMachine("M1", { sensors: [], scores: [] })]));
    expect(store.view().selection).toEqual({ machine: "M1", asset: "M1" });
  });

  it("shows an alarm's new state as soon as the agent answered", () => {
    const { store, frame } = setUp();
    store.receive(plant);
    frame();
    store.receiveAlarm(makeAlarm("a2", "M2", { state: "acknowledged-active" }));
    expect(frame()).toMatchObject({ alarms: true, machines: new Set(["M2"]), structure: false });
    expect(store.view().plant.alarms.get("a2")?.state).toBe("acknowledged-active");
  });

  it("keeps the last twenty notes until they are dismissed, and a fault of the page", () => {
    const { store } = setUp();
    store.addNotes(Array.from({ length: 30 }, (_, i) => `note ${i}`));
    expect(store.view().notes).toHaveLength(20);
    expect(store.view().notes.at(-1)).toBe("note 29");
    store.clearNotes();
    expect(store.view().notes).toEqual([]);
    store.setFault("oops");
    expect(store.view().fault).toBe("oops");
  });

  it("selects assets and points that nobody listens to, and keeps them", () => {
    const { store } = setUp();
    store.receive(plant);
    store.selectAsset("M1");
    expect(store.view().selection.machine).toBe("M1");
    store.selectPoint("S/A/tank/level");
    expect(store.view().selection).toEqual({ asset: "S/A/tank", point: "S/A/tank/level" });
    store.receive(plant);
    expect(store.view().selection.asset).toBe("S/A/tank");
  });

  it("goes to the plant with its manner, and tells settings apart from the rest", () => {
    const { store, frame } = setUp();
    store.openPage("alarms");
    store.showAs("table");
    expect(store.view()).toMatchObject({ page: "plant", manner: "table" });
    frame();
    store.setPalette("light");
    store.setSession({ role: "engineer", isProtected: true, name: "Li" });
    store.setReplay(42);
    expect(frame()).toMatchObject({ setting: true, selection: false });
    expect(store.view()).toMatchObject({ palette: "light", replayMs: 42, session: { role: "engineer" } });
    store.setReplay(undefined);
    expect(store.view().replayMs).toBeUndefined();
  });

  it("tells nobody who has left", () => {
    const { store, seen, frame, unsubscribe } = setUp();
    unsubscribe();
    store.receive(plant);
    frame();
    expect(seen).toHaveLength(0);
  });

  it("speaks of the chosen alarm, else of the machine's worst", () => {
    const { store } = setUp();
    store.receive(
      makeSnapshot(
        [makeMachine("M1")],
        [makeAlarm("a1", "M1"), makeAlarm("a2", "M1", { severity: "warning" })],
      ),
    );
    const shown = () => shownAlarm(store.view().plant, store.view().selection)?.id;
    store.selectMachine("M1");
    expect(shown()).toBe("a1");
    store.selectAlarm("a2");
    expect(shown()).toBe("a2");
    expect(shownAlarm(store.view().plant, { machine: "M1" })?.id).toBe("a1");
    expect(shownAlarm(store.view().plant, {})).toBeUndefined();
  });

  it("finds nothing to look at where no state is known to it", () => {
    expect(firstSelection({ machines: new Map(), alarms: new Map(), owners: new Map() })).toEqual({});
  });
});
