import { describe, expect, it } from "vitest";
import { effectOf, shareOf } from "../../edge-agent/src/core/rollout/effect.ts";
import type { RolloutReason, Stage } from "../../edge-agent/src/core/rollout/rollout-report.ts";
import type { RolloutState } from "../../edge-agent/src/core/rollout/rollout-state.ts";
import { quickPolicy, type Story, story, version, withGate } from "./events.ts";

const stageOf = ({ state }: Story): Stage | undefined => state.trial?.stage;
const rollbackOf = ({ state }: Story): RolloutReason | undefined => state.trial?.rollback?.reason;
const drafted = ({ drafts }: RolloutState): readonly string[] =>
  drafts.map(({ what, by }) => `${by}: ${what}`);

const golden = (championRight: number, challengerRight: number, onlyChampion: number) => ({
  kind: "golden-done" as const,
  tally: { frames: 100, championRight, challengerRight, onlyChampion, onlyChallenger: 0 },
});

describe("a trial that goes well", () => {
  it("goes from verify to commit, and what it proved is why", () => {
    const trial = story();
    expect(effectOf(trial.state, quickPolicy).kind).toBe("none");
    trial.tell({ kind: "offered", model: version(2), because: "drift" });
    expect(stageOf(trial)).toBe("verify");
    const stages = (["verify", "load", "warm"] as const).map((stage) => {
      trial.tell({ kind: "done", stage });
      return stageOf(trial);
    });
    expect(stages).toEqual(["load", "warm", "golden"]);
    trial.tell(golden(90, 92, 0));
    expect(stageOf(trial)).toBe("shadow");
    expect(effectOf(trial.state, quickPolicy)).toMatchObject({
      kind: "route",
      route: { kind: "shadow", share: 1 },
    });
    trial.frames(40);
    expect(stageOf(trial)).toBe("canary");
    expect(effectOf(trial.state, quickPolicy)).toMatchObject({
      route: { kind: "canary", share: 0.05, hears: 1 },
    });
    trial.frames(40, { acted: "challenger" });
    expect(stageOf(trial)).toBe("canary");
    trial.disagreements(8, "real");
    expect(stageOf(trial)).toBe("full");
    expect(trial.state.trial?.promotion).toMatchObject({ code: "accuracy-rose" });
    trial.tell({ kind: "done", stage: "full" }).wait(0.5);
    expect(stageOf(trial)).toBe("soak");
    trial.wait(0.5);
    expect(effectOf(trial.state, quickPolicy)).toMatchObject({
      kind: "commit",
      model: version(2),
      previous: version(1),
    });
    trial.tell({ kind: "done", stage: "commit" });
    expect(trial.state.trial).toBeUndefined();
    expect(trial.state.champion.model).toEqual(version(2));
    expect(trial.state.previous?.model).toEqual(version(1));
    expect(trial.state.outcomes[0]).toMatchObject({ kind: "promoted", reason: { code: "accuracy-rose" } });
  });

  it("waits in the canary for the frames on which it must have acted, and climbs every step", () => {
    const policy = { ...quickPolicy, canaryShares: [0.05, 0.25], mostFrames: 4000 };
    const trial = story(policy).toCanary().disagreements(10, "real").frames(50);
    expect([stageOf(trial), trial.state.trial?.canaryStep]).toEqual(["canary", 0]);
    trial.frames(10, { acted: "challenger" });
    expect(trial.state.trial?.canaryStep).toBe(1);
    expect(trial.state.trial && shareOf(trial.state.trial, policy)).toBe(0.25);
    trial.frames(9, { acted: "challenger" });
    expect(stageOf(trial)).toBe("canary");
    trial.frames(1, { acted: "challenger" });
    expect(stageOf(trial)).toBe("full");
  });

  it("takes as evidence what both say in the canary, whoever acted", () => {
    const trial = story().toCanary().frames(3).frames(2, { acted: "challenger" });
    expect(trial.state.trial?.evidence).toMatchObject({ frames: 45, acted: 2, accuracy: { frames: 45 } });
    trial.disagreements(1, "real").disagreements(1, "real", "challenger");
    expect(trial.state.trial?.evidence).toMatchObject({ acted: 3, accuracy: { better: 2, frames: 47 } });
  });

  it("is not promoted before it is sure that it is not slower", () => {
    const trial = story(withGate({ latencyBatchFrames: 64 })).toCanary();
    trial.disagreements(10, "real", "challenger").frames(20, { acted: "challenger" });
    expect(stageOf(trial)).toBe("canary");
  });
});

