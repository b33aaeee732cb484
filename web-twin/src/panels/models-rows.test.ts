import { describe, expect, it } from "vitest";
import { applyModels, emptyPlant } from "../state/plant-state.ts";
import { format, t } from "../testing/english.ts";
import {
  at,
  makeDisagreement,
  makeFrame,
  makeMachine,
  makeModels,
  makeTrial,
  T0,
} from "../testing/fixtures.ts";
import { badgeOf } from "./models-badge.ts";
import {
  auditRows,
  commandsFor,
  disagreementRows,
  driftRows,
  frameCaption,
  modelTitle,
  outcomeRows,
} from "./models-rows.ts";

const words = { t, format, nowMs: T0 };
const plantWith = (models = makeModels()) =>
  applyModels({ ...emptyPlant, machines: new Map([["M1", makeMachine("M1")]]) }, models);
const trialWith = (unlabelled: number) => {
  const trial = makeTrial();
  return { ...trial, evidence: { ...trial.evidence, unlabelled } };
};

describe("the header's badge", () => {
  it("says what wants a look, the most urgent of it", () => {
    const badge = (more: Parameters<typeof makeModels>[0]) => badgeOf(makeModels(more), t, format);
    expect(badge({})).toBeUndefined();
    expect(badge({ trial: trialWith(0) })).toBe("trial runs");
    expect(badge({ trial: trialWith(18) })).toBe("18 to label");
    expect(badge({ drift: { ...makeModels().drift, wanting: { sinceTime: at(0), requested: true } } })).toBe(
      "new model wanted",
    );
    const broken = { state: "broken", errorPercent: 2, frames: 10 } as const;
    expect(badge({ objective: broken, trial: trialWith(18) })).toBe("errors too frequent");
  });

  it("stands beside the champion's name", () => {
    expect(modelTitle(makeModels().champion)).toBe("listener 1.0.0");
  });
});

describe("the commands", () => {
  it("are those that can be given now", () => {
    expect(commandsFor(makeModels())).toEqual(["start"]);
    expect(commandsFor(makeModels({ trial: makeTrial() }))).toEqual(["pause", "promote", "abort"]);
    const paused = makeTrial({ paused: { by: "Li", sinceTime: at(0) } });
    expect(commandsFor(makeModels({ trial: paused }))).toEqual(["resume", "promote", "abort"]);
    expect(commandsFor(makeModels({ registry: { name: "", reachable: false, reason: "" } }))).toEqual([]);
  });
});

describe("the rows of drift", () => {
  it("name machine and sensor, the state in words, and how far it is", () => {
    const common = { machine: "M1", sensor: "M1/vibration", warnings: 2, progress: 0.4, sinceTime: at(0) };
    const worst = [
      { ...common, kind: "warning", layer: "embedding", ratio: 1.5 },
      { ...common, kind: "learning", machine: "gone", sensor: "gone/v" },
      { ...common, kind: "confirmed", layer: "input", ratio: 7 },
    ] as const;
    const models = makeModels({ drift: { ...makeModels().drift, worst } });
    const rows = driftRows(plantWith(models), words);
    expect(rows[0]).toMatchObject({
      machineName: "Pump M1",
      sensorName: "Drive end",
      state: "2 of 3 warnings in a row",
      detail: "1.5 x its limit, what the network makes of it",
      share: 0.75,
    });
    expect(rows[1]).toMatchObject({ machineName: "gone", sensorName: "gone/v", detail: "" });
    expect(rows[1]?.state).toBe("learning its reference, 40%");
    expect(rows[1]).not.toHaveProperty("share");
    expect(rows[2]).toMatchObject({ state: "drift confirmed", share: 1 });
    expect(driftRows(emptyPlant, words)).toEqual([]);
  });
});

describe("the rows of history", () => {
  it("say how a trial ended, why and when", () => {
    const outcomes = [
      {
        kind: "promoted" as const,
        trial: "t1",
        model: { name: "listener", version: "1.0.0", digest: "1" },
        reason: { code: "accuracy-rose" as const, evidence: 30, gainPoints: 0.6 },
        time: at(-3600),
      },
    ];
    expect(outcomeRows(makeModels({ outcomes }), words)).toEqual([
      {
        key: "t1",
        kind: "promoted",
        title: "Promoted: listener 1.0.0",
        why: "More accurate by 0.6 points (evidence 30)",
        when: "15:00:00, 1 h ago",
      },
    ]);
  });

  it("say who did what, with what was written down", () => {
    const detail = {
      trial: "t1",
      digest: "2222",
      from: "shadow",
      to: "canary",
      reason: { code: "by-hand", by: "Li" },
      why: "night shift",
      model: { version: "1.1.0" },
      note: "",
      gone: null,
    };
    const [row] = auditRows([{ sequence: 7, time: at(0), by: "Li", what: "stage", detail }], words);
    expect(row).toEqual({
      key: "7",
      kind: "audit",
      title: "Li: went on with the trial",
      why: 'Shadow, → Canary, By hand: Li, why night shift, model {"version":"1.1.0"}',
      when: "16:00:00, 0 s ago",
    });
  });
});

describe("the rows of disagreements", () => {
  it("say that the models disagree, and which said what once a label has answered", () => {
    const items = [makeDisagreement("f1"), makeDisagreement("f2", { machine: "gone", label: "false" })];
    const [first, second] = disagreementRows(items, plantWith(), "f1", words);
    expect(first).toEqual({
      frame: "f1",
      machineName: "Pump M1",
      when: "16:00:00",
      says: "The two models disagree",
      label: undefined,
      labelText: "no label yet",
      selected: true,
    });
    expect(second).toMatchObject({
      machineName: "gone",
      says: "Champion: healthy, Challenger: abnormal",
      labelText: "labelled false alarm",
      selected: false,
    });
    // Whoever is not sure may answer later, as fairly as the first time.
    const unsure = [makeDisagreement("f3", { label: "not-sure" })];
    expect(disagreementRows(unsure, plantWith(), undefined, words)[0]).toMatchObject({
      says: "The two models disagree",
      labelText: "labelled not sure",
    });
  });

  it("keep what each model says of a frame from its picture until a label has answered", () => {
    const frame = makeFrame("f1");
    expect(frameCaption(frame, undefined, words)).toBe("The two models disagree");
    expect(frameCaption(frame, "not-sure", words)).toBe("The two models disagree");
    expect(frameCaption(frame, "real", words)).toBe(
      "Probability of not being healthy. Champion (listener 1.0.0): 20%, Challenger: 90%",
    );
    const { challengerProbability: _, ...alone } = frame;
    expect(frameCaption(alone, "false", words)).toBe(
      "Probability of not being healthy. Champion (listener 1.0.0): 20%",
    );
  });
});
