import { describe, expect, it } from "vitest";
import { disagreementsOf, rolloutReport } from "./report.ts";
import { defaultRolloutPolicy, type RolloutPolicy } from "./rollout-policy.ts";
import type { RolloutReason, Wait } from "./rollout-report.ts";
import { initialState, type RolloutState, type Trial } from "./rollout-state.ts";
import { step } from "./step.ts";

const model = (version: string) => ({ name: "listener", version, digest: `d${version}`, sequence: 1 });
const policy: RolloutPolicy = {
  ...defaultRolloutPolicy,
  gate: { ...defaultRolloutPolicy.gate, blockSeconds: 0 },
};
const started = step(
  initialState(model("1"), 0),
  { kind: "offered", model: model("2"), because: "drift", timeUs: 0 },
  policy,
);

const at = (changes: Partial<Trial>): RolloutState => ({
  ...started,
  ...(started.trial && { trial: { ...started.trial, ...changes } }),
});

const surroundings = {
  nowUs: 30 * 60e6,
  drift: { needed: 3, sensors: [] },
  objective: { isBroken: false, errorPercent: 0.01, frames: 300 },
  registry: { name: "r", reachable: true, reason: "" },
};

const waits = (state: RolloutState, progress?: number): readonly Wait[] | undefined =>
  rolloutReport(state, { ...surroundings, ...(progress !== undefined && { progress }) }, policy).trial
    ?.waitsFor;

const held: RolloutReason = { code: "trial-too-long", frames: 1, hours: 1 };

describe("the report", () => {
  it("says what a trial waits for in each stage", () => {
    expect(waits(started, 0.4)).toEqual([{ code: "working", stage: "verify", progress: 0.4 }]);
    expect(waits(at({ stage: "shadow" }))).toEqual([{ code: "frames", have: 0, need: 1200 }]);
    expect(waits(at({ stage: "soak" }))).toEqual([{ code: "soak-minutes", have: 30, need: 60 }]);
    expect(waits(at({ stage: "shadow", held }))).toEqual([{ code: "decision-by-hand" }]);
    expect(waits(at({ stage: "soak", paused: { by: "Ann", sinceUs: 0 } }))?.[0]).toEqual({
      code: "decision-by-hand",
    });
    expect(waits(at({ stage: "canary" }))).toEqual([
      { code: "frames", have: 0, need: 100 },
      { code: "evidence", have: 1, need: 20 },
      { code: "gain-points", have: 0, need: 0.5 },
      { code: "latency-sure", highPercent: Number.POSITIVE_INFINITY, mostPercent: 5 },
    ]);
    expect(waits(at({ stage: "commit" }), 0.4)).toEqual([{ code: "working", stage: "commit" }]);
  });

  it("says on how many frames the challenger acts, and how many it hears", () => {
    const shares = (state: RolloutState) => {
      const trial = rolloutReport(state, surroundings, policy).trial;
      return [trial?.share, trial?.hears];
    };
    expect(shares(started)).toEqual([0, 0]);
    expect(shares(at({ stage: "shadow" }))).toEqual([0, 1]);
    expect(shares(at({ stage: "canary" }))).toEqual([0.05, 1]);
    expect(shares(at({ stage: "canary", held }))).toEqual([0, 0]);
    expect(shares(at({ stage: "full" }))).toEqual([1, 1]);
    const sparing = { ...policy, canaryHears: 0.5 };
    expect(rolloutReport(at({ stage: "canary" }), surroundings, sparing).trial?.hears).toBe(0.5);
  });

  it("counts what is still to be labelled, and lists it newest first with what each model says", () => {
    const canary = at({ stage: "canary" });
    const judged = (isAnomalous: boolean) => ({ probability: 0.5, isAnomalous, isAbnormal: false, ms: 1 });
    const pair = (n: number, champion: boolean, challenger: boolean) => ({
      kind: "paired" as const,
      timeUs: n,
      frame: {
        id: `f${n}`,
        machine: "m",
        sensor: "s",
        timeUs: n,
        shaftHz: 0,
        champion: judged(champion),
        challenger: judged(challenger),
        first: "champion" as const,
        acted: "challenger" as const,
      },
    });
    const heard = [pair(1, false, true), pair(2, true, false), pair(3, true, true)].reduce<RolloutState>(
      (state, event) => step(state, event, policy),
      canary,
    );
    const labelled = step(heard, { kind: "labelled", frame: "f1", verdict: "real", timeUs: 4 }, policy);
    expect(waits(labelled)).toContainEqual({ code: "labels", have: 1, need: 2 });
    expect(disagreementsOf(labelled, 9)).toEqual([
      {
        frame: "f2",
        machine: "m",
        sensor: "s",
        timeUs: 2,
        championSays: "anomalous",
        challengerSays: "healthy",
      },
      {
        frame: "f1",
        machine: "m",
        sensor: "s",
        timeUs: 1,
        championSays: "healthy",
        challengerSays: "anomalous",
        label: "real",
      },
    ]);
    expect(disagreementsOf(labelled, 1)).toHaveLength(1);
    expect(rolloutReport(labelled, surroundings, policy).trial?.evidence).toMatchObject({
      frames: 3,
      blocks: 3,
      disagreements: 2,
      better: 1,
      unlabelled: 1,
      evidenceNeeded: 20,
    });
  });

  it("says whether the objective is kept, broken, or given up for threshold alarms", () => {
    const stateOf = (state: RolloutState, isBroken: boolean) =>
      rolloutReport(state, { ...surroundings, objective: { ...surroundings.objective, isBroken } }, policy)
        .objective.state;
    expect([stateOf(started, false), stateOf(started, true)]).toEqual(["kept", "broken"]);
    expect(stateOf({ ...started, degradedSinceUs: 1 }, false)).toBe("degraded");
  });
});
