import { describe, expect, it } from "vitest";
import { EdgeError } from "../errors.ts";
import { defaultRolloutPolicy } from "./rollout-policy.ts";
import { initialState, type RolloutState } from "./rollout-state.ts";
import { liveModels, parseState, serialiseState } from "./state-json.ts";
import { step } from "./step.ts";

const model = (version: string) => ({ name: "listener", version, digest: `d${version}`, sequence: 1 });

const state: RolloutState = step(
  { ...initialState(model("1"), 5), previous: { model: model("0"), sinceUs: 1 }, rejected: ["bad"] },
  { kind: "offered", model: model("2"), because: "drift", timeUs: 9 },
  defaultRolloutPolicy,
);

const changed = (change: (value: Record<string, unknown>) => void): string => {
  const value = JSON.parse(serialiseState(state));
  change(value);
  return JSON.stringify(value);
};

describe("the state of a rollout as text", () => {
  it("comes back as it was", () => {
    expect(parseState(serialiseState(state))).toEqual({ state });
  });

  it("keeps the champion, the version before and what was rejected when the trial cannot be read", () => {
    const read = parseState(
      changed((value) => Object.assign(value["trial"] as object, { stage: "dancing" })),
    );
    expect(read.damage).toMatch(/trial\.stage is not one of verify, load/);
    expect(read.state).toMatchObject({
      champion: { model: model("1") },
      previous: { model: model("0") },
      rejected: ["bad"],
      trials: 1,
    });
    expect(read.state.trial).toBeUndefined();
  });

  it("keeps the champion of a state of another version", () => {
    const read = parseState(changed((value) => Object.assign(value, { version: 7, outcomes: "none" })));
    expect(read.damage).toMatch(/of version 7, this agent reads version 1/);
    expect(read.state.champion.model).toEqual(model("1"));
    expect(read.state.outcomes).toEqual([]);
  });

  it("takes what was about to be committed for the champion, damaged or not", () => {
    const decided = changed((value) => Object.assign(value["trial"] as object, { stage: "commit" }));
    expect(liveModels(parseState(decided))).toEqual([model("2"), model("1"), model("0")]);
    const damaged = changed((value) =>
      Object.assign(value["trial"] as object, { stage: "commit", evidence: 3 }),
    );
    expect(liveModels(parseState(damaged))).toEqual([model("2"), model("0")]);
  });

  it("refuses what is no JSON, and what names no champion", () => {
    for (const text of ["", "{", "[]", "3", '{"version":1}', changed((value) => delete value["champion"])]) {
      expect(() => parseState(text)).toThrow(EdgeError);
    }
  });
});