describe("a trial that goes wrong", () => {
  const cases: readonly (readonly [RolloutReason["code"], () => Story])[] = [
    ["refused", () => story().tell({ kind: "offered", model: version(2), because: "drift" }, failed)],
    [
      "incompatible",
      () =>
        story().tell(
          { kind: "offered", model: version(2), because: "drift" },
          { kind: "done", stage: "verify" },
          { kind: "incompatible", what: "preprocessing" },
        ),
    ],
    [
      "golden-worse",
      () =>
        story().tell(
          { kind: "offered", model: version(2), because: "drift" },
          { kind: "done", stage: "verify" },
          { kind: "done", stage: "load" },
          { kind: "done", stage: "warm" },
          golden(95, 90, 5),
        ),
    ],
    ["errors", () => story().toShadow().frames(30).frames(3, { failure: "dead" })],
    ["latency-rose", () => story().toShadow().frames(39).frames(400, { ms: 5.5 })],
    ["alarms-rose", () => story().toShadow().frames(20, { isAbnormal: true })],
    ["memory-rose", () => story().toShadow().tell({ kind: "memory", mib: 300 })],
    ["accuracy-fell", () => story().toShadow().disagreements(8, "false")],
    [
      "disagreement-too-small",
      () =>
        story({ ...quickPolicy, mostFrames: 9999 })
          .toShadow()
          .frames(1000),
    ],
    ["by-hand", () => story().toCanary().tell({ kind: "command", command: "abort", by: "Ann" })],
    [
      "recalled",
      () =>
        story()
          .toCanary()
          .tell({ kind: "offered", model: version(3), because: "recall" }),
    ],
    [
      "restarted",
      () =>
        story()
          .toSoak()
          .tell({ kind: "restarted", champion: version(1) }),
    ],
    [
      "slo-broken",
      () =>
        story()
          .toSoak()
          .tell({ kind: "objective-broken", role: "challenger", percent: 1, failed: 3, frames: 300 }),
    ],
  ];
  const failed = { kind: "failed", error: "MODEL_TAMPERED", message: "a byte is wrong" } as const;

  it.each(cases)("is rolled back: %s", (code, tell) => {
    const trial = tell();
    expect(stageOf(trial)).toBe("rollback");
    expect(rollbackOf(trial)?.code).toBe(code);
    expect(effectOf(trial.state, trial.policy)).toMatchObject({
      kind: "drop",
      thenDone: true,
      keep: [version(1)],
    });
    trial.tell({ kind: "done", stage: "rollback" });
    expect(trial.state.champion.model).toEqual(version(1));
    expect(trial.state.outcomes[0]).toMatchObject({ kind: "rolled-back", reason: { code } });
    // A trial that only had to make room is no verdict on its model.
    expect(trial.state.rejected).toEqual(code === "recalled" ? [] : [version(2).digest]);
  });

  it("is not tried again by itself, but by a person", () => {
    const trial = story().toShadow().disagreements(8, "false").tell({ kind: "done", stage: "rollback" });
    const before = trial.state;
    trial.tell({ kind: "offered", model: version(2), because: "published" });
    expect(trial.state).toBe(before);
    trial.tell({ kind: "offered", model: version(2), because: "by-hand", by: "Ann" });
    expect(stageOf(trial)).toBe("verify");
    expect(trial.state.rejected).toEqual([]);
  });

  it("is inconclusive when it takes too many frames or hours, acts on nothing then, and waits for a person", () => {
    for (const trial of [story().toCanary().disagreements(4).frames(400), story().toShadow().wait(121)]) {
      expect(trial.state.trial?.held).toMatchObject({ code: "trial-too-long" });
      expect(trial.state.outcomes).toHaveLength(1);
      expect(trial.state.outcomes[0]?.kind).toBe("inconclusive");
      expect(effectOf(trial.state, trial.policy)).toMatchObject({ kind: "drop", thenDone: false });
      expect(trial.state.trial && shareOf(trial.state.trial, trial.policy)).toBe(0);
      const held = trial.state;
      trial.frames(5).wait(60).tell({ kind: "command", command: "pause", by: "Ann" });
      expect(trial.state).toBe(held);
    }
  });

  it("that is inconclusive goes live by hand after another check, ends by hand, or gives way to a newer one", () => {
    const held = story().toShadow().wait(121).state;
    const byHand = { kind: "command", by: "Ann" } as const;
    expect(stageOf(story(quickPolicy, held).tell({ ...byHand, command: "promote" }))).toBe("verify");
    const aborted = story(quickPolicy, held).tell({ ...byHand, command: "abort" });
    expect(rollbackOf(aborted)).toEqual({ code: "by-hand", by: "Ann" });
    const newer = story(quickPolicy, held).tell({ kind: "offered", model: version(3), because: "published" });
    expect(newer.state.trial?.challenger).toEqual(version(3));
    expect(newer.state.outcomes).toHaveLength(1);
    const same = story(quickPolicy, held).tell({ kind: "offered", model: version(2), because: "published" });
    expect(same.state).toBe(held);
  });
});

