import { describe, expect, it } from "vitest";
import {
  at,
  makeAlarm,
  makeChange,
  makeMachine,
  makeModels,
  makeReading,
  makeScore,
  makeSnapshot,
  makeTrial,
  T0,
} from "../testing/fixtures.ts";
import { applyAlarm, applyInhibit, applyMessage, emptyPlant } from "./plant-state.ts";

const plant = applyMessage(
  emptyPlant,
  makeSnapshot([makeMachine("M1"), makeMachine("M2")], [makeAlarm("a1", "M1")]),
).state;

describe("the plant's state", () => {
  it("is what the snapshot says, and forgets what was before", () => {
    const { state, touched } = applyMessage(plant, makeSnapshot([makeMachine("M3")]));
    expect([...state.machines.keys()]).toEqual(["M3"]);
    expect(state.alarms.size).toBe(0);
    expect(state.agent).toEqual({ version: "0.1.0", model: "listener 1.0.0" });
    expect(state.agentTimeMs).toBe(T0);
    expect(touched).toEqual({ structure: true, machines: new Set(["M3"]), alarms: true, models: true });
  });

  it("takes the newest health, score and reading of a machine and keeps its others", () => {
    const score = makeScore("M1", { sequence: 2, anomaly: 0.7 });
    const other = makeScore("M1", { sensor: "M1/other" });
    const warm = makeReading("M1/temperature", { value: 71 });
    const { state, touched } = applyMessage(
      plant,
      makeChange({
        health: [{ machine: "M1", time: at(1), state: "warning", index: 55, baselineProgress: 1 }],
        scores: [score, other],
        readings: [warm],
      }),
    );
    const machine = state.machines.get("M1");
    expect(machine?.health.state).toBe("warning");
    expect(machine?.scores).toEqual([score, other]);
    expect(machine?.readings).toEqual([warm]);
    expect(state.machines.get("M2")).toBe(plant.machines.get("M2"));
    expect(touched.machines).toEqual(new Set(["M1"]));
    expect(state.agentTimeMs).toBe(T0 + 1000);
  });

  it("shows a tag that two machines share with both", () => {
    const shared = [{ id: "header/pressure", name: "Pressure", unit: "bar" }];
    const before = applyMessage(
      emptyPlant,
      makeSnapshot([makeMachine("M1", { tags: shared }), makeMachine("M2", { tags: shared })]),
    ).state;
    const { touched } = applyMessage(before, makeChange({ readings: [makeReading("header/pressure")] }));
    expect(touched.machines).toEqual(new Set(["M1", "M2"]));
  });

  it("leaves out news of machines and tags it was never told of", () => {
    const { state, touched } = applyMessage(
      plant,
      makeChange({ scores: [makeScore("M9")], readings: [makeReading("M9/temperature")] }),
    );
    expect([...state.machines.keys()]).toEqual(["M1", "M2"]);
    expect(touched.machines.size).toBe(0);
  });

  it("replaces an alarm by its newer state and adds new ones", () => {
    const { state, touched } = applyMessage(
      plant,
      makeChange({ alarms: [makeAlarm("a1", "M1", { state: "normal" }), makeAlarm("a2", "M2")] }),
    );
    expect([...state.alarms.values()].map(({ id, state: is }) => [id, is])).toEqual([
      ["a1", "normal"],
      ["a2", "unacknowledged-active"],
    ]);
    expect(touched.alarms).toBe(true);
    expect(plant.alarms.size).toBe(1);
  });

  it("only moves the clock on a heartbeat", () => {
    const { state, touched } = applyMessage(plant, { kind: "heartbeat", time: at(7) });
    expect(state).toEqual({ ...plant, agentTimeMs: T0 + 7000 });
    expect(touched).toEqual({ structure: false, machines: new Set(), alarms: false, models: false });
  });

  it("takes what is told of models, in a snapshot and alone, and forgets it with the next snapshot", () => {
    const models = makeModels();
    const first = applyMessage(plant, { ...makeSnapshot([]), models }).state;
    expect(first.models).toBe(models);
    const newer = makeModels({ trial: makeTrial() });
    const { state, touched } = applyMessage(first, { kind: "models", time: at(3), models: newer });
    expect([state.models, state.agentTimeMs]).toEqual([newer, T0 + 3000]);
    expect(touched).toEqual({ structure: false, machines: new Set(), alarms: false, models: true });
    expect(applyMessage(state, makeSnapshot([])).state.models).toBeUndefined();
  });

  it("takes an alarm that a command answered with", () => {
    const acknowledged = makeAlarm("a1", "M1", { state: "acknowledged-active" });
    expect(applyAlarm(plant, acknowledged).alarms.get("a1")).toBe(acknowledged);
  });

  it("keeps what is open, and of what is over the newest five hundred", () => {
    const over = Array.from({ length: 600 }, (_, i) => makeAlarm(`over${i}`, "M1", { state: "normal" }));
    const { state } = applyMessage(plant, makeChange({ alarms: over }));
    expect(state.alarms.size).toBe(501);
    expect(state.alarms.has("a1")).toBe(true);
    expect(state.alarms.has("over99")).toBe(false);
    expect(state.alarms.has("over100")).toBe(true);
  });

  it("lays an inhibit over all alarms of its source, and takes it away again", () => {
    const inhibit = {
      kind: "shelved",
      source: "M1/vibration",
      by: "Li",
      reason: "r",
      fromTime: at(0),
    } as const;
    const shelved = applyInhibit(plant, "M1/vibration", inhibit);
    expect(shelved.plant.alarms.get("a1")?.inhibit).toEqual(inhibit);
    expect(shelved.machines).toEqual(new Set(["M1"]));
    const back = applyInhibit(shelved.plant, "M1/vibration", undefined);
    expect(back.plant.alarms.get("a1")).toEqual(plant.alarms.get("a1"));
    expect(applyInhibit(plant, "elsewhere", inhibit).machines.size).toBe(0);
  });
});
