import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addPair, noEvidence } from "../../edge-agent/src/core/gate/evidence.ts";
import { effectOf, hearsOf, shareOf } from "../../edge-agent/src/core/rollout/effect.ts";
import { rolloutReport } from "../../edge-agent/src/core/rollout/report.ts";
import type { RolloutEvent } from "../../edge-agent/src/core/rollout/rollout-event.ts";
import { initialState, type RolloutState } from "../../edge-agent/src/core/rollout/rollout-state.ts";
import { liveModels, parseState, serialiseState } from "../../edge-agent/src/core/rollout/state-json.ts";
import { step } from "../../edge-agent/src/core/rollout/step.ts";
import { frame, START_US, story, version, withGate } from "./events.ts";

type Untimed = RolloutEvent extends infer E ? (E extends RolloutEvent ? Omit<E, "timeUs"> : never) : never;

const policy = { ...withGate({ alpha: 0.3 }), shadowFrames: 5, canaryFrames: 2, canaryShares: [0.05, 0.25] };
const models = fc.integer({ min: 1, max: 4 }).map(version);
const verdict = fc.constantFrom("real" as const, "false" as const, "not-sure" as const);

const paired = fc
  .record({
    number: fc.nat(60),
    champion: fc.boolean(),
    challenger: fc.boolean(),
    isAbnormal: fc.boolean(),
    acted: fc.constantFrom("champion" as const, "challenger" as const),
    fails: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
  })
  .map(
    ({ number, fails, ...like }): Untimed => ({
      kind: "paired",
      frame: frame(number, fails ? { ...like, failure: "dead" } : like),
    }),
  );

/** Whatever the stage has to do is done: else a random walk would seldom get far. */
interface Forward {
  readonly kind: "forward";
}

function forward({ trial }: RolloutState): Untimed {
  const stage = trial?.stage;
  switch (stage) {
    case "verify":
    case "load":
    case "warm":
    case "full":
    case "commit":
    case "rollback":
      return { kind: "done", stage };
    case "golden":
      return { kind: "golden-done", tally: undefined };
    default:
      return { kind: "tick" };
  }
}

const event: fc.Arbitrary<Forward | Untimed> = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Forward>({ kind: "forward" }) },
  { weight: 30, arbitrary: paired },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("offered" as const),
      model: models,
      because: fc.constantFrom("by-hand" as const, "drift" as const, "published" as const, "recall" as const),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("done" as const),
      stage: fc.constantFrom("verify", "load", "warm", "full", "commit", "rollback"),
    }) as fc.Arbitrary<Untimed>,
  },
  { weight: 3, arbitrary: fc.constant<Untimed>({ kind: "golden-done", tally: undefined }) },
  fc.record({
    kind: fc.constant("failed" as const),
    error: fc.constant("MODEL_TAMPERED"),
    message: fc.string(),
  }),
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.nat(60), verdict)
      .map(([n, one]): Untimed => ({ kind: "labelled", frame: `f${n}`, verdict: one })),
  },
  fc.record({
    kind: fc.constant("command" as const),
    command: fc.constantFrom("abort" as const, "pause" as const, "promote" as const, "resume" as const),
    by: fc.constant("Ann"),
  }),
  fc.record({
    kind: fc.constant("objective-broken" as const),
    role: fc.constantFrom("champion" as const, "challenger" as const),
    percent: fc.constant(1),
    failed: fc.constant(3),
    frames: fc.constant(300),
  }),
  fc.constant<Untimed>({ kind: "objective-kept" }),
  { weight: 3, arbitrary: fc.constant<Untimed>({ kind: "tick" }) },
  fc.constant<Untimed>({ kind: "stopping" }),
  fc.nat(400).map((mib): Untimed => ({ kind: "memory", mib })),
  fc.nat(50).map((number): Untimed => ({ kind: "audited", number })),
  fc.constant<Untimed>({ kind: "incompatible", what: "rate" }),
);

const minutes = fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 90 }));
const events = fc.array(fc.tuple(event, minutes), { minLength: 40, maxLength: 120 });

/** Every state on the way, with what led there. */
function* walk(
  list: readonly (readonly [Forward | Untimed, number])[],
): Generator<readonly [RolloutState, RolloutState, RolloutEvent]> {
  let state = initialState(version(1), START_US);
  let timeUs = START_US;
  for (const [untimed, wait] of list) {
    timeUs += 1e6 + wait * 60e6;
    const meant = untimed.kind === "forward" ? forward(state) : untimed;
    const happened = { ...meant, timeUs } as RolloutEvent;
    const next = step(state, happened, policy);
    yield [state, next, happened];
    state = next;
  }
}

/** The stage that was left because its work was done. */
function passedStage(before: RolloutState, after: RolloutState, kind: string): readonly string[] {
  const { trial } = before;
  const isSame = trial !== undefined && after.trial?.id === trial.id;
  const isDone = kind === "done" || kind === "golden-done";
  return isSame && isDone && after.trial?.stage !== trial.stage ? [trial.stage] : [];
}

const idle = {
  drift: { needed: 3, sensors: [] },
  objective: { isBroken: false, errorPercent: 0, frames: 0 },
  registry: { name: "r", reachable: true, reason: "" },
};