describe("a person", () => {
  it("pauses what goes forward, not what protects, and lets it go on", () => {
    const trial = story().toShadow().tell({ kind: "command", command: "pause", by: "Ann", why: "audit" });
    expect(trial.state.trial?.paused?.by).toBe("Ann");
    trial.frames(200).wait(300);
    expect([stageOf(trial), trial.state.trial?.held]).toEqual(["shadow", undefined]);
    const worse = story(quickPolicy, trial.state).disagreements(8, "false");
    expect(stageOf(worse)).toBe("rollback");
    trial.tell({ kind: "command", command: "resume", by: "Ann" }).frames(1);
    expect(stageOf(trial)).toBe("canary");
    expect(drafted(trial.state)).toContain("Ann: paused");
    expect(trial.state.drafts.find(({ what }) => what === "paused")?.detail).toMatchObject({ why: "audit" });
  });

  it("promotes past shadow and canary, never past the checks", () => {
    const early = story().tell(
      { kind: "offered", model: version(2), because: "drift" },
      { kind: "command", command: "promote", by: "Ann" },
    );
    expect(stageOf(early)).toBe("verify");
    early.tell(
      { kind: "done", stage: "verify" },
      { kind: "done", stage: "load" },
      { kind: "done", stage: "warm" },
    );
    expect(stageOf(story(quickPolicy, early.state).tell(golden(95, 90, 5)))).toBe("rollback");
    expect(stageOf(early.tell(golden(95, 95, 0)))).toBe("full");
    expect(stageOf(story().toCanary().tell({ kind: "command", command: "promote", by: "Ann" }))).toBe("full");
  });

  it("may command what is not there, and nothing happens", () => {
    const { state } = story();
    for (const command of ["abort", "pause", "promote", "resume"] as const) {
      expect(story(quickPolicy, state).tell({ kind: "command", command, by: "Ann" }).state).toBe(state);
    }
    const soaking = story().toSoak();
    const before = soaking.state;
    expect(soaking.tell({ kind: "command", command: "promote", by: "Ann" }).state).toBe(before);
  });

  it("holds a soak by a pause", () => {
    const trial = story().toSoak().tell({ kind: "command", command: "pause", by: "Ann" }).wait(5);
    expect(stageOf(trial)).toBe("soak");
    trial.tell({ kind: "command", command: "resume", by: "Ann" }).wait(0);
    expect(stageOf(trial)).toBe("commit");
  });

  it("labels disagreements of a trial that is over too, for what is learnt from them", () => {
    const trial = story().toShadow().disagreements(2).disagreements(8, "false");
    trial.tell(
      { kind: "done", stage: "rollback" },
      { kind: "labelled", frame: "f1", verdict: "real", by: "Bo" },
    );
    expect(trial.state.ended[0]).toMatchObject({ frame: "f1", label: "real" });
    const before = trial.state;
    trial.tell({ kind: "labelled", frame: "nobody", verdict: "real" });
    expect(trial.state).toBe(before);
  });

  it("excuses an alarm by calling it real", () => {
    const trial = story().toShadow();
    for (let i = 1; i <= 8; i += 1) {
      trial.frames(1, { challenger: true, isAbnormal: true });
      trial.tell({ kind: "labelled", frame: `f${i}`, verdict: "real", by: "Ann" });
    }
    expect(trial.state.trial?.evidence.alarms.onlyChallenger).toBe(0);
    trial.tell({ kind: "labelled", frame: "f1", verdict: "false", by: "Bo" });
    expect(trial.state.trial?.evidence.alarms.onlyChallenger).toBe(1);
  });
});

describe("after a restart", () => {
  const restarted = { kind: "restarted", champion: version(1) } as const;

  it("what was compared is fetched again and goes on with the evidence so far", () => {
    const trial = story().toCanary().disagreements(3, "real").tell(restarted);
    expect(stageOf(trial)).toBe("verify");
    trial.tell(
      { kind: "done", stage: "verify" },
      { kind: "done", stage: "load" },
      { kind: "done", stage: "warm" },
      golden(95, 95, 0),
    );
    expect(stageOf(trial)).toBe("canary");
    expect(trial.state.trial?.evidence.accuracy).toMatchObject({ frames: 43, better: 3 });
  });

  it("what acted alone goes on after a clean stop, or where the policy says so", () => {
    const stopped = story().toSoak().tell({ kind: "stopping" }, restarted);
    expect(stageOf(stopped)).toBe("verify");
    expect(stopped.state.trial?.crashes).toBe(0);
    const resumed = story({ ...quickPolicy, onCrash: "resume" })
      .toSoak()
      .tell(restarted);
    expect(stageOf(resumed)).toBe("verify");
    resumed.tell(
      { kind: "done", stage: "verify" },
      { kind: "done", stage: "load" },
      { kind: "done", stage: "warm" },
      golden(9, 9, 0),
    );
    expect(stageOf(resumed)).toBe("full");
  });

  it("a model that takes the agent down again and again is given up", () => {
    const trial = story().toShadow().tell(restarted, restarted);
    expect(stageOf(trial)).toBe("verify");
    trial.tell(restarted);
    expect(rollbackOf(trial)).toEqual({ code: "restarted" });
  });

  it("what was about to be committed is, if it runs", () => {
    const decided = story().toSoak().wait(2).state;
    const runs = story(quickPolicy, decided).tell({ kind: "restarted", champion: version(2) });
    expect(runs.state).toBe(decided);
    runs.tell({ kind: "done", stage: "commit" });
    expect(runs.state.champion.model).toEqual(version(2));
    const gone = story(quickPolicy, decided).tell(restarted);
    expect(rollbackOf(gone)).toEqual({ code: "restarted" });
  });

  it("whatever runs is the champion, if that one could not be loaded", () => {
    const trial = story().toCommitted().tell(restarted);
    expect(trial.state.champion.model).toEqual(version(1));
    expect(drafted(trial.state)).toContain("agent: champion");
  });
});