describe("any sequence of events", () => {
  it("serves frames only from a model that was verified, loaded, warmed and tried on the labelled set", () => {
    let served = 0;
    fc.assert(
      fc.property(events, (list) => {
        const passed = new Map<string, string[]>();
        for (const [before, after, { kind }] of walk(list)) {
          const id = after.trial?.id ?? "";
          const done = passedStage(before, after, kind);
          passed.set(id, [...(passed.get(id) ?? []), ...done]);
          const effect = effectOf(after, policy);
          if (effect.kind !== "route" && effect.kind !== "commit") continue;
          served += 1;
          expect(passed.get(id)).toEqual(expect.arrayContaining(["verify", "load", "warm", "golden"]));
        }
      }),
      { numRuns: 300, seed: 1 },
    );
    expect(served).toBeGreaterThan(1000);
  });

  it("always has a committed champion, changed by a commit alone, and acts on the shares of the policy", () => {
    fc.assert(
      fc.property(events, (list) => {
        for (const [before, after, happened] of walk(list)) {
          const { model } = after.champion;
          if (model.digest !== before.champion.model.digest) {
            expect(happened).toMatchObject({ kind: "done", stage: "commit" });
            expect(before.trial?.challenger.digest).toBe(model.digest);
          }
          if (after.trial !== undefined) {
            const [share, hears] = [shareOf(after.trial, policy), hearsOf(after.trial, policy)];
            expect([0, 1, ...policy.canaryShares]).toContain(share);
            expect(hears).toBeGreaterThanOrEqual(share);
          }
          expect(after.outcomes.length).toBeLessThanOrEqual(policy.mostOutcomes);
          expect(after.rejected.length).toBeLessThanOrEqual(policy.mostRejected);
          expect(after.rejected).not.toContain(after.trial?.challenger.digest);
        }
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  it("leads to a state that survives the disk, can be reported, and resumes or falls back after a crash", () => {
    fc.assert(
      fc.property(events, (list) => {
        let last = initialState(version(1), START_US);
        for (const [, after] of walk(list)) last = after;
        const read = parseState(serialiseState(last));
        expect(read).toEqual({ state: last });
        expect(() => JSON.stringify(rolloutReport(last, { ...idle, nowUs: START_US }, policy))).not.toThrow();
        const [live] = liveModels(read);
        if (live === undefined) throw new Error("no live model");
        const restarted = step(last, { kind: "restarted", champion: live, timeUs: START_US }, policy);
        const stage = restarted.trial?.held === undefined ? restarted.trial?.stage : "held";
        expect([undefined, "held", "verify", "rollback", "commit"]).toContain(stage);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it("can be brought to an end: whatever it stands at, an abort and its consequences leave no trial", () => {
    fc.assert(
      fc.property(events, (list) => {
        let last = initialState(version(1), START_US);
        for (const [, after] of walk(list)) last = after;
        const end = story(policy, last).tell(
          { kind: "command", command: "abort", by: "Ann" },
          { kind: "done", stage: "rollback" },
          { kind: "done", stage: "commit" },
        );
        expect(end.state.trial).toBeUndefined();
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  it("that nobody attends to ends by itself, or waits for a person", () => {
    const end = story().toCanary().wait(121);
    expect(end.state.trial?.held?.code).toBe("trial-too-long");
    const soaked = story().toSoak().wait(1);
    expect(effectOf(soaked.state, soaked.policy).kind).toBe("commit");
  });
});

describe("evidence", () => {
  it("counts a pair once, and the same, whoever acted on it", () => {
    const acted = fc.array(fc.boolean(), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(paired, { minLength: 1, maxLength: 30 }), acted, (pairs, byChallenger) => {
        const heard = (acts: (i: number) => boolean) =>
          pairs.reduce((evidence, event, i) => {
            if (event.kind !== "paired") throw new Error("not a pair");
            const actor = acts(i) ? ("challenger" as const) : ("champion" as const);
            return addPair(evidence, { ...event.frame, acted: actor }, policy.gate);
          }, noEvidence);
        const mixed = heard((i) => byChallenger[i % byChallenger.length] === true);
        expect({ ...mixed, acted: 0 }).toEqual(heard(() => false));
        expect(mixed.frames).toBe(pairs.length);
        expect(mixed.acted).toBeLessThanOrEqual(mixed.frames - mixed.failed);
      }),
      { seed: 6 },
    );
  });
});

describe("labels", () => {
  it("give the same evidence in any order, corrected or not", () => {
    const said = fc.array(fc.tuple(verdict, verdict, fc.nat(), fc.nat()), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(said, (labels) => {
        const lenient = { ...withGate({ alpha: 1e-9 }), shadowFrames: 1000 };
        const label = (n: number, one: "false" | "not-sure" | "real"): Untimed => ({
          kind: "labelled",
          frame: `f${n + 1}`,
          verdict: one,
        });
        const heard = story(lenient).toShadow().disagreements(labels.length).state;
        const corrected = story(lenient, heard).tell(
          ...labels.map(([first], n) => label(n, first)),
          ...labels.map(([, last], n) => label(n, last)),
        );
        const order = labels.map(([, last, a], n) => ({ n, last, a })).toSorted((x, y) => x.a - y.a);
        const straight = story(lenient, heard).tell(...order.map(({ n, last }) => label(n, last)));
        const [a, b] = [corrected.state.trial?.evidence.accuracy, straight.state.trial?.evidence.accuracy];
        expect(a?.logEvidence).toBeCloseTo(b?.logEvidence ?? Number.NaN, 9);
        expect({ ...a, logEvidence: 0 }).toEqual({ ...b, logEvidence: 0 });
      }),
      { seed: 5 },
    );
  });
});