describe("the objective", () => {
  const broken = { kind: "objective-broken", role: "champion", percent: 2, failed: 6, frames: 300 } as const;

  it("brings back the version before, within the hours after a promotion", () => {
    const trial = story().toCommitted().tell(broken);
    expect(trial.state.trial).toMatchObject({
      challenger: version(1),
      because: "recall",
      promotion: { code: "slo-broken" },
    });
    expect(trial.state.rejected).toEqual([version(2).digest]);
    expect(trial.state.outcomes[0]).toMatchObject({
      kind: "rolled-back",
      model: { version: "0.2.0" },
      reason: { code: "slo-broken" },
    });
    trial.tell(broken, { kind: "done", stage: "verify" }, { kind: "done", stage: "load" });
    trial.tell({ kind: "done", stage: "warm" }, golden(99, 1, 98), { kind: "done", stage: "full" });
    expect(stageOf(trial)).toBe("soak");
    trial.wait(1).tell({ kind: "done", stage: "commit" });
    expect(trial.state.champion.model).toEqual(version(1));
    // Back and forth it does not go.
    trial.tell(broken);
    expect(trial.state.trial).toBeUndefined();
    expect(trial.state.degradedSinceUs).toBeDefined();
  });

  it("leaves threshold alarms only where there is no version before, and says when that is over", () => {
    const alone = story().tell(broken, broken);
    expect(alone.state.degradedSinceUs).toBeDefined();
    expect(drafted(alone.state)).toEqual(["agent: degraded"]);
    alone.tell({ kind: "objective-kept" });
    expect(alone.state.degradedSinceUs).toBeUndefined();
    expect(story().toCommitted().wait(61).tell(broken).state.degradedSinceUs).toBeDefined();
  });

  it("leaves threshold alarms only where the version before fails as well", () => {
    const trial = story().toCommitted().tell(broken);
    trial.tell(
      { kind: "failed", error: "SCORER_FAILED", message: "dead" },
      { kind: "done", stage: "rollback" },
    );
    expect(trial.state.champion.model).toEqual(version(2));
    expect(trial.state.degradedSinceUs).toBeDefined();
    expect(trial.tell(broken).state.trial).toBeUndefined();
  });

  it("ends a trial beside a champion that fails, without a verdict on the challenger", () => {
    const trial = story().toShadow().tell(broken);
    expect(trial.state.trial?.rollback).toMatchObject({ reason: { code: "slo-broken" }, rejects: false });
    const soaking = story().toSoak();
    const before = soaking.state;
    expect(soaking.tell(broken).state).toBe(before);
    const canary = story().toCanary();
    expect(canary.tell({ ...broken, role: "challenger" }).state.trial?.rollback).toBeUndefined();
  });

  it("gives a held trial up to bring back the version before", () => {
    const trial = story(quickPolicy, story().toCommitted().state);
    trial.tell({ kind: "offered", model: version(3), because: "published" });
    const held: RolloutState = {
      ...trial.state,
      ...(trial.state.trial && {
        trial: { ...trial.state.trial, held: { code: "trial-too-long", frames: 1, hours: 1 } },
      }),
    };
    expect(story(quickPolicy, held).tell(broken).state.trial?.challenger).toEqual(version(1));
  });
});

describe("a version that is called back", () => {
  it("goes live without a comparison, and what it replaces is not tried again", () => {
    const trial = story().toCommitted();
    trial.tell({ kind: "offered", model: version(1), because: "recall" }, { kind: "done", stage: "verify" });
    trial.tell({ kind: "done", stage: "load" }, { kind: "done", stage: "warm" }, golden(99, 1, 98));
    expect(stageOf(trial)).toBe("full");
    trial.tell({ kind: "done", stage: "full" }).wait(1).tell({ kind: "done", stage: "commit" });
    expect(trial.state.outcomes[0]).toMatchObject({ kind: "promoted", reason: { code: "recalled" } });
    const before = trial.state;
    expect(trial.tell({ kind: "offered", model: version(2), because: "published" }).state).toBe(before);
    expect(trial.tell({ kind: "offered", model: version(1), because: "recall" }).state).toBe(before);
  });
});
